"""The stored stories as matching asks for them: :class:`pipeline.match.batch.Stories`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, and_, bindparam, delete, select

from pipeline.model import Member, VersionKind
from pipeline.store.band_keys import KeyIndex, renew_keys
from pipeline.store.database import Database, Subject
from pipeline.store.kills import killed_stories
from pipeline.store.schema.tables import article, copy, entry, keys, story
from pipeline.store.statements import among
from pipeline.store.story_links import stories_apart
from pipeline.store.versions import members_of
from pipeline.text.keys import shared

AT_ONCE = 20
MOST_HOLDERS = 100
EARLIEST = datetime.min.replace(tzinfo=UTC)
_CANONICALS = select(story.c.id, story.c.article_id).where(among(story.c.id), story.c.article_id.is_not(None))
_STORIES_OF = select(copy.c.article_id, copy.c.story_id).where(
    among(copy.c.article_id), copy.c.seen_at >= bindparam("since")
)


class StoryIndex(Subject):
    """The stored stories as matching asks for them: :class:`pipeline.match.batch.Stories`."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._index = KeyIndex()
        # Until a look finds none.
        self._has_older_keys = True

    def candidates(
        self, keys: Mapping[int, bytes], *, since: datetime, most: int, keep: bool = True
    ) -> dict[int, list[tuple[int, int, int]]]:
        """Return candidates by article: (article, story, shared bands) of copies seen at or after ``since``.

        Most shared first, at most ``most``. With ``keep`` the stored keys stay in memory for the next call.
        """
        candidates: dict[int, list[tuple[int, int, int]]] = {article_id: [] for article_id in keys}
        with self._database.reading() as db:
            pairs = shared(keys, self._index.parts(db, since, keep=keep), MOST_HOLDERS)
            stories = _stories_of(db, {holder for _, holder, _ in pairs}, since)
        for article_id, holder, number in pairs:
            if holder in stories and len(candidates[article_id]) < most:
                candidates[article_id].append((holder, stories[holder], number))
        return candidates

    def members(self, story_ids: Sequence[int]) -> list[Member]:
        """Return every copy of these stories, in time order."""
        if not story_ids:
            return []
        with self._database.reading() as db:
            return members_of(db, story_ids)

    def canonicals(self, story_ids: Sequence[int]) -> dict[int, int]:
        """Return the article whose text is canonical now, by story."""
        with self._database.reading() as db:
            return dict(map(tuple, db.execute(_CANONICALS, {"ids": list(story_ids)})))

    def separated_stories(self, story_ids: Sequence[int]) -> set[tuple[int, int]]:
        """Return pairs of these stories that a person split, or one of which a person took back: placing never merges
        them."""
        with self._database.reading() as db:
            killed = killed_stories(db, story_ids)
            return stories_apart(db, story_ids) | {
                (at, number) for at in killed for number in story_ids if number != at
            }

    def recent_titles(self, since: datetime) -> dict[int, list[str]]:
        """Return the titles of copies seen at or after ``since``, by story."""
        query = select(copy.c.story_id, article.c.title).join(article).where(copy.c.seen_at >= since)
        titles: dict[int, list[str]] = defaultdict(list)
        with self._database.reading() as db:
            for story_id, title in db.execute(query.distinct()):
                titles[story_id].append(title)
        return dict(titles)

    def withdrawn_stories(self, article_ids: Sequence[int]) -> dict[int, int]:
        """Return withdrawal -> the story of the latest other version of its item that is a copy."""
        notice, sibling = entry.alias(), entry.alias()
        text, before = article.alias(), article.alias()
        same = and_(sibling.c.feed_id == notice.c.feed_id, sibling.c.guid == notice.c.guid, sibling.c.id != notice.c.id)
        query = (
            select(text.c.id, copy.c.story_id)
            .join(notice, notice.c.id == text.c.entry_id)
            .join(sibling, same)
            .join(before, before.c.entry_id == sibling.c.id)
            .join(copy, copy.c.article_id == before.c.id)
            .where(text.c.id.in_(article_ids), text.c.mark == VersionKind.WITHDRAWAL.value, notice.c.guid != "")
            .order_by(sibling.c.id)
        )
        with self._database.reading() as db:
            return {row.id: row.story_id for row in db.execute(query)}

    def renew_keys(self, since: datetime) -> int:
        """Make keys of an older recipe anew, by which nothing is found: all of copies seen at or after ``since``, and
        AT_ONCE rows of older copies. Return how many rows were made."""
        renewed = 0
        while self._has_older_keys:
            with self._database.transaction() as db:
                recent = renew_keys(db, since, AT_ONCE)
                older = 0 if recent else renew_keys(db, EARLIEST, AT_ONCE)
            renewed += recent + older
            self._has_older_keys = recent + older > 0
            if not recent:
                break
        return renewed

    def forget_keys(self, seen_before: datetime, made_before: datetime) -> int:
        """Delete rows of keys of copies seen and stored before these times, at most AT_ONCE. Return how many."""
        old = select(keys.c.id).where(keys.c.newest < seen_before, keys.c.made_at < made_before)
        with self._database.transaction() as db:
            ids = list(db.scalars(old.order_by(keys.c.newest).limit(AT_ONCE)))
            if ids:
                db.execute(delete(keys).where(keys.c.id.in_(ids)))
            return len(ids)


def _stories_of(db: Connection, articles: Iterable[int], since: datetime) -> dict[int, int]:
    """Return the stories of those copies that were seen at or after ``since``, by article."""
    return dict(map(tuple, db.execute(_STORIES_OF, {"ids": sorted(articles), "since": since})))
