"""The SQL views that others read: ``copydesk_v1.story`` ... in PostgreSQL, ``v1_story`` ... in SQLite.

docs/downstream.md has each column. Within v1 columns are only added, at the end; a test holds names and types. The
views are dropped before a migration and made anew after it, since no table can be changed below a view. A text that is
not to be used, of a story that was withdrawn, removed or merged, is null in all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    MetaData,
    Select,
    String,
    Table,
    Text,
    case,
    cast,
    event,
    func,
    literal,
    null,
    select,
)
from sqlalchemy.schema import CreateView

from pipeline.store.schema.tables import article, change, copy, entry, link, log_state, metadata, story, version

SCHEMA = "copydesk_v1"
PREFIX = "v1_"
POSTGRESQL = "postgresql"
# A story's status, of a row of ``story``.
STATUS = case(
    (story.c.merged_into.is_not(None), "merged"),
    (story.c.removed_at.is_not(None), "removed"),
    (story.c.withdrawn, "withdrawn"),
    else_="live",
)
_IN_FORCE = (version.c.story_id == story.c.id) & (version.c.number == story.c.version)
_IS_LIVE = STATUS == "live"
# A text that may be used, of a row of ``story`` and of its version in force.
READABLE = _IS_LIVE & version.c.removed_at.is_(None)


def view_selects(dialect: str) -> dict[str, Select[Any]]:
    """Return what each view selects, by its name, in the order in which they are made."""
    makers: Mapping[str, Callable[[], Select[Any]]] = {
        "info": _info,
        "story": _story,
        "version": lambda: _version(dialect),
        "paragraph": lambda: _paragraph(dialect),
        "copy": _copy,
        "link": _link,
        "change": _change,
        "kill": _kill,
    }
    return {name: make() for name, make in makers.items()}


@cache
def view_tables(dialect: str) -> dict[str, Table]:
    """Return the views as tables to read from, by their names."""
    return {name: _view(dialect, name, query).table for name, query in view_selects(dialect).items()}


def create_views(connection: Connection) -> None:
    """Make all views, which are not there."""
    dialect = connection.dialect.name
    if dialect == POSTGRESQL:
        connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
    for name, query in view_selects(dialect).items():
        connection.execute(_view(dialect, name, query))


def drop_views(connection: Connection) -> None:
    """Drop all views that are there. The schema stays, and with it who may read what is made in it."""
    dialect = connection.dialect.name
    for name in reversed(view_selects(dialect)):
        connection.exec_driver_sql(f"DROP VIEW IF EXISTS {view_name(dialect, name)}")


def view_name(dialect: str, name: str) -> str:
    """Return a view's name in SQL."""
    return f"{SCHEMA}.{name}" if dialect == POSTGRESQL else PREFIX + name


def _view(dialect: str, name: str, query: Select[Any]) -> CreateView:
    if dialect == POSTGRESQL:
        return CreateView(query, name, schema=SCHEMA)
    return CreateView(query, PREFIX + name)


def _readable_title(column: ColumnElement[str]) -> ColumnElement[str]:
    """Return a headline, '' where the story is withdrawn, removed or merged: it is a text as well."""
    return cast(case((_IS_LIVE, column), else_=""), Text)


def as_text(column: ColumnElement[Any]) -> ColumnElement[str]:
    """Return a column as text: JSON as it is stored."""
    return cast(column, Text)


def _store_id() -> ColumnElement[str]:
    return select(log_state.c.store).scalar_subquery()


def story_uri(story_id: ColumnElement[int]) -> ColumnElement[str]:
    """Return a story's name for the whole world: its store's UUID and its id, as RFC 9562 has it in a URN."""
    return literal("urn:uuid:") + _store_id() + literal("#") + cast(story_id, Text)


def _info() -> Select[Any]:
    return select(log_state.c.store, log_state.c.epoch, log_state.c.head, log_state.c.head_tag).add_columns(
        log_state.c.floor, log_state.c.floor_tag, log_state.c.head_at
    )


def _story() -> Select[Any]:
    number = select(func.count()).where(copy.c.story_id == story.c.id).correlate(story)
    outlets = select(func.count(article.c.outlet.distinct())).join_from(copy, article)
    outlets = outlets.where(copy.c.story_id == story.c.id).correlate(story)
    basis = article.alias("basis")
    return (
        select(story.c.id.label("story"), story_uri(story.c.id).label("uri"), cast(STATUS, String(10)).label("status"))
        .add_columns(story.c.merged_into.label("successor"), story.c.revision)
        .add_columns(_readable_title(story.c.title).label("title"), story.c.agency)
        .add_columns(story.c.lang, story.c.first_seen, story.c.updated_at.label("updated"), story.c.version)
        .add_columns(story.c.kind, case((READABLE, version.c.digest), else_=null()).label("digest"))
        .add_columns(
            story.c.article_id.label("article"), basis.c.outlet, basis.c.url, as_text(basis.c.byline).label("byline")
        )
        .add_columns(case((READABLE, basis.c.deck), else_=null()).label("deck"))
        .add_columns(basis.c.dateline_place.label("place"), basis.c.section, basis.c.published)
        .add_columns(basis.c.published_utc, basis.c.published_precision, number.scalar_subquery().label("copies"))
        .add_columns(outlets.scalar_subquery().label("outlets"))
        .select_from(story)
        .outerjoin(version, _IN_FORCE)
        # A merged story has no copies, and changes no more: its copies are another's.
        .outerjoin(basis, (basis.c.id == story.c.article_id) & story.c.merged_into.is_(None))
    )


def _version(dialect: str) -> Select[Any]:
    return _version_with(_readable(_joined_paragraphs(dialect)).label("text"))


def version_lists() -> Select[Any]:
    """Return the rows of the view ``version``, with ``body`` and ``support`` as lists in JSON in the place of ``text``:
    to read many texts whole, without a row for each paragraph."""
    return _version_with(
        _readable(as_text(version.c.body)).label("body"), _readable(as_text(version.c.support)).label("support")
    )


def _readable(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return case((READABLE, column), else_=null())


def _version_with(*texts: ColumnElement[Any]) -> Select[Any]:
    return (
        select(version.c.story_id.label("story"), version.c.number.label("version"), version.c.kind)
        .add_columns(version.c.article_id.label("article"), _readable(version.c.title).label("title"), *texts)
        .add_columns(_readable(version.c.digest).label("digest"), version.c.reason)
        .add_columns(version.c.created_at.label("created"), (version.c.number == story.c.version).label("in_force"))
        .add_columns(version.c.removed_at.label("removed"))
        .join_from(version, story, story.c.id == version.c.story_id)
    )


def _joined_paragraphs(dialect: str) -> ColumnElement[str]:
    """Return the paragraphs of a version's text, joined by empty lines."""
    rows = _paragraphs_of(dialect)
    if dialect == POSTGRESQL:
        joined = func.string_agg(rows.c.value, literal("\n\n"))
        return select(joined).select_from(rows).scalar_subquery()
    return select(func.group_concat(rows.c.value, func.char(10, 10))).select_from(rows).scalar_subquery()


def _paragraphs_of(dialect: str) -> FromClause:
    """Return the rows of a version's paragraphs: ``value``, and ``key`` from 0 (SQLite) or ``ord`` from 1."""
    if dialect == POSTGRESQL:
        rows = func.json_array_elements_text(version.c.body).table_valued("value", with_ordinality="ord")
        return rows.render_derived(name="paragraph")
    return func.json_each(version.c.body).table_valued("key", "value", name="paragraph")


def _paragraph(dialect: str) -> Select[Any]:
    rows = _paragraphs_of(dialect)
    if dialect == POSTGRESQL:
        number: ColumnElement[Any] = cast(rows.c.ord, BigInteger)
        support: ColumnElement[Any] = func.json_extract_path_text(version.c.support, cast(rows.c.ord - 1, Text))
    else:
        number = rows.c.key + 1
        support = func.json_extract(version.c.support, literal("$[") + cast(rows.c.key, Text) + literal("]"))
    return (
        select(version.c.story_id.label("story"), version.c.number.label("version"), number.label("paragraph"))
        .add_columns(cast(rows.c.value, Text).label("text"), cast(support, BigInteger).label("support"))
        .select_from(version)
        .join(story, story.c.id == version.c.story_id)
        .join(rows, literal(1) == 1)
        .where(READABLE)
    )


def _copy() -> Select[Any]:
    return (
        select(copy.c.article_id.label("article"), copy.c.story_id.label("story"), article.c.outlet, article.c.url)
        .add_columns(
            entry.c.url_key,
            _readable_title(article.c.title).label("title"),
            article.c.lang,
            as_text(article.c.byline).label("byline"),
        )
        .add_columns(article.c.agency, copy.c.relation, copy.c.edition, copy.c.score, copy.c.reason)
        .add_columns(copy.c.seen_at.label("first_seen"), article.c.published, article.c.published_utc)
        .add_columns(article.c.published_precision, article.c.licence, as_text(article.c.signals).label("signals"))
        .add_columns(article.c.withheld, (copy.c.article_id == story.c.article_id).label("canonical"))
        .join_from(copy, article, article.c.id == copy.c.article_id)
        .join(story, story.c.id == copy.c.story_id)
        .join(entry, entry.c.id == article.c.entry_id)
    )


def _link() -> Select[Any]:
    return (
        select(copy.c.story_id.label("story"), link.c.story_id.label("other"), link.c.article_id.label("article"))
        .add_columns(link.c.kind, link.c.score, link.c.reason, link.c.at)
        .select_from(link)
        .outerjoin(copy, copy.c.article_id == link.c.article_id)
    )


def _change() -> Select[Any]:
    epoch = select(log_state.c.epoch).scalar_subquery()
    cursor = epoch + literal(".") + cast(change.c.seq, Text) + literal(".") + change.c.tag
    return (
        select(change.c.seq, change.c.tx, change.c.at, change.c.kind, change.c.story_id.label("story"))
        .add_columns(change.c.other_id.label("other"), as_text(change.c.articles).label("articles"), change.c.version)
        .add_columns(change.c.revision, change.c.status, change.c.digest, as_text(change.c.changed).label("changed"))
        .add_columns(change.c.actor.label("by"), change.c.reason, change.c.tag, cursor.label("cursor"))
    )


def _kill() -> Select[Any]:
    """A row for each change by which a text is not to be used, as long as that is so."""
    later = change.alias("later")
    newest = select(func.max(later.c.seq)).where(later.c.story_id == change.c.story_id, later.c.kind == change.c.kind)
    is_withdrawn = (
        (change.c.kind == "story-withdrawn")
        & story.c.withdrawn
        & (change.c.seq == newest.correlate(change).scalar_subquery())
    )
    is_removed = change.c.kind == "text-removed"
    level = case((is_withdrawn, "withdrawn"), (change.c.actor == "policy", "withheld"), else_="removed")
    return (
        select(change.c.seq, change.c.at, change.c.story_id.label("story"), story_uri(change.c.story_id).label("uri"))
        .add_columns(
            change.c.version, cast(level, String(10)).label("level"), change.c.actor.label("by"), change.c.reason
        )
        .add_columns(story.c.merged_into.label("successor"))
        .join_from(change, story, story.c.id == change.c.story_id)
        .where(is_withdrawn | is_removed)
    )


@event.listens_for(metadata, "after_create")
def _views_follow(_target: MetaData, connection: Connection, **_options: Any) -> None:
    drop_views(connection)
    create_views(connection)


@event.listens_for(metadata, "before_drop")
def _views_precede(_target: MetaData, connection: Connection, **_options: Any) -> None:
    drop_views(connection)
