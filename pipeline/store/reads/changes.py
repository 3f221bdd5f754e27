"""The change log, read from a cursor on.

Every writer of the log holds the clusterer's lease row until it commits, so numbers are given in the order of
the commits, and ``seq > after`` misses nothing that a slower writer commits later.
"""

from __future__ import annotations

from sqlalchemy import func, select

from pipeline.errors import CursorAhead
from pipeline.model import Change, ChangeKind
from pipeline.store.database import Database
from pipeline.store.schema.tables import change

RESTART = "it is of another store, or of one restored from a backup: read all stories again, then from the log's end"


def changes(store: Database, after: int, limit: int) -> list[Change]:
    """Return at most ``limit`` changes after the cursor ``after``, in order.

    Raises CursorAhead where the log ends before the cursor: nothing would come from it, for ever.
    """
    query = select(change).where(change.c.seq > after).order_by(change.c.seq).limit(limit)
    with store.reading() as db:
        rows = db.execute(query).all()
        last = 0 if rows else int(db.scalar(select(func.max(change.c.seq))) or 0)
    if not rows and after > last:
        raise CursorAhead(f"the change log ends at {last}", concerns=f"cursor {after}", todo=RESTART)
    return [Change(row.seq, ChangeKind(row.kind), row.story_id, row.article_id, row.version, row.at) for row in rows]
