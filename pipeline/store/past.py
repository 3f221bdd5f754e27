"""Writes of what stories and copies were after each commit, inside its transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    String,
    Table,
    and_,
    bindparam,
    cast,
    delete,
    exists,
    insert,
    literal,
    select,
    update,
)

from pipeline.model import ChangeKind
from pipeline.store.schema.columns import BigId
from pipeline.store.schema.past import copy_past, story_past
from pipeline.store.schema.sql_views import STATUS
from pipeline.store.schema.tables import article, copy, story
from pipeline.store.statements import among, in_parts

# Lines of these kinds name the copies whose places, or what is shown of them, are others now.
OF_COPIES = frozenset(
    {
        ChangeKind.COPY_ADDED,
        ChangeKind.COPY_MOVED,
        ChangeKind.COPY_CHANGED,
        ChangeKind.RIGHTS_CHANGED,
        ChangeKind.TEXT_REMOVED,
    }
)
# What an erased article's past says no more.
NO_PAST_TEXT: dict[str, Any] = {"title": "", "deck": "", "byline": [], "dateline_place": None, "section": ""}
_KEYS = ("story_id", "article_id", "tx")


def story_columns(tx: Any) -> Select[Any]:
    """Return the rows of ``story`` as those of ``story_past`` after the commit ``tx``."""
    status = cast(STATUS, String(10)).label("status")
    same = [story.c[column.name] for column in story_past.c if column.name not in (*_KEYS, "status")]
    return select(story.c.id.label("story_id"), tx.label("tx"), status, *same, story.c.article_id)


def copy_columns(tx: Any) -> Select[Any]:
    """Return the rows of ``copy``, each with its article, as those of ``copy_past`` after the commit ``tx``."""
    names = [column.name for column in copy_past.c if column.name not in _KEYS]
    columns = [(copy if name in copy.c else article).c[name] for name in names]
    return select(copy.c.article_id, tx.label("tx"), copy.c.story_id, *columns).join_from(copy, article)


def _into(table: Table, rows: Select[Any], *conditions: Any) -> Any:
    return insert(table).from_select([column.name for column in rows.selected_columns], rows.where(*conditions))


_TX = bindparam("tx", type_=BigId)
_STORIES = _into(story_past, story_columns(_TX), among(story.c.id))
_COPIES = _into(copy_past, copy_columns(_TX), among(copy.c.article_id))


def record_past(db: Connection, tx: int, stories: Iterable[int], articles: Iterable[int]) -> None:
    """Record what these stories, and these articles where they are copies, are after the commit ``tx``."""
    db.execute(_STORIES, {"tx": tx, "ids": sorted(set(stories))})
    if numbers := sorted(set(articles)):
        db.execute(_COPIES, {"tx": tx, "ids": numbers})


def erase_past(db: Connection, articles: Collection[int], reason: str) -> None:
    """Erase what the past says of these articles in words; ``reason`` is left of their places' reasons."""
    for part in in_parts(articles):
        db.execute(update(copy_past).where(copy_past.c.article_id.in_(part)).values(**NO_PAST_TEXT, reason=reason))


def compact_past(db: Connection, floor: int) -> None:
    """Delete what was before the line ``floor``, but what was so then."""
    for table, key in ((story_past, "story_id"), (copy_past, "article_id")):
        later = table.alias("later")
        is_followed = and_(later.c[key] == table.c[key], later.c.tx > table.c.tx, later.c.tx <= literal(floor))
        db.execute(delete(table).where(table.c.tx < floor, exists().where(is_followed)))
