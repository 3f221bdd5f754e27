"""Rows of the SQL views in bulk, a day at a time, for exports: values as the database gives them, in one view."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Select, Text, bindparam, func, null, select, type_coerce

from pipeline.model import ChangeKind, StoryStatus
from pipeline.read.raw_rows import RawQuery, RawRows
from pipeline.store.reads.changes import last_line_at, line_time
from pipeline.store.schema.columns import BigId, UtcDateTime
from pipeline.store.schema.sql_views import STATUS, version_lists, view_tables
from pipeline.store.schema.tables import article, change, copy, page, story, version
from pipeline.store.statements import in_parts

STATUS_KINDS = (
    ChangeKind.STORY_WITHDRAWN,
    ChangeKind.STORY_RESTORED,
    ChangeKind.STORY_MERGED,
    ChangeKind.STORY_REVIVED,
    ChangeKind.TEXT_REMOVED,
)
Name = Literal["story", "version", "copy", "change"]
# Bounds of a day's rows. A statement that is built once is compiled once.
FIRST_SEEN, SEEN_BEFORE = bindparam("first_seen", type_=UtcDateTime()), bindparam("seen_before", type_=UtcDateTime())
AFTER_LINE, LAST_LINE = bindparam("after_line", type_=BigId), bindparam("last_line", type_=BigId)


class ViewRows:
    """The rows of an open view of the store; ``since`` is the line of the log behind which a story has changed, None
    for all stories.

    Times are aware datetimes, or, of SQLite, texts as ``2026-03-01 08:30:00.000000``, which is UTC; lists are JSON;
    truth may be 0 or 1; of raw rows see :class:`RawQuery`. Rows of ``version`` have ``body`` and ``support``, lists,
    in the place of ``text``.
    """

    def __init__(self, db: Connection, since: int | None) -> None:
        self._db, self._since = db, since
        self._views = view_tables(db.dialect.name)
        self._last_lines: dict[date, int] = {}
        self._raw: dict[Name, RawQuery] = {}

    def story_days(self) -> Iterator[date]:
        """Yield the days, in UTC, on which stories were first seen, the oldest first."""
        query, day = select(func.min(story.c.first_seen)).where(*self._is_changed(story.c.id)), date.min
        while first := self._db.scalar(query.where(story.c.first_seen >= _start(day))):
            yield first.date()
            day = first.date() + timedelta(days=1)

    def change_days(self) -> Iterator[date]:
        """Yield the days, in UTC, on which changes were written, the oldest first."""
        seq = self._since or 0
        while (at := line_time(self._db, seq + 1)) is not None:
            yield at.date()
            seq = self._last_line(at.date())

    def languages(self) -> list[str]:
        """Return the languages of the stories, as they are tagged, in their order."""
        query = select(story.c.lang).distinct().where(*self._is_changed(story.c.id)).order_by(story.c.lang)
        return [lang for lang in self._db.scalars(query) if lang]

    def batches(self, name: Name, day: date, size: int) -> Iterator[Sequence[Row[Any]]]:
        """Yield the rows of a view, ``size`` at a time: those of stories first seen on that day, in the order of first
        sight; of ``change`` those written on it, in the order of the log."""
        rows = self._db.execute(
            self._plain(self._query(name)), self._bounds(name, day), execution_options={"stream_results": True}
        )
        yield from rows.partitions(size)

    def raw(self, name: Name, day: date, size: int) -> Iterator[RawRows]:
        """Yield the same rows as the database gives them fastest."""
        if name not in self._raw:
            self._raw[name] = RawQuery(self._db, self._plain(self._query(name)))
        yield from self._raw[name].batches(self._bounds(name, day), size)

    def tombstones(self, size: int) -> Iterator[RawRows]:
        """Yield a row for each text that is not to be used, then one for each merged story, of all stories, ``size`` at
        a time: ``story, uri, version, level, at, by, reason, successor``. ``level`` is that of a kill, or merged."""
        kill = self._views["kill"].c
        kills = select(kill.story, kill.uri, kill.version, kill.level, kill.at, kill.by, kill.reason, kill.successor)
        for query in (kills.order_by(kill.seq), self._merges()):
            yield from RawQuery(self._db, self._plain(query)).batches({}, size)

    def archived_pages(self, stories: Iterable[int]) -> Iterator[Row[Any]]:
        """Yield the archived pages of live stories' copies but for those whose text is withheld, in the order of the
        copies: ``fetched_at, status, media_type, archive_file, archive_offset, archive_length``."""
        query = (
            select(page.c.fetched_at, page.c.status, page.c.media_type)
            .add_columns(page.c.archive_file, page.c.archive_offset, page.c.archive_length)
            .join_from(copy, article, article.c.id == copy.c.article_id)
            .join(page, page.c.entry_id == article.c.entry_id)
            .join(story, story.c.id == copy.c.story_id)
            .where(page.c.archive_file.is_not(None), article.c.withheld == "", STATUS.in_((StoryStatus.LIVE.value,)))
            .order_by(copy.c.story_id, copy.c.article_id, page.c.id)
        )
        for part in in_parts(stories):
            yield from self._db.execute(query.where(copy.c.story_id.in_(part)))

    def status_times(self) -> Iterator[tuple[int, datetime]]:
        """Return when each story that ever was withdrawn, removed, merged or brought back last was so, by its id."""
        query = select(change.c.story_id, func.max(change.c.at)).where(change.c.kind.in_(STATUS_KINDS))
        rows = self._db.execute(query.group_by(change.c.story_id))
        return ((story_id, at) for story_id, at in rows)

    def _merges(self) -> Select[Any]:
        head, line = self._views["story"].c, self._views["change"].c
        newest = select(func.max(change.c.seq)).where(change.c.kind == ChangeKind.STORY_MERGED.value)
        newest = newest.where(change.c.story_id == head.story)
        query = select(head.story, head.uri, null(), head.status, line.at, line.by, line.reason, head.successor)
        query = query.select_from(self._views["story"])
        query = query.outerjoin(self._views["change"], line.seq == newest.scalar_subquery())
        return query.where(head.status == StoryStatus.MERGED.value).order_by(head.story)

    def _query(self, name: Name) -> Select[Any]:
        """Return the rows between two bounds, see :meth:`_bounds`."""
        if name == "change":
            view = self._views["change"]
            return select(view).where(view.c.seq > AFTER_LINE, view.c.seq <= LAST_LINE).order_by(view.c.seq)
        query, first_seen, number, order = self._of_stories_seen(name)
        query = query.where(first_seen >= FIRST_SEEN, first_seen < SEEN_BEFORE, *self._is_changed(number))
        return query.order_by(first_seen, number, *order)

    def _bounds(self, name: Name, day: date) -> dict[str, Any]:
        if name != "change":
            return {"first_seen": _start(day), "seen_before": _start(day + timedelta(days=1))}
        first = self._last_line(day - timedelta(days=1))
        return {"after_line": max(first, self._since or 0), "last_line": self._last_line(day)}

    def _of_stories_seen(self, name: Name) -> _Rows:
        view = self._views[name]
        if name == "story":
            return _Rows(select(view), view.c.first_seen, view.c.story)
        if name == "version":
            return _Rows(version_lists(), story.c.first_seen, story.c.id, (version.c.number,))
        query = select(view).join(story, story.c.id == view.c.story)
        return _Rows(query, story.c.first_seen, story.c.id, (view.c.first_seen, view.c.article))

    def _is_changed(self, number: ColumnElement[int]) -> tuple[ColumnElement[bool], ...]:
        if self._since is None:
            return ()
        return (number.in_(select(change.c.story_id).where(change.c.seq > self._since)),)

    def _plain(self, query: Select[Any]) -> Select[Any]:
        """Return the query with the times of SQLite as texts: to make an object of each takes longer than all else."""
        if self._db.dialect.name != "sqlite":
            return query
        return query.with_only_columns(*map(_without_type, query.selected_columns))

    def _last_line(self, day: date) -> int:
        """Return the last line written by the end of a day, 0 where there is none."""
        if day not in self._last_lines:
            # Lines of days before are known from the days that were asked for before.
            first = max((line for earlier, line in self._last_lines.items() if earlier < day), default=0)
            self._last_lines[day] = last_line_at(self._db, datetime.combine(day, time.max, UTC), first)
        return self._last_lines[day]


class _Rows(NamedTuple):
    """Rows of stories, when each story was first seen, its id, and what orders the rows of one."""

    query: Select[Any]
    first_seen: ColumnElement[datetime]
    number: ColumnElement[int]
    order: tuple[ColumnElement[Any], ...] = ()


def _start(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _without_type(column: ColumnElement[Any]) -> ColumnElement[Any]:
    if not isinstance(column.type, UtcDateTime):
        return column
    return type_coerce(getattr(column, "element", column), Text).label(getattr(column, "name", None))
