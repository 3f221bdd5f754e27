"""Writes of the change log, in transactions that hold the row of the lease: lines stand in the order of the commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from pipeline.model import Change, ChangeKind
from pipeline.store.schema.tables import change, story
from pipeline.store.statements import among, insert_numbered

Row = dict[str, Any]
_LAST_TIME = select(change.c.at).order_by(change.c.seq.desc()).limit(1)
_UPDATED = update(story).where(among(story.c.id)).values(updated_at=bindparam("at"))


def log_time(db: Connection, now: datetime) -> datetime:
    """Return the time of this transaction's changes: ``now``, or that of the last change where it is later.

    A writer takes its time before it waits for its turn, and clocks are set back.
    """
    last = db.scalar(_LAST_TIME)
    return max(now, last) if last else now


def change_row(kind: ChangeKind, story_id: int, article_id: int | None = None, number: int | None = None) -> Row:
    """Return a line of the log that has no time yet; ``number`` is a version's."""
    return {"kind": kind.value, "story_id": story_id, "article_id": article_id, "version": number}


def append_changes(db: Connection, rows: Sequence[Row], now: datetime) -> tuple[Change, ...]:
    """Append lines to the log, each once, and set when their stories changed. ``now``: see :func:`log_time`."""
    distinct = [dict(row) for row in dict.fromkeys(tuple(row.items()) for row in rows)]
    if not distinct:
        return ()
    db.execute(_UPDATED, {"ids": sorted({row["story_id"] for row in distinct}), "at": now})
    seqs = insert_numbered(db, change.c.seq, [row | {"at": now} for row in distinct])
    return tuple(
        Change(seq, ChangeKind(row["kind"]), row["story_id"], row["article_id"], row["version"], now)
        for seq, row in zip(seqs, distinct, strict=True)
    )
