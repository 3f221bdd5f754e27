"""The change log, read from a cursor on.

Every writer of the log holds the clusterer's lease row until it commits, so numbers are given in the order of
the commits, and ``seq > after`` misses nothing that a slower writer commits later.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import takewhile
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from pipeline.model import Change
from pipeline.store.change_cursor import Cursor, LogState, check_cursor, format_cursor, parse_cursor
from pipeline.store.change_log import change_of, read_state
from pipeline.store.database import Database
from pipeline.store.schema.columns import BigId
from pipeline.store.schema.tables import change, story

# Lines read at once to find the end of a commit.
MORE = 500
_LINE_TIME = (
    select(change.c.at).where(change.c.seq >= bindparam("first_line", type_=BigId)).order_by(change.c.seq).limit(1)
)


def changes(store: Database, after: str | int, limit: int) -> list[Change]:
    """Return changes after the cursor ``after``, in order: at most ``limit``, and the rest of the last one's commit.

    Raises CursorForeign, CursorAhead or CursorGone where nothing could be read on from the cursor.
    """
    with store.reading() as db:
        return read_changes(db, after, limit)


def read_changes(db: Connection, after: str | int, limit: int) -> list[Change]:
    """Return what :func:`changes` does, in the view of an open transaction."""
    seq, state = line_of_cursor(db, after), read_state(db)
    query = select(change).where(change.c.seq > seq).order_by(change.c.seq).limit(limit)
    rows = list(db.execute(query))
    rows += _rest_of_commit(db, rows[-1]) if rows else ()
    return [change_of(row, state.epoch) for row in rows]


def line_of_cursor(db: Connection, cursor: str | int) -> int:
    """Return the ``seq`` of a cursor that the log can be read on from. Raises as :func:`changes`."""
    place, state = parse_cursor(cursor), read_state(db)
    check_cursor(place, state, _tag_at(db, place, state))
    return place.seq


def days_of_changes(store: Database, after: int, last: int) -> Counter[str]:
    """Return the days (UTC, YYYY-MM-DD) on which the stories of lines ``after`` < seq <= ``last`` were first seen, each
    with their number."""
    story_ids = select(change.c.story_id).where(change.c.seq > after, change.c.seq <= last)
    query = select(story.c.first_seen).where(story.c.id.in_(story_ids))
    with store.reading() as db:
        return Counter(f"{first_seen:%Y-%m-%d}" for (first_seen,) in db.execute(query))


def log_end(store: Database) -> str:
    """Return the cursor behind the last change."""
    with store.reading() as db:
        return read_state(db).end


def cursor_of_line(db: Connection, seq: int) -> str:
    """Return the cursor behind the line ``seq``, 0 for the log's beginning."""
    state = read_state(db)
    tag = _tag_at(db, Cursor(seq), state)
    return str(seq) if tag is None else format_cursor(state.epoch, seq, tag)


def last_line_at(db: Connection, moment: datetime, after: int = 0) -> int:
    """Return the last line written until a moment, ``after`` where none behind that one was.

    Times of the log never fall, so that some twenty lines tell it: they have no index, and the log is long.
    """
    lines = range(after + 1, read_state(db).head + 1)
    return after + bisect_left(lines, True, key=lambda seq: (at := line_time(db, seq)) is None or at > moment)


def line_time(db: Connection, seq: int) -> datetime | None:
    """Return when the first line from ``seq`` on was written, None behind the last one."""
    return db.scalar(_LINE_TIME, {"first_line": seq})


def _tag_at(db: Connection, cursor: Cursor, state: LogState) -> str | None:
    if cursor.seq == state.floor:
        return state.floor_tag
    return db.scalar(select(change.c.tag).where(change.c.seq == cursor.seq))


def _rest_of_commit(db: Connection, last: Row[Any]) -> Iterator[Row[Any]]:
    """Yield the lines of the last row's commit that follow it."""
    seq, rows = last.seq, [last]
    while rows:
        query = select(change).where(change.c.seq > seq).order_by(change.c.seq).limit(MORE)
        rows = list(takewhile(lambda row: row.tx == last.tx, db.execute(query)))
        yield from rows
        seq = rows[-1].seq if rows else seq
