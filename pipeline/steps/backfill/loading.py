"""Placed articles into the store, part by part under the placing lock; what is stored already is passed over."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from pipeline.config import CanonicalConfig
from pipeline.match.plan import choose_version, placed_member
from pipeline.match.slices import JoinedSlices, SlicedPlace
from pipeline.model import (
    ArticleRecord,
    Head,
    LinkKind,
    Member,
    Plan,
    PlannedCopy,
    PlannedDoubt,
    PlannedLink,
    PlannedVersion,
    Tie,
)
from pipeline.steps.backfill.article_files import ArchivedArticle
from pipeline.store import Store
from pipeline.store.archived import ForeignArticle
from pipeline.text.story_numbers import named_numbers, with_names

# Articles in one part: two transactions, and some 20 MB.
PART = 500
PlacedArticle = tuple[ArchivedArticle, SlicedPlace]


@dataclass(frozen=True, slots=True)
class _NewCopy:
    """An article of the part that waits for its place, and the story that it goes to: negative, if it is a new one."""

    article_id: int
    archived: ArchivedArticle
    place: SlicedPlace
    story: int

    @property
    def record(self) -> ArticleRecord:
        """Return the article as matching knows it."""
        archived = self.archived
        return ArticleRecord(
            self.article_id, self.article_id, archived.outlet, False, archived.at, archived.article,
            claims=archived.claims,
        )  # fmt: skip


class StoryLoader:
    """Loads placed articles in the order of their times. ``stories`` says which document is in which story."""

    def __init__(self, store: Store, stories: JoinedSlices, documents: int, policy: CanonicalConfig) -> None:
        self._store, self._stories, self._policy = store, stories, policy
        # Opener of a story -> its number in the store; document -> its article. 0 where that is not known.
        self._story_ids = array("q", [0]) * (documents + 1)
        self._article_ids = array("q", [0]) * (documents + 1)

    def load(self, placed: Iterable[PlacedArticle], now: datetime) -> Iterator[int]:
        """Load articles, a part at a time; yield how many of each part were new."""
        rows = iter(placed)
        while part := list(islice(rows, PART)):
            with self._store.lease.acquire():
                yield self._load_part(part, now)

    def _load_part(self, part: Sequence[PlacedArticle], now: datetime) -> int:
        stored = self._store.archived.add([_foreign(archived) for archived, _ in part], now)
        pairs = [(number, archived, place) for number, (archived, place) in zip(stored, part, strict=True) if number]
        for number, _, place in pairs:
            self._article_ids[place.document] = number
        homes = self._note_stories({number: place.document for number, _, place in pairs})
        waiting = {number: (archived, place) for number, archived, place in pairs if number not in homes}
        if not waiting:
            return 0
        self._store.stories.apply(self._plan(list(self._new_copies(waiting))), now)
        self._note_stories({number: place.document for number, (_, place) in waiting.items()})
        return len(waiting)

    def _note_stories(self, documents: Mapping[int, int]) -> set[int]:
        """Note the stories of stored articles (article -> document). Return those articles that are in one."""
        homes = self._store.stories.by_article(list(documents))
        for article_id, story in homes.items():
            opener = self._stories.opener(documents[article_id])
            self._story_ids[opener] = self._story_ids[opener] or story
        return set(homes)

    def _new_copies(self, waiting: Mapping[int, PlacedArticle]) -> Iterator[_NewCopy]:
        born: dict[int, int] = {}
        for article_id, (archived, place) in waiting.items():
            opener = self._stories.opener(place.document)
            story = self._story_ids[opener] or born.setdefault(opener, -1 - len(born))
            yield _NewCopy(article_id, archived, place, story)

    def _plan(self, copies: Sequence[_NewCopy]) -> Plan:
        born = {self._stories.opener(copy.place.document): copy.story for copy in copies if copy.story < 0}
        planned = [self._planned_copy(copy, born) for copy in copies]
        links = [link for copy in copies for link in self._links(copy, born)]
        doubts = [PlannedDoubt(copy.article_id, copy.place.doubt) for copy in copies if copy.place.doubt]
        versions = self._versions(copies, planned)
        return Plan(tuple(planned), tuple(versions), tuple(links), doubts=tuple(doubts))

    def _planned_copy(self, copy: _NewCopy, born: Mapping[int, int]) -> PlannedCopy:
        place = copy.place
        reason = self._stored_reason(place.reason, born)
        return PlannedCopy(
            copy.article_id, copy.story, place.relation, place.edition, place.score, reason, copy.archived.fingerprint
        )

    def _stored_reason(self, reason: str, born: Mapping[int, int]) -> str:
        """Return a reason that names documents with the store's numbers of stories and articles."""
        numbers = named_numbers(reason)
        stories = {number: str(story) for number in numbers if (story := self._story_of(number, born))}
        articles = {number: str(article) for number in numbers if (article := self._article_ids[number])}
        return with_names(reason, stories, articles)

    def _story_of(self, document: int, born: Mapping[int, int]) -> int:
        """Return the story of a document: stored, or else new and negative; 0 where it has none."""
        opener = self._stories.opener(document)
        return self._story_ids[opener] or born.get(opener, 0)

    def _links(self, copy: _NewCopy, born: Mapping[int, int]) -> Iterator[PlannedLink]:
        for tie in copy.place.ties:
            story = self._story_of(tie.opener, born)
            if story not in (0, copy.story):
                reason = self._stored_reason(tie.reason, born)
                yield PlannedLink(copy.article_id, Tie(story, LinkKind(tie.kind), tie.score, reason))

    def _versions(self, copies: Sequence[_NewCopy], planned: Sequence[PlannedCopy]) -> Iterator[PlannedVersion]:
        """Yield the canonical text of each story that gets a copy, chosen from all that it has then."""
        stored = sorted({copy.story for copy in copies if copy.story > 0})
        members: dict[int, list[Member]] = defaultdict(list)
        for member in self._store.index.members(stored):
            members[member.story_id].append(member)
        heads = self._store.stories.heads(stored)
        for copy, plan in zip(copies, planned, strict=True):
            members[copy.story].append(placed_member(copy.record, copy.story, plan, plan.fingerprint))
        langs = {copy.story: copy.archived.article.lang for copy in reversed(copies)}
        for story, of_story in members.items():
            head = heads.get(story) or Head(None, langs[story])
            yield choose_version(story, of_story, head, self._policy)


def _foreign(archived: ArchivedArticle) -> ForeignArticle:
    return ForeignArticle(archived.outlet, archived.url, archived.at, archived.fetched_at, archived.article)
