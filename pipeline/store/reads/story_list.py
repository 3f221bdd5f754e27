"""Stories as a reader looks for them: by words, agency, outlet, language, days and state, newest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import ColumnElement, Connection, Select, false, select, tuple_

from pipeline.model import Story, StoryFilter
from pipeline.store.database import Database
from pipeline.store.reads.views import STORY_HEADS, read_heads
from pipeline.store.schema.tables import article, copy, story
from pipeline.store.search_index import has_words
from pipeline.store.statements import in_parts

# The order of a keyset, the newest first.
_NEWEST = (story.c.first_seen, story.c.id)
# Stories read at once where all that match are wanted.
BATCH = 500


def list_stories(store: Database, wanted: StoryFilter, limit: int) -> list[Story]:
    """Return the stories that match, the newest first, at most ``limit``; merged ones are not among them."""
    newest = [column.desc() for column in _NEWEST]
    with store.reading() as db:
        # Sorted are ids alone: with all that a head has, a common word's stories cost eight times as much.
        query = _matching(wanted, db).order_by(*newest).limit(limit)
        if wanted.after:
            place = db.execute(select(*_NEWEST).where(story.c.id == wanted.after)).first()
            query = query.where(tuple_(*_NEWEST) < tuple_(*place)) if place else query.where(false())
        return read_heads(db, STORY_HEADS.where(story.c.id.in_(select(query.subquery().c.id))).order_by(*newest))


def every_story(store: Database, wanted: StoryFilter, most: int) -> Iterator[Story]:
    """Yield the stories that match after ``wanted.after``, the newest first, at most ``most``, a batch at a time."""
    while most > 0 and (stories := list_stories(store, wanted, min(BATCH, most))):
        yield from stories
        most -= len(stories)
        wanted = wanted.following(stories[-1].id)


def matching_stories(store: Database, wanted: StoryFilter, story_ids: Sequence[int]) -> list[int]:
    """Return those of these stories that match and may be read."""
    query = select(story.c.id).where(story.c.merged_into.is_(None), story.c.withdrawn.is_(False))
    query = query.where(story.c.removed_at.is_(None))
    with store.reading() as db:
        query = query.where(*_conditions(wanted, db))
        return [at for part in in_parts(story_ids) for at in db.scalars(query.where(story.c.id.in_(part)))]


def stories_by_id(store: Database, story_ids: Sequence[int]) -> list[Story]:
    """Return these stories, but those that were merged."""
    with store.reading() as db:
        return read_heads(db, STORY_HEADS.where(story.c.id.in_(story_ids), story.c.merged_into.is_(None)))


def _matching(wanted: StoryFilter, db: Connection) -> Select[tuple[int]]:
    return select(story.c.id).where(story.c.merged_into.is_(None), *_conditions(wanted, db))


def _conditions(wanted: StoryFilter, db: Connection) -> Iterator[ColumnElement[bool]]:
    if (words := has_words(db, wanted.words)) is not None:
        yield words
    if wanted.agency is not None:
        yield story.c.agency == wanted.agency
    if wanted.lang:
        yield story.c.lang == wanted.lang
    if wanted.since:
        yield story.c.first_seen >= wanted.since
    if wanted.until:
        yield story.c.first_seen < wanted.until
    if wanted.kind:
        yield story.c.kind == wanted.kind.value
    if wanted.outlet:
        articles = select(copy.c.story_id).join(article, article.c.id == copy.c.article_id)
        yield story.c.id.in_(articles.where(article.c.outlet == wanted.outlet))
