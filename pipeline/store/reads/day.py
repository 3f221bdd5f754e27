"""What came in the last hours, by index: no figure here counts over a whole table of articles."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from pipeline.model import DayCounts, VersionKind
from pipeline.store.database import Database
from pipeline.store.schema.tables import copy, story, waiting

_LIVE = story.c.merged_into.is_(None)


def count_since(store: Database, since: datetime) -> DayCounts:
    """Return how many stories and copies came since then, how many stories changed, and how many articles wait."""
    born = select(func.count()).where(story.c.first_seen >= since, _LIVE)
    changed = (
        select(story.c.kind, func.count())
        .where(story.c.updated_at >= since, story.c.version > 1, _LIVE)
        .group_by(story.c.kind)
    )
    with store.reading() as db:
        kinds = {VersionKind(kind): number for kind, number in db.execute(changed)}
        return DayCounts(
            stories=int(db.scalar(born) or 0),
            copies=int(db.scalar(select(func.count()).where(copy.c.seen_at >= since)) or 0),
            waiting=int(db.scalar(select(func.count()).select_from(waiting)) or 0),
            updated=kinds.get(VersionKind.UPDATE, 0),
            corrected=kinds.get(VersionKind.CORRECTION, 0),
            withdrawn=kinds.get(VersionKind.WITHDRAWAL, 0),
        )
