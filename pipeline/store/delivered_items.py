"""Items that an agency delivers version by version, and withdraws: all versions of one share its guid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select, update

from pipeline.model import Delivered, EntryStatus
from pipeline.store.schema.tables import entry

WAITING = (EntryStatus.NEW.value, EntryStatus.RETRY.value)
WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class _Version:
    id: int
    order: tuple[int, int]
    waits: bool
    has_article: bool
    withdraws: bool


def settle_withdrawn(db: Connection, feed_id: int, items: Sequence[Delivered | None]) -> None:
    """Set aside these items' versions that were withdrawn before they were read, and notices that withdraw nothing."""
    for guid in dict.fromkeys(item.guid for item in items if item):
        columns = (entry.c.id, entry.c.status, entry.c.delivered)
        rows = db.execute(select(*columns).where(entry.c.feed_id == feed_id, entry.c.guid == guid))
        aside = _set_aside([_version(row) for row in rows])
        values = {"status": EntryStatus.SET_ASIDE.value, "outcome": WITHDRAWN, "detail": "withdrawn by its agency"}
        db.execute(update(entry).where(entry.c.id.in_(aside)).values(values))


def _set_aside(versions: Sequence[_Version]) -> list[int]:
    last = max((version.order for version in versions if version.withdraws), default=None)
    if last is None:
        return []
    published = any(version.has_article and not version.withdraws for version in versions)
    before = [version for version in versions if version.waits and version.order <= last]
    return [version.id for version in before if not (version.withdraws and version.order == last and published)]


def _version(row: Row[Any, Any, Any]) -> _Version:
    number = str(row.delivered["version"])
    # Versions are growing numbers; where one is not a number, entries are ordered by arrival.
    order = (int(number[:18]) if number.isdigit() else 0, row.id)
    waits = row.status in WAITING
    has_article = row.status in (EntryStatus.EXTRACTED.value, EntryStatus.CLUSTERED.value)
    return _Version(row.id, order, waits, has_article, bool(row.delivered["withdrawn"]))
