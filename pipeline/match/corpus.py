"""Stories in any corpus, read once and in memory: what ``copydesk cluster`` does.

Documents are placed as the pipeline places articles, by :mod:`pipeline.match.batch`, with a :class:`MemoryIndex` in
place of the store. Line rules do here what extraction and templates do for pages: they take off agency lines, lines
that the outlet repeats and headlines of other articles, and say whose the text is and whether it updates or withdraws
another.
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
from pipeline.match.memory_index import MOST_COPIES, MemoryIndex
from pipeline.match.plan import surviving_story
from pipeline.match.workspace import Workspace
from pipeline.model import Article, ArticleRecord, Member, Plan, PlannedCopy, PlannedMerge, Span, Tie, VersionKind
from pipeline.text.attribution import claims_of
from pipeline.text.grammar import Grammar, load_grammar
from pipeline.text.marks import mark_of
from pipeline.text.recurrence import Recurring
from pipeline.text.wire import line_spans

Document = dict[str, Any]
# Documents that are placed together: at least so many where there are more, whole hours, and at most so many.
BATCH = 200
MOST_TOGETHER = 2000
# Lines of a text that a dateline may stand in: behind a byline, a stamp or a teaser.
HEAD_LINES = 5
# A document without a time counts as the earliest; at the ends of the calendar no window could be computed.
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
NUMBERS_IN_REASON = re.compile(r"\b(article|story|stories:) (-?\d+(?:, -?\d+)*)")


def cluster_documents(
    documents: Iterable[Document], config: MatchConfig, policy: CanonicalConfig = DEFAULT
) -> Iterator[Document]:
    """Yield ``{"id", "story", "relation", "score", "reason"}`` for each document, in order.

    ``story`` is the id of the document that opened it. Where there is any: ``edition`` from the second on; ``mark``,
    the agency's own (update, correction, withdrawal); ``links`` to other stories; ``merged``, stories that the document
    showed to be its own: what was yielded with their ids is in ``story`` from now on.

    Documents have ``id, outlet, published`` (ISO 8601), ``title, text``; a text's lines are its paragraphs. Documents
    of one hour are placed in the order of their times, whatever order they come in, and yielded when all are placed.
    Those too old for a reprint are forgotten, so memory is bounded.
    """
    index = DocumentIndex(config, policy)
    for batch in _whole_hours(documents):
        placements = index.place_all(batch)
        yield from (_record(document, placed, index) for document, placed in zip(batch, placements, strict=True))


def _whole_hours(documents: Iterable[Document]) -> Iterator[list[Document]]:
    batch: list[Document] = []
    for _, hour in groupby(documents, key=lambda document: str(document["published"])[:13]):
        for document in hour:
            batch.append(document)
            if len(batch) >= MOST_TOGETHER:
                yield batch
                batch = []
        if len(batch) >= BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


@dataclass(frozen=True, slots=True)
class PlacedDocument:
    """A document's place in a story.

    ``candidates`` are the earlier documents that it was compared with; ``reason`` and ``merges`` name documents by
    their ids.
    """

    at: datetime
    story: int
    candidates: Sequence[int]
    copy: PlannedCopy
    reason: str
    ties: Sequence[Tie]
    merges: Sequence[PlannedMerge]
    mark: VersionKind


def _record(document: Document, placed: PlacedDocument, index: DocumentIndex) -> Document:
    copy, names = placed.copy, index.story_names
    record = {"id": document["id"], "story": names[placed.story], "relation": copy.relation.value,
              "score": round(copy.score, 4), "reason": placed.reason}  # fmt: skip
    links = [{"story": names[tie.story], "kind": tie.kind.value, "score": round(tie.score, 4), "reason": tie.reason}
             for tie in placed.ties]  # fmt: skip
    optional = {
        "edition": copy.edition if copy.edition > 1 else None,
        "mark": None if placed.mark is VersionKind.ORIGINAL else placed.mark.value,
        "links": links,
        "merged": [{"story": names[merge.source], "reason": merge.reason} for merge in placed.merges],
    }
    return record | {name: value for name, value in optional.items() if value}


def _paragraphs(document: Document) -> list[str]:
    return [line.strip() for line in str(document["text"]).splitlines() if line.strip()]


def _split_agency_lines(lines: Sequence[str], grammar: Grammar) -> tuple[list[str], list[Span]]:
    """Return the lines without agency lines, as extraction leaves them, and the spans taken off.

    All lines are returned where nothing would be left.
    """
    spans = [line_spans(line, "first" if n < HEAD_LINES else "last", grammar) for n, line in enumerate(lines)]
    rest = [_without_spans(line, line_spans_found) for line, line_spans_found in zip(lines, spans, strict=True)]
    return [line for line in rest if line] or list(lines), [span for taken_off in spans for span in taken_off]


def _without_spans(line: str, spans: Sequence[Span]) -> str:
    for span in spans:
        line = "" if span.is_whole_block else line[len(span.text) :] if not span.start else line[: span.start]
    return line.strip()


def _time(text: object) -> datetime:
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return EARLIEST
    return min(max(at if at.tzinfo else at.replace(tzinfo=UTC), EARLIEST), LATEST)


class DocumentIndex:
    """The documents of the last days and their stories, at most ``most`` documents.

    ``names``: document number -> its id; ``story_names``: story -> the id of the document that opened it;
    ``workspace``: the texts that are at hand.
    """

    def __init__(self, config: MatchConfig, policy: CanonicalConfig = DEFAULT, most: int = MOST_COPIES) -> None:
        self.names: dict[int, str] = {}
        self.story_names: dict[int, str] = {}
        self._config, self._policy = config, policy
        self.workspace = Workspace(config, FirstSeenIndex(config.fresh_hours, config.memory))
        self._stories = MemoryIndex(most)
        self._recurring = Recurring()
        self._grammar = load_grammar()
        self._count = 0

    def __contains__(self, number: int) -> bool:
        return number in self._stories

    def copy(self, number: int) -> Member:
        """Return a placed document as its story has it. Raises KeyError for a forgotten one."""
        return self._stories.copy(number)

    def place(self, document: Document) -> PlacedDocument:
        """Place one document."""
        return self.place_all([document])[0]

    def place_all(self, documents: Sequence[Document]) -> list[PlacedDocument]:
        """Place documents in the order of their times, and return their places in the order given.

        Stories are those after the last document was placed.
        """
        if not documents:
            return []
        order = sorted(range(len(documents)), key=lambda n: _placing_order(documents[n]))
        self._forget(_time(documents[order[0]]["published"]))
        last_known, merged = self._count, dict[int, int]()
        records = [self._article_record(documents[n]) for n in order]
        placed = [
            place for batch in _batches(records, self._config.batch) for place in self._place_batch(batch, merged)
        ]
        final = [self._final_place(place, merged, last_known) for place in placed]
        return [place for _, place in sorted(zip(order, final, strict=True), key=lambda pair: pair[0])]

    def _article_record(self, document: Document) -> ArticleRecord:
        self._count += 1
        name, title, outlet = str(document["id"]), str(document["title"]), str(document["outlet"])
        self.names[self._count] = name
        lines = self._recurring.without(outlet, _paragraphs(document), title)
        body, spans = _split_agency_lines(lines, self._grammar)
        mark = mark_of((title,), spans, self._grammar, body)
        article = Article(name, title, tuple(body), tuple(spans), mark=mark)
        at = _time(document["published"])
        return ArticleRecord(self._count, self._count, outlet, False, at, article, claims=claims_of(article))

    def _place_batch(self, batch: Sequence[ArticleRecord], merged: dict[int, int]) -> list[PlacedDocument]:
        """Place a batch; ``merged`` (story -> the story that it went into) gains the batch's merges."""
        prints = fingerprint_bodies([record.article.body for record in batch])
        candidates = find_candidates(batch, prints, self.workspace, self._stories)
        plan = plan_stories(batch, prints, candidates, self.workspace, self._stories, self._policy, mended=False)
        numbers = self._stories.apply(plan, self.workspace.members)
        stories = {copy.article_id: self._stories.story_of(copy.article_id) for copy in plan.copies}
        update_workspace(self.workspace, plan, stories)
        self.story_names |= {number: self.names[number] for number in numbers.values()}
        merged |= {numbers.get(merge.source, merge.source): numbers.get(merge.target, merge.target)
                   for merge in plan.merges}  # fmt: skip
        ids = {record.id: [article_id for article_id, *_ in candidates[record.id]] for record in batch}
        return [self._placed(record, copy, ids[record.id], plan, numbers)
                for record, copy in zip(batch, plan.copies, strict=True)]  # fmt: skip

    def _placed(
        self,
        record: ArticleRecord,
        copy: PlannedCopy,
        candidates: Sequence[int],
        plan: Plan,
        numbers: Mapping[int, int],
    ) -> PlacedDocument:
        """Return a planned place with this index's story numbers, and reasons with the documents' ids."""
        ties = [replace(link.tie, story=numbers.get(link.tie.story, link.tie.story))
                for link in plan.links if link.article_id == record.id]  # fmt: skip
        merges = [
            replace(
                merge, source=numbers.get(merge.source, merge.source), reason=self._with_names(merge.reason, numbers)
            )
            for merge in plan.merges
            if merge.article_id == record.id
        ]
        reason = self._with_names(copy.reason, numbers)
        return PlacedDocument(record.seen_at, copy.story, candidates, copy, reason, ties, merges, record.article.mark)

    def _with_names(self, reason: str, numbers: Mapping[int, int]) -> str:
        """Return a reason with the numbers of documents and stories replaced by their ids."""

        def replacement(match: re.Match[str]) -> str:
            names = self.names if match[1] == "article" else self.story_names
            stated = (int(number) for number in match[2].split(", "))
            return f"{match[1]} {', '.join(names[numbers.get(number, number)] for number in stated)}"

        return NUMBERS_IN_REASON.sub(replacement, reason)

    def _final_place(self, placed: PlacedDocument, merged: Mapping[int, int], last_known: int) -> PlacedDocument:
        """Return a place as it is after all documents that came with it.

        Only merges of stories that were yielded before are kept: those opened up to document ``last_known``.
        """
        story = self._stories.story_of(placed.copy.article_id)
        ties = {surviving_story(tie.story, merged): tie for tie in reversed(placed.ties)}
        return replace(
            placed,
            story=story,
            ties=[replace(tie, story=target) for target, tie in reversed(ties.items()) if target != story],
            merges=[merge for merge in placed.merges if merge.source <= last_known],
        )

    def _forget(self, now: datetime) -> None:
        """Forget documents that no late document and no reprint can belong with any more."""
        age = timedelta(hours=self._config.reprint_hours + 2 * self._config.window_hours)
        article_ids, stories = self._stories.forget(now - age)
        for article_id in article_ids:
            del self.names[article_id]
        for story in stories:
            del self.story_names[story]


def _batches(records: Sequence[ArticleRecord], size: int) -> Iterator[Sequence[ArticleRecord]]:
    return (records[start : start + size] for start in range(0, len(records), size))


def _placing_order(document: Document) -> tuple[datetime, int, str]:
    """Return a key that orders documents by time; at one time the longest comes first."""
    return _time(document["published"]), -len(str(document["text"])), str(document["id"])
