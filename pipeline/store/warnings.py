"""Warnings about feeds as maintenance found them: kept, since looking for them reads a month of polls."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select

from pipeline.model import FeedWarnings
from pipeline.store.database import Database
from pipeline.store.row_records import feed_state
from pipeline.store.schema.network import feed_warning
from pipeline.store.schema.tables import feed
from pipeline.store.statements import insert_all

SILENT, DUPLICATE = "silent", "duplicate"


def keep_warnings(store: Database, warnings: FeedWarnings, now: datetime) -> None:
    """Replace the warnings that are kept."""
    silent = [(SILENT, state.id, None, reason) for state, reason in warnings.silent]
    pairs = [(DUPLICATE, state.id, twin.id, reason) for state, twin, reason in warnings.duplicates]
    names = ("kind", "feed_id", "other_id", "reason")
    rows = [dict(zip(names, values, strict=True)) | {"at": now} for values in (*silent, *pairs)]
    with store.transaction() as db:
        db.execute(delete(feed_warning))
        insert_all(db, feed_warning, rows)


def kept_warnings(store: Database) -> FeedWarnings:
    """Return the warnings that were kept last, of feeds that are listed still."""
    with store.reading() as db:
        rows = db.execute(select(feed_warning).order_by(feed_warning.c.id)).all()
        ids = {number for row in rows for number in (row.feed_id, row.other_id) if number}
        listed = db.execute(select(feed).where(feed.c.id.in_(ids), feed.c.listed)).mappings()
        feeds = {row["id"]: feed_state(row) for row in listed}
    rows = [row for row in rows if row.feed_id in feeds]
    return FeedWarnings(
        tuple((feeds[row.feed_id], row.reason) for row in rows if row.kind == SILENT),
        tuple((feeds[row.feed_id], feeds[row.other_id], row.reason) for row in rows if row.other_id in feeds),
    )
