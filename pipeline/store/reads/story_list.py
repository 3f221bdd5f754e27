"""Stories as a reader looks for them: by words, agency, outlet, language, days and state, newest first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Select, false, select, tuple_

from pipeline.model import Story, StoryFilter
from pipeline.store.database import Database
from pipeline.store.reads.views import STORY_HEADS, read_heads
from pipeline.store.schema.tables import article, copy, story
from pipeline.store.search_index import has_words

# The order of a keyset, the newest first.
_NEWEST = (story.c.first_seen, story.c.id)
# Stories read at once where all that match are wanted.
BATCH = 500


def list_stories(store: Database, wanted: StoryFilter, limit: int) -> list[Story]:
    """Return the stories that match, the newest first, at most ``limit``; merged ones are not among them."""
    with store.reading() as db:
        query = _matching(wanted, db.dialect.name).order_by(*(column.desc() for column in _NEWEST)).limit(limit)
        if wanted.after:
            place = db.execute(select(*_NEWEST).where(story.c.id == wanted.after)).first()
            query = query.where(tuple_(*_NEWEST) < tuple_(*place)) if place else query.where(false())
        return read_heads(db, query)


def every_story(store: Database, wanted: StoryFilter, most: int) -> Iterator[Story]:
    """Yield the stories that match after ``wanted.after``, the newest first, at most ``most``, a batch at a time."""
    while most > 0 and (stories := list_stories(store, wanted, min(BATCH, most))):
        yield from stories
        most -= len(stories)
        wanted = wanted.following(stories[-1].id)


def _matching(wanted: StoryFilter, dialect: str) -> Select[Any]:
    return STORY_HEADS.where(story.c.merged_into.is_(None), *_conditions(wanted, dialect))


def _conditions(wanted: StoryFilter, dialect: str) -> Iterator[ColumnElement[bool]]:
    if (words := has_words(dialect, wanted.words)) is not None:
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
