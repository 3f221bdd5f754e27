"""Stories in any corpus, one document at a time, in memory: what ``copydesk cluster`` does."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from pipeline.config import MatchConfig
from pipeline.match.assign import Desk, Incoming, assign
from pipeline.match.fingerprint import fingerprint_many, shingles_of
from pipeline.match.novelty import Novelty
from pipeline.model import Assignment, Fingerprint, Member, VersionKind
from pipeline.text.recurrence import Recurring

BATCH = 200
MOST_HOLDERS = 400
MOST_CANDIDATES = 40


def cluster_documents(documents: Iterable[dict[str, Any]], config: MatchConfig) -> Iterator[dict[str, Any]]:
    """``{"id", "story", "relation", "score", "reason"}`` for each document, in order.

    Documents have ``id, outlet, published`` (ISO 8601), ``title, text``; a text's lines are its paragraphs. What is
    older than the window is forgotten, so memory is bounded by the window.
    """
    index = DocumentIndex(config)
    rows = iter(documents)
    while batch := list(islice(rows, BATCH)):
        yield from (_told(doc, placed, index) for doc, placed in zip(batch, index.read_all(batch), strict=True))


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


def _time(text: object) -> datetime:
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return datetime(1970, 1, 1, tzinfo=UTC)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


class DocumentIndex:
    """Documents of the window with their keys, and the stories they are in. ``ids`` are documents by number."""

    def __init__(self, config: MatchConfig) -> None:
        self.ids: dict[int, str] = {}
        self.ids_of_stories: dict[int, str] = {}
        self._desk = Desk(config, Novelty(config.fresh_hours, config.memory))
        self._recurring = Recurring()
        self._holders: dict[int, deque[tuple[int, int, datetime]]] = {}
        self._window = timedelta(hours=config.window_hours)
        self._count = 0
        self._kept: deque[tuple[datetime, int, int, tuple[int, ...]]] = deque()

    def read(self, doc: dict[str, Any]) -> Placed:
        """Place one document."""
        return self.read_all([doc])[0]

    def read_all(self, docs: Sequence[dict[str, Any]]) -> list[Placed]:
        """Place documents one after another; their fingerprints are made together."""
        bodies = [self._recurring.without(str(doc["outlet"]), _paragraphs(doc)) for doc in docs]
        prints = fingerprint_many(["\n".join(body) for body in bodies])
        self._desk.novelty.add_all(
            [(shingles_of(made), _time(doc["published"])) for doc, made in zip(docs, prints, strict=True)]
        )
        return [self._place(doc, tuple(body), made) for doc, body, made in zip(docs, bodies, prints, strict=True)]

    def _place(self, doc: dict[str, Any], body: tuple[str, ...], fingerprint: Fingerprint) -> Placed:
        self._count += 1
        at = _time(doc["published"])
        self._forget(at)
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
        shared: Counter[tuple[int, int]] = Counter()
        for key in fingerprint.bands:
            shared.update(
                (holder, story) for holder, story, seen in self._holders.get(key, ()) if at - seen <= self._window
            )
        groups: dict[int, list[int]] = defaultdict(list)
        for (holder, story), _ in sorted(shared.items(), key=lambda item: (-item[1], item[0]))[:MOST_CANDIDATES]:
            groups[story].append(holder)
        return groups

    def _remember(self, article: Incoming, story: int, found: Assignment) -> None:
        member = Member(
            article.article_id, story, article.outlet, False, article.seen_at, article.title, article.body, "",
            found.relation, found.edition, article.mark, article.fingerprint,
        )  # fmt: skip
        self._desk.members[story].append(member)
        keys = article.fingerprint.bands
        for key in keys:
            held = self._holders.setdefault(key, deque(maxlen=MOST_HOLDERS))
            held.append((article.article_id, story, article.seen_at))
        self._kept.append((article.seen_at, article.article_id, story, keys))

    def _forget(self, now: datetime) -> None:
        """Drop what has left the window twice over, so that late documents still find what they need."""
        while self._kept and now - self._kept[0][0] > 2 * self._window:
            _, number, story, keys = self._kept.popleft()
            self._desk.forget(story, number)
            self.ids.pop(number, None)
            for key in keys:
                held = self._holders.get(key)
                if held and held[0][0] <= number:
                    held.popleft()
                if held is not None and not held:
                    del self._holders[key]
