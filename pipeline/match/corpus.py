"""Stories in any corpus, read once and in memory: what ``copydesk cluster`` does.

Documents are placed as the pipeline places articles, by :mod:`pipeline.match.batch`; :class:`MemoryIndex` is where the
store does there. What extraction and templates do for pages, line rules do here: agency lines, lines that the outlet
repeats and headlines of other articles come off, and say whose the text is and whether it updates or withdraws another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

from pipeline.config import CanonicalConfig, MatchConfig
from pipeline.match.batch import find_candidates, plan_stories, update_workspace
from pipeline.match.canonical import DEFAULT
from pipeline.match.fingerprint import fingerprint_bodies
from pipeline.match.first_seen import FirstSeenIndex
from pipeline.match.memory_index import MOST_HELD, MemoryIndex
from pipeline.match.plan import surviving_story
from pipeline.match.workspace import Workspace
from pipeline.model import Article, ArticleRecord, Plan, PlannedCopy, PlannedMerge, Span, Tie, VersionKind
from pipeline.text.attribution import claims_of
from pipeline.text.marks import mark_of
from pipeline.text.recurrence import Recurring
from pipeline.text.wire import Grammar, line_spans, load_grammar

BATCH = 200
MOST_TOGETHER = 2000
# A dateline stands in one of the first lines, behind a byline, a stamp or a teaser.
HEAD = 5
# What has no time counts as the earliest; from the ends of the calendar no window could be counted.
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
NUMBERED = re.compile(r"\b(article|story|stories:) (-?\d+(?:, -?\d+)*)")


def cluster_documents(
    documents: Iterable[dict[str, Any]], config: MatchConfig, policy: CanonicalConfig = DEFAULT
) -> Iterator[dict[str, Any]]:
    """``{"id", "story", "relation", "score", "reason"}`` for each document, in order.

    ``story`` is the id of the document that opened it. Where there is any, ``edition`` is the document's from the
    second on, ``mark`` what the agency's own mark says (update, correction, withdrawal), ``links`` ties to other
    stories, ``merged`` stories that it showed to be its own: what was told to be in them is in ``story`` from now on.

    Documents have ``id, outlet, published`` (ISO 8601), ``title, text``; a text's lines are its paragraphs. Those of
    one hour are placed in the order of their times, whatever order they come in, and told when all are placed. What is
    older than a reprint may be is forgotten, so memory is bounded.
    """
    index = DocumentIndex(config, policy)
    for batch in _whole_hours(documents):
        yield from (_told(doc, placed, index) for doc, placed in zip(batch, index.read_all(batch), strict=True))


def _whole_hours(documents: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for _, hour in groupby(documents, key=lambda doc: str(doc["published"])[:13]):
        for doc in hour:
            batch.append(doc)
            if len(batch) >= MOST_TOGETHER:
                yield batch
                batch = []
        if len(batch) >= BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


@dataclass(frozen=True, slots=True)
class Placed:
    """A document's place: when it came, its story's number, the texts that it was compared with from before its batch,
    why it is there, what else it is tied to, the stories that it showed to be one, and its agency's mark."""

    at: datetime
    story: int
    candidates: Sequence[int]
    found: PlannedCopy
    reason: str
    ties: Sequence[Tie]
    merges: Sequence[PlannedMerge]
    mark: VersionKind


def _told(doc: dict[str, Any], placed: Placed, index: DocumentIndex) -> dict[str, Any]:
    found, names = placed.found, index.ids_of_stories
    told = {"id": doc["id"], "story": names[placed.story], "relation": found.relation.value,
            "score": round(found.score, 4), "reason": placed.reason}  # fmt: skip
    links = [{"story": names[tie.story], "kind": tie.kind.value, "score": round(tie.score, 4), "reason": tie.reason}
             for tie in placed.ties]  # fmt: skip
    merged = [{"story": names[one.other], "reason": one.reason} for one in placed.merges]
    edition = found.edition if found.edition > 1 else None
    mark = None if placed.mark is VersionKind.ORIGINAL else placed.mark.value
    more = {"edition": edition, "mark": mark, "links": links, "merged": merged}
    return told | {name: value for name, value in more.items() if value}


def _paragraphs(doc: dict[str, Any]) -> list[str]:
    return [line.strip() for line in str(doc["text"]).splitlines() if line.strip()]


def _without_agency_lines(lines: Sequence[str], grammar: Grammar) -> tuple[list[str], list[Span]]:
    """What extraction leaves of a page's lines too, and the spans that go; all lines where that would be nothing."""
    spans = [line_spans(line, "first" if n < HEAD else "last", grammar) for n, line in enumerate(lines)]
    kept = [_own_part(line, found) for line, found in zip(lines, spans, strict=True)]
    return [line for line in kept if line] or list(lines), [span for found in spans for span in found]


def _own_part(line: str, spans: Sequence[Span]) -> str:
    for span in spans:
        line = "" if span.whole else line[len(span.text) :] if not span.start else line[: span.start]
    return line.strip()


def _time(text: object) -> datetime:
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return EARLIEST
    return min(max(at if at.tzinfo else at.replace(tzinfo=UTC), EARLIEST), LATEST)


class DocumentIndex:
    """Documents of the last days and the stories they are in. ``ids`` are documents by number, ``ids_of_stories`` the
    documents that opened the stories. ``most`` documents are remembered at most."""

    def __init__(self, config: MatchConfig, policy: CanonicalConfig = DEFAULT, most: int = MOST_HELD) -> None:
        self.ids: dict[int, str] = {}
        self.ids_of_stories: dict[int, str] = {}
        self._config, self._policy = config, policy
        self._desk = Workspace(config, FirstSeenIndex(config.fresh_hours, config.memory))
        self._stories = MemoryIndex(most)
        self._recurring = Recurring()
        self._grammar = load_grammar()
        self._count = 0

    def read(self, doc: dict[str, Any]) -> Placed:
        """Place one document."""
        return self.read_all([doc])[0]

    def read_all(self, docs: Sequence[dict[str, Any]]) -> list[Placed]:
        """Place documents in the order of their times. What each says of stories is so when all are placed."""
        order = sorted(range(len(docs)), key=lambda n: _in_time(docs[n]))
        self._forget(_time(docs[order[0]]["published"]) if docs else None)
        before, gone = self._count, dict[int, int]()
        records = [self._record(docs[n]) for n in order]
        placed = [one for batch in _in_batches(records, self._config.batch) for one in self._place(batch, gone)]
        final = [self._final(one, gone, before) for one in placed]
        return [one for _, one in sorted(zip(order, final, strict=True), key=lambda pair: pair[0])]

    def _record(self, doc: dict[str, Any]) -> ArticleRecord:
        self._count += 1
        self.ids[self._count] = str(doc["id"])
        title, outlet = str(doc["title"]), str(doc["outlet"])
        lines = self._recurring.without(outlet, _paragraphs(doc), title)
        body, spans = _without_agency_lines(lines, self._grammar)
        article = Article(
            self.ids[self._count], title, tuple(body), tuple(spans), mark=mark_of((title,), spans, self._grammar)
        )
        at = _time(doc["published"])
        return ArticleRecord(self._count, self._count, outlet, False, at, article, claims=claims_of(article))

    def _place(self, batch: Sequence[ArticleRecord], gone: dict[int, int]) -> list[Placed]:
        """``gone`` gains the stories that went into others."""
        prints = fingerprint_bodies([record.article.body for record in batch])
        candidates = find_candidates(batch, prints, self._desk, self._stories)
        plan = plan_stories(batch, prints, candidates, self._desk, self._stories, self._policy, mended=False)
        born = self._stories.apply(plan, self._desk.members)
        update_workspace(
            self._desk, plan, {copy.article_id: self._stories.story_of(copy.article_id) for copy in plan.copies}
        )
        self.ids_of_stories |= {number: self.ids[number] for number in born.values()}
        gone |= {born.get(one.other, one.other): born.get(one.target, one.target) for one in plan.merges}
        of = {record.id: [holder for holder, *_ in candidates[record.id]] for record in batch}
        return [self._placed(record, copy, of[record.id], plan, born)
                for record, copy in zip(batch, plan.copies, strict=True)]  # fmt: skip

    def _placed(
        self, record: ArticleRecord, copy: PlannedCopy, candidates: Sequence[int], plan: Plan, born: Mapping[int, int]
    ) -> Placed:
        """The same in the index's own numbers, and reasons in the documents' names."""
        ties = [replace(link.tie, story=born.get(link.tie.story, link.tie.story))
                for link in plan.links if link.article_id == record.id]  # fmt: skip
        merges = [replace(one, other=born.get(one.other, one.other), reason=self._named(one.reason, born))
                  for one in plan.merges if one.article_id == record.id]  # fmt: skip
        reason = self._named(copy.reason, born)
        return Placed(record.seen_at, copy.story, candidates, copy, reason, ties, merges, record.article.mark)

    def _named(self, reason: str, born: Mapping[int, int]) -> str:
        def names(found: re.Match[str]) -> str:
            known = self.ids if found[1] == "article" else self.ids_of_stories
            numbers = (int(number) for number in found[2].split(", "))
            return f"{found[1]} {', '.join(known[born.get(number, number)] for number in numbers)}"

        return NUMBERED.sub(names, reason)

    def _final(self, placed: Placed, gone: Mapping[int, int], before: int) -> Placed:
        """Where it stands after what came with it. Of merges those are told whose story was told of before."""
        story = self._stories.story_of(placed.found.article_id)
        ties = {surviving_story(tie.story, gone): tie for tie in reversed(placed.ties)}
        return replace(
            placed,
            story=story,
            ties=[replace(tie, story=end) for end, tie in reversed(ties.items()) if end != story],
            merges=[one for one in placed.merges if one.other <= before],
        )

    def _forget(self, now: datetime | None) -> None:
        """Drop what no late document and no reprint can be of any more."""
        if now is None:
            return
        long = timedelta(hours=self._config.reprint_hours + 2 * self._config.window_hours)
        numbers, stories = self._stories.forget(now - long)
        for number in numbers:
            del self.ids[number]
        for story in stories:
            del self.ids_of_stories[story]


def _in_batches(records: Sequence[ArticleRecord], size: int) -> Iterator[Sequence[ArticleRecord]]:
    return (records[start : start + size] for start in range(0, len(records), size))


def _in_time(doc: dict[str, Any]) -> tuple[datetime, int, str]:
    """The order of placing: by time, at one time the longest first."""
    return _time(doc["published"]), -len(str(doc["text"])), str(doc["id"])
