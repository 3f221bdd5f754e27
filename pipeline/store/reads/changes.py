"""The change log, read from a cursor on.

Every writer of the log holds the clusterer's lease row until it commits, so numbers are given in the order of
the commits, and ``seq > after`` misses nothing that a slower writer commits later.
"""

from __future__ import annotations

from sqlalchemy import select

from pipeline.model import Change, ChangeKind
from pipeline.store.database import Database
from pipeline.store.schema.tables import change


def changes(store: Database, after: int, limit: int) -> list[Change]:
    """Return at most ``limit`` changes after the cursor ``after``, in order."""
    query = select(change).where(change.c.seq > after).order_by(change.c.seq).limit(limit)
    with store.reading() as db:
        return [
            Change(row.seq, ChangeKind(row.kind), row.story_id, row.article_id, row.version, row.at)
            for row in db.execute(query)
        ]
