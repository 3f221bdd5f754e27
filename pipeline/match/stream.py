"""Stories in any corpus, one document at a time, in memory: what ``copydesk cluster`` does."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from pipeline.config import MatchConfig
from pipeline.match.assign import assign
from pipeline.match.desk import Desk, Incoming
from pipeline.match.fingerprint import fingerprint_bodies, shingles_of
from pipeline.match.novelty import Novelty
from pipeline.model import Assignment, Fingerprint, Member, VersionKind
from pipeline.text.recurrence import Recurring
from pipeline.text.wire import Grammar, line_spans, load_grammar

BATCH = 200
MOST_HELD = 2000
MOST_HOLDERS = 400
MOST_CANDIDATES = 40
MOST_REPRINTED = 10
# A dateline stands in one of the first lines, behind a byline, a stamp or a teaser.
HEAD = 5
Entry = tuple[int, int, float]


def cluster_documents(documents: Iterable[dict[str, Any]], config: MatchConfig) -> Iterator[dict[str, Any]]:
    """``{"id", "story", "relation", "score", "reason"}`` for each document, in order.

    Documents have ``id, outlet, published`` (ISO 8601), ``title, text``; a text's lines are its paragraphs. Those of
    one hour are placed in the order of their times, whatever order they come in. What is older than a reprint may be
    is forgotten, so memory is bounded.
    """
    index = DocumentIndex(config)
    for batch in _whole_hours(documents):
        yield from (_told(doc, placed, index) for doc, placed in zip(batch, index.read_all(batch), strict=True))


def _whole_hours(documents: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for _, hour in groupby(documents, key=lambda doc: str(doc["published"])[:13]):
        for doc in hour:
            batch.append(doc)
            if len(batch) >= MOST_HELD:
                yield batch
                batch = []
        if len(batch) >= BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _told(doc: dict[str, Any], placed: Placed, index: DocumentIndex) -> dict[str, Any]:
    found = placed.found
    return {"id": doc["id"], "story": index.ids_of_stories[placed.story], "relation": found.relation.value,
            "score": round(found.score, 4), "reason": found.reason}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Placed:
    """A document's place: when it came, its story's number, the texts it was compared with by story, and why."""

    at: datetime
    story: int
    candidates: Mapping[int, Sequence[int]]
    found: Assignment


def _paragraphs(doc: dict[str, Any]) -> list[str]:
    return [line.strip() for line in str(doc["text"]).splitlines() if line.strip()]


def _without_agency_lines(lines: Sequence[str], grammar: Grammar) -> list[str]:
    """What extraction leaves of a page's lines too; all of them where that would be nothing."""
    kept = (_own_part(line, n, grammar) for n, line in enumerate(lines))
    return [line for line in kept if line] or list(lines)


def _own_part(line: str, number: int, grammar: Grammar) -> str:
    for span in line_spans(line, "first" if number < HEAD else "last", grammar):
        line = "" if span.whole else line[len(span.text) :] if not span.start else line[: span.start]
    return line.strip()


def _time(text: object) -> datetime:
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return datetime(1970, 1, 1, tzinfo=UTC)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


class DocumentIndex:
    """Documents of the last days with their keys, and the stories they are in. ``ids`` are documents by number."""

    def __init__(self, config: MatchConfig) -> None:
        self.ids: dict[int, str] = {}
        self.ids_of_stories: dict[int, str] = {}
        self._config = config
        self._desk = Desk(config, Novelty(config.fresh_hours, config.memory))
        self._recurring = Recurring()
        self._grammar = load_grammar()
        self._holders: dict[int, deque[Entry]] = {}
        self._count = 0
        self._kept: deque[tuple[Entry, tuple[int, ...]]] = deque()

    def read(self, doc: dict[str, Any]) -> Placed:
        """Place one document."""
        return self.read_all([doc])[0]

    def read_all(self, docs: Sequence[dict[str, Any]]) -> list[Placed]:
        """Place documents in the order of their times; their fingerprints are made together."""
        order = sorted(range(len(docs)), key=lambda n: _in_time(docs[n]))
        timely = [docs[n] for n in order]
        bodies = [self._body(doc) for doc in timely]
        prints = fingerprint_bodies(bodies)
        times = [_time(doc["published"]) for doc in timely]
        self._desk.novelty.add_all(list(zip(map(shingles_of, prints), times, strict=True)))
        placed = [self._place(doc, tuple(body), made) for doc, body, made in zip(timely, bodies, prints, strict=True)]
        return [one for _, one in sorted(zip(order, placed, strict=True), key=lambda pair: pair[0])]

    def _body(self, doc: dict[str, Any]) -> list[str]:
        lines = self._recurring.without(str(doc["outlet"]), _paragraphs(doc), str(doc["title"]))
        return _without_agency_lines(lines, self._grammar)

    def _place(self, doc: dict[str, Any], body: tuple[str, ...], fingerprint: Fingerprint) -> Placed:
        self._count += 1
        at = _time(doc["published"])
        self._forget(_hours(at))
        title = str(doc["title"])
        article = Incoming(self._count, str(doc["outlet"]), at, title, body, VersionKind.ORIGINAL, fingerprint)
        candidates = self._candidates(fingerprint, at)
        found = assign(article, candidates, self._desk)
        story = found.story_id or self._count
        self.ids[self._count] = str(doc["id"])
        self.ids_of_stories.setdefault(story, str(doc["id"]))
        self._remember(article, story, found)
        return Placed(at, story, candidates, found)

    def _candidates(self, fingerprint: Fingerprint, at: datetime) -> dict[int, list[int]]:
        """Of the window; of a text known already, a few from before the window too."""
        oldest = _hours(at) - self._config.window_hours
        found = self._holding(fingerprint, oldest)[:MOST_CANDIDATES]
        if self._desk.known(self._desk.novelty.firsts(shingles_of(fingerprint)), at):
            older = self._holding(fingerprint, _hours(at) - self._config.reprint_hours)
            found += [entry for entry in older if entry[2] < oldest][:MOST_REPRINTED]
        groups: dict[int, list[int]] = defaultdict(list)
        for number, story, _ in found:
            groups[story].append(number)
        return groups

    def _holding(self, fingerprint: Fingerprint, oldest: float) -> list[Entry]:
        """Documents that share keys, most shared first; the newest holders of a key stand last."""
        shared: Counter[Entry] = Counter()
        for key in fingerprint.bands:
            for entry in reversed(self._holders.get(key, ())):
                if entry[2] < oldest:
                    break
                shared[entry] += 1
        return [entry for entry, _ in sorted(shared.items(), key=lambda item: (-item[1], item[0]))]

    def _remember(self, article: Incoming, story: int, found: Assignment) -> None:
        member = Member(
            article.article_id, story, article.outlet, False, article.seen_at, article.title, article.body, "",
            found.relation, found.edition, article.mark, article.fingerprint,
        )  # fmt: skip
        self._desk.members[story].append(member)
        entry = (article.article_id, story, _hours(article.seen_at))
        for key in article.fingerprint.bands:
            self._holders.setdefault(key, deque(maxlen=MOST_HOLDERS)).append(entry)
        self._kept.append((entry, article.fingerprint.bands))

    def _forget(self, now: float) -> None:
        """Drop what no late document and no reprint can be of any more."""
        while self._kept and now - self._kept[0][0][2] > max(self._config.reprint_hours, 2 * self._config.window_hours):
            (number, story, _), keys = self._kept.popleft()
            self._desk.forget(story, number)
            self.ids.pop(number, None)
            for key in keys:
                held = self._holders.get(key)
                if held and held[0][0] <= number:
                    held.popleft()
                if held is not None and not held:
                    del self._holders[key]


def _in_time(doc: dict[str, Any]) -> tuple[datetime, int, str]:
    """The order of placing: by time, at one time the longest first."""
    return _time(doc["published"]), -len(str(doc["text"])), str(doc["id"])


def _hours(at: datetime) -> float:
    return at.timestamp() / 3600
