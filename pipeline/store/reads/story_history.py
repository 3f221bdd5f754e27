"""What was done with one story: its lines of the change log, the latest first."""

from __future__ import annotations

from sqlalchemy import select, union

from pipeline.model import Change
from pipeline.store.change_log import change_of, read_state
from pipeline.store.database import Database
from pipeline.store.schema.tables import change


def story_history(store: Database, story_id: int, limit: int) -> list[Change]:
    """Return the last changes that name this story, at most ``limit``."""
    # Each column by its own index: of both together SQLite reads the whole log.
    latest = [
        select(change.c.seq).where(column == story_id).order_by(change.c.seq.desc()).limit(limit).subquery()
        for column in (change.c.story_id, change.c.other_id)
    ]
    numbers = union(*(select(part.c.seq) for part in latest))
    query = select(change).where(change.c.seq.in_(numbers)).order_by(change.c.seq.desc()).limit(limit)
    with store.reading() as db:
        epoch = read_state(db).epoch
        return [change_of(row, epoch) for row in db.execute(query)]
