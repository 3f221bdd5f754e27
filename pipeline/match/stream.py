"""Stories in any corpus, one document at a time, in memory: what ``copydesk cluster`` does."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
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
    index = _Index(config)
    recurring = Recurring()
    rows = iter(documents)
    while batch := list(islice(rows, BATCH)):
        bodies = [recurring.without(str(doc["outlet"]), _paragraphs(doc)) for doc in batch]
        prints = fingerprint_many(["\n".join(body) for body in bodies])
        for doc, body, fingerprint in zip(batch, bodies, prints, strict=True):
            yield index.place(doc, body, fingerprint)


def _paragraphs(doc: dict[str, Any]) -> list[str]:
    return [line.strip() for line in str(doc["text"]).splitlines() if line.strip()]


def _time(text: object) -> datetime:
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return datetime(1970, 1, 1, tzinfo=UTC)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


class _Index:
    """Bands and members of the window."""

    def __init__(self, config: MatchConfig) -> None:
        self.desk = Desk(config, Novelty(config.fresh_hours))
        self.holders: dict[int, deque[tuple[int, int, datetime]]] = defaultdict(lambda: deque(maxlen=MOST_HOLDERS))
        self.count = 0
        self.names: dict[int, str] = {}
        self.window = timedelta(hours=config.window_hours)

    def place(self, doc: dict[str, Any], body: list[str], fingerprint: Fingerprint) -> dict[str, Any]:
        self.count += 1
        at = _time(doc["published"])
        self.desk.novelty.add(shingles_of(fingerprint), at)
        number = self.count
        text = tuple(body)
        article = Incoming(number, str(doc["outlet"]), at, str(doc["title"]), text, VersionKind.ORIGINAL, fingerprint)
        found = assign(article, self._candidates(fingerprint, at), self.desk)
        story = found.story_id or number
        self.names.setdefault(story, str(doc["id"]))
        self._remember(article, story, found)
        score = round(found.score, 4)
        return {"id": doc["id"], "story": self.names[story], "relation": found.relation.value, "score": score,
                "reason": found.reason}  # fmt: skip

    def _candidates(self, fingerprint: Fingerprint, at: datetime) -> dict[int, list[int]]:
        shared: dict[tuple[int, int], int] = defaultdict(int)
        for key in fingerprint.bands:
            for holder, story, seen in self.holders.get(key, ()):
                if at - seen <= self.window:
                    shared[holder, story] += 1
        groups: dict[int, list[int]] = defaultdict(list)
        for (holder, story), _ in sorted(shared.items(), key=lambda item: (-item[1], item[0]))[:MOST_CANDIDATES]:
            groups[story].append(holder)
        return groups

    def _remember(self, article: Incoming, story: int, found: Assignment) -> None:
        member = Member(
            article.article_id, story, article.outlet, False, article.seen_at, article.title, article.body, "",
            found.relation, found.edition, article.mark, article.fingerprint,
        )  # fmt: skip
        self.desk.members[story].append(member)
        for key in article.fingerprint.bands:
            self.holders[key].append((article.article_id, story, article.seen_at))
