"""The keys by which candidates are found: a row for each batch of copies, immutable, with all their keys in order.

A row for each key was nine tenths of what placing wrote, and looked up; sorted arrays are searched for a whole batch
at once, and what no copy can be of any more is dropped a row at a time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, Select, select

from pipeline.store.schema.tables import keys
from pipeline.store.statements import in_parts
from pipeline.text.keys import Holders

# So many keys are kept apart from the others, so that not all are written anew with each batch.
APART = 65_536


def insert_keys(db: Connection, held: Mapping[int, bytes], newest: datetime, now: datetime) -> None:
    """Store the keys of some copies; ``newest`` is when the last of them was seen."""
    found = Holders.from_texts(held)
    if len(found):
        db.execute(keys.insert(), {"newest": newest, "made_at": now, "body": found.packed()})


class KeyIndex:
    """Keys at hand: those of the window, in two parts, of which the newer grows with each batch."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._held: set[int] = set()
        self._newer = self._older = Holders.merge([])

    def parts(self, db: Connection, since: datetime, *, keep: bool) -> list[Holders]:
        """The keys of copies seen at or after ``since``, and of some before; the newest first. With ``keep`` they stay
        at hand."""
        wanted = set(db.scalars(_seen_since(since)))
        if not keep:
            loaded = _loaded(db, sorted(wanted - self._held, reverse=True))
            return [self._newer, self._older, *loaded]
        # What is gone stays in its part until then; its copies' times tell.
        if len(self._held - wanted) > len(wanted):
            self._begin()
        self._add(_loaded(db, sorted(wanted - self._held)))
        self._held |= wanted
        return [self._newer, self._older]

    def _add(self, loaded: Sequence[Holders]) -> None:
        self._newer = self._newer.with_newer(Holders.merge(loaded))
        if len(self._newer) > max(APART, len(self._older) // 4):
            self._older = self._older.with_newer(self._newer)
            self._newer = Holders.merge([])


def _seen_since(since: datetime) -> Select[int]:
    # Without an order: SQLite would go through all rows by number instead of by the index.
    return select(keys.c.id).where(keys.c.newest >= since)


def _loaded(db: Connection, numbers: Sequence[int]) -> list[Holders]:
    query = select(keys.c.id, keys.c.body)
    bodies = {row.id: row.body for part in in_parts(numbers) for row in db.execute(query.where(keys.c.id.in_(part)))}
    return [Holders.unpacked(bodies[number]) for number in numbers]
