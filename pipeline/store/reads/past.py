"""What the SQL views ``story``, ``version`` and ``copy`` had after a line of the change log, as selects to read from.

A text is given where its story was live then, and neither the story nor the copy that it is made of was withdrawn or
removed since.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, FromClause, Select, Table, case, exists, func, null, select

from pipeline.errors import CursorGone
from pipeline.store.change_cursor import START_AGAIN
from pipeline.store.reads.changes import last_line_at
from pipeline.store.schema.past import copy_past, story_past
from pipeline.store.schema.sql_views import as_text, story_uri
from pipeline.store.schema.tables import article, copy, entry, log_state, story, version


def check_past(db: Connection, seq: int) -> None:
    """Raise CursorGone where it is not kept what stories were after the line ``seq``."""
    floor = int(db.scalar(select(log_state.c.past_floor)) or 0)
    if seq < floor:
        problem = f"it is not kept what stories were before {floor}"
        raise CursorGone(problem, concerns=f"line {seq} of the change log", todo=START_AGAIN)


def line_at(db: Connection, moment: datetime) -> int:
    """Return the last line of the change log at a moment, 0 where there was none yet.

    Where the log was compacted, it may be an earlier one, which :func:`check_past` refuses.
    """
    head, head_at = db.execute(select(log_state.c.head, log_state.c.head_at)).one()
    if head_at is not None and head_at <= moment:
        return int(head)
    return last_line_at(db, moment)


def past_views(seq: int) -> Mapping[str, FromClause]:
    """Return what the views had after the line ``seq``, by their names; ``version`` has ``body`` besides."""
    selects = {"story": _story(seq), "version": _version(seq), "copy": _copy(seq)}
    return {name: query.subquery(name) for name, query in selects.items()}


def end_in_past(db: Connection, story_id: int, seq: int) -> int:
    """Return the story that a tombstone led to after the line ``seq``; the story itself where it was none."""
    visited = set[int]()
    query = select(story_past.c.merged_into).where(_is_last(story_past, story_past.c.story_id, seq))
    while story_id not in visited:
        visited.add(story_id)
        story_id = db.scalar(query.where(story_past.c.story_id == story_id)) or story_id
    return story_id


def _is_last(past: FromClause, key: Column[int] | ColumnElement[int], seq: int) -> ColumnElement[bool]:
    """Return the condition that a row of the past held after the line ``seq``. ``key``: the column it is one of."""
    name = key.name if isinstance(key, Column) else str(key.key)
    table: Table = story_past if name == "story_id" else copy_past
    later = table.alias()
    is_followed = exists().where(later.c[name] == past.c[name], later.c.tx > past.c.tx, later.c.tx <= seq)
    return (past.c.tx <= seq) & ~is_followed


def _is_usable(article_id: ColumnElement[int]) -> ColumnElement[Any]:
    """Return whether what an article says may be given, beside a row of ``story_past``: its story was live then, and
    neither that one nor the article's own story of now was withdrawn or removed since."""
    home, place, now = story.alias("home"), copy.alias("place"), story.alias("now")
    is_home_usable = (
        exists()
        .where(place.c.article_id == article_id, home.c.id == place.c.story_id)
        .where(home.c.merged_into.is_(None), home.c.removed_at.is_(None), ~home.c.withdrawn)
    )
    is_story_usable = exists().where(now.c.id == story_past.c.story_id, now.c.removed_at.is_(None), ~now.c.withdrawn)
    return (story_past.c.status == "live") & is_home_usable & is_story_usable


def _is_readable(is_version: ColumnElement[bool]) -> ColumnElement[Any]:
    """Return whether a version's text may be given: of a row of ``version`` beside its ``story_past``."""
    return is_version & version.c.removed_at.is_(None) & _is_usable(version.c.article_id)


def _story(seq: int) -> Select[Any]:
    is_force = (version.c.story_id == story_past.c.story_id) & (version.c.number == story_past.c.version)
    basis, place = article.alias("basis"), copy_past.alias("place")
    copies, outlets = _counts(seq)
    digest, deck = (case((_is_readable(is_force), text), else_=null()) for text in (version.c.digest, place.c.deck))
    title = case((is_force & _is_usable(version.c.article_id), version.c.title), else_="")
    return (
        select(story_past.c.story_id.label("story"), story_uri(story_past.c.story_id).label("uri"), story_past.c.status)
        .add_columns(story_past.c.merged_into.label("successor"), story_past.c.revision)
        .add_columns(title.label("title"), story_past.c.agency, story_past.c.lang)
        .add_columns(story_past.c.first_seen, story_past.c.updated_at.label("updated"), story_past.c.version)
        .add_columns(story_past.c.kind, digest.label("digest"), story_past.c.article_id.label("article"))
        .add_columns(basis.c.outlet, basis.c.url, as_text(place.c.byline).label("byline"), deck.label("deck"))
        .add_columns(place.c.dateline_place.label("place"), place.c.section, place.c.published)
        .add_columns(place.c.published_utc, place.c.published_precision, copies.label("copies"))
        .add_columns(outlets.label("outlets"))
        .select_from(story_past)
        .outerjoin(version, is_force)
        .outerjoin(basis, (basis.c.id == story_past.c.article_id) & (story_past.c.status != "merged"))
        .outerjoin(place, (place.c.article_id == basis.c.id) & _is_last(place, place.c.article_id, seq))
        .where(_is_last(story_past, story_past.c.story_id, seq))
    )


def _counts(seq: int) -> tuple[ColumnElement[int], ColumnElement[int]]:
    """Return how many copies, and outlets of copies, a story had."""
    place = copy_past.alias("counted")
    is_in = (place.c.story_id == story_past.c.story_id) & _is_last(place, place.c.article_id, seq)
    copies = select(func.count()).select_from(place).where(is_in).correlate(story_past)
    outlets = select(func.count(article.c.outlet.distinct())).join_from(
        place, article, article.c.id == place.c.article_id
    )
    return copies.scalar_subquery(), outlets.where(is_in).correlate(story_past).scalar_subquery()


def _version(seq: int) -> Select[Any]:
    is_version = version.c.number <= story_past.c.version
    texts = (version.c.title, version.c.body, version.c.digest)
    readable = _is_readable(is_version)
    return (
        select(version.c.story_id.label("story"), version.c.number.label("version"), version.c.kind)
        .add_columns(version.c.article_id.label("article"), version.c.reason, version.c.created_at.label("created"))
        .add_columns((version.c.number == story_past.c.version).label("in_force"))
        .add_columns(version.c.removed_at.label("removed"))
        .add_columns(*(case((readable, text), else_=null()).label(text.name) for text in texts))
        .join_from(version, story_past, story_past.c.story_id == version.c.story_id)
        .where(is_version, _is_last(story_past, story_past.c.story_id, seq))
    )


def _copy(seq: int) -> Select[Any]:
    title = case((_is_usable(copy_past.c.article_id), copy_past.c.title), else_="")
    is_canonical = (story_past.c.article_id == copy_past.c.article_id).label("canonical")
    return (
        select(copy_past.c.article_id.label("article"), copy_past.c.story_id.label("story"), article.c.outlet)
        .add_columns(article.c.url, entry.c.url_key, title.label("title"), copy_past.c.lang)
        .add_columns(as_text(copy_past.c.byline).label("byline"), copy_past.c.agency, copy_past.c.relation)
        .add_columns(copy_past.c.edition, copy_past.c.score, copy_past.c.reason, copy.c.seen_at.label("first_seen"))
        .add_columns(copy_past.c.published, copy_past.c.published_utc, copy_past.c.published_precision)
        .add_columns(copy_past.c.licence, as_text(copy_past.c.signals).label("signals"), copy_past.c.withheld)
        .add_columns(is_canonical)
        .join_from(copy_past, article, article.c.id == copy_past.c.article_id)
        .join(copy, copy.c.article_id == article.c.id)
        .join(entry, entry.c.id == article.c.entry_id)
        .join(story_past, story_past.c.story_id == copy_past.c.story_id)
        .where(_is_last(copy_past, copy_past.c.article_id, seq), _is_last(story_past, story_past.c.story_id, seq))
    )
