"""What came in the last hours, by index: no figure here counts over a whole table of articles."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select, text

from pipeline.model import DayCounts, VersionKind
from pipeline.store.database import Database
from pipeline.store.schema.tables import copy, story, waiting

_LIVE = story.c.merged_into.is_(None)


# Each name once, by one look into the index for each: there are a hundred among a million.
_NAMES = text(
    "WITH RECURSIVE named(agency) AS ("
    "SELECT (SELECT agency FROM story WHERE merged_into IS NULL ORDER BY agency LIMIT 1) UNION ALL "
    "SELECT (SELECT agency FROM story WHERE merged_into IS NULL AND agency > named.agency ORDER BY agency LIMIT 1) "
    "FROM named WHERE named.agency IS NOT NULL) SELECT agency FROM named WHERE agency > ''"
)


def agency_names(store: Database) -> list[str]:
    """Return the agencies that stories name, by name."""
    with store.reading() as db:
        return list(db.scalars(_NAMES))


def agencies_since(store: Database, since: datetime) -> list[tuple[str, int, int]]:
    """Return (agency, stories, copies) of the stories first seen since then, most stories first; '' is none named."""
    query = (
        select(story.c.agency, func.count(story.c.id.distinct()), func.count(copy.c.article_id))
        .join(copy, copy.c.story_id == story.c.id)
        .where(story.c.first_seen >= since, _LIVE)
        .group_by(story.c.agency)
        .order_by(func.count(story.c.id.distinct()).desc(), story.c.agency)
    )
    with store.reading() as db:
        return [(agency, int(stories), int(copies)) for agency, stories, copies in db.execute(query)]


def count_since(store: Database, since: datetime) -> DayCounts:
    """Return how many stories changed since then, and how many articles wait."""
    changed = (
        select(story.c.kind, func.count())
        .where(story.c.updated_at >= since, text("version > 1"), _LIVE)
        .group_by(story.c.kind)
    )
    with store.reading() as db:
        kinds = {VersionKind(kind): number for kind, number in db.execute(changed)}
        return DayCounts(
            waiting=int(db.scalar(select(func.count()).select_from(waiting)) or 0),
            updated=kinds.get(VersionKind.UPDATE, 0),
            corrected=kinds.get(VersionKind.CORRECTION, 0),
            withdrawn=kinds.get(VersionKind.WITHDRAWAL, 0),
        )
