"""What was done with one story: its lines of the change log, the latest first."""

from __future__ import annotations

from sqlalchemy import or_, select

from pipeline.model import Change
from pipeline.store.change_log import change_of, read_state
from pipeline.store.database import Database
from pipeline.store.schema.tables import change


def story_history(store: Database, story_id: int, limit: int) -> list[Change]:
    """Return the last changes that name this story, at most ``limit``."""
    query = select(change).where(or_(change.c.story_id == story_id, change.c.other_id == story_id))
    with store.reading() as db:
        epoch = read_state(db).epoch
        return [change_of(row, epoch) for row in db.execute(query.order_by(change.c.seq.desc()).limit(limit))]
