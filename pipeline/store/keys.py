"""The keys by which candidates are found: a row for each batch of copies, immutable, with all their keys in order.

A row for each key was nine tenths of what placing wrote, and looked up; sorted arrays are searched for a whole batch
at once, and what no copy can be of any more is dropped a row at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, Select, delete, select

from pipeline.store.base import Base, in_parts
from pipeline.store.tables import keys
from pipeline.text.keys import Holders

# Rows of this many keys are kept apart from the others, so that not all is put in order anew with each batch.
APART = 65_536
AT_ONCE = 20


def insert_keys(db: Connection, held: Mapping[int, Sequence[int]], newest: datetime, now: datetime) -> None:
    """Store the keys of some copies; ``newest`` is when the last of them was seen."""
    found = Holders.of(held)
    if len(found):
        db.execute(keys.insert(), {"newest": newest, "made_at": now, "body": found.packed()})


class KeyIndex:
    """Keys at hand: those of the window, in two parts, of which the newer is put in order with each batch."""

    def __init__(self) -> None:
        self._held: dict[int, Holders] = {}
        self._old: set[int] = set()
        self._parts = [Holders.together([]), Holders.together([])]

    def parts(self, db: Connection, since: datetime, *, keep: bool) -> list[Holders]:
        """The keys of copies seen at or after ``since``, and of some before; the newest first. With ``keep`` they stay
        at hand, and those from before ``since`` do not."""
        wanted = list(db.scalars(_seen_since(since)))
        loaded = _loaded(db, [number for number in wanted if number not in self._held])
        if not keep:
            return [*self._parts, *(loaded[number] for number in sorted(loaded, reverse=True))]
        gone = self._held.keys() - set(wanted)
        self._held |= loaded
        self._drop(gone - self._old)
        if self._is_time(len(gone & self._old)):
            self._drop(gone)
            self._old = set(self._held)
            self._parts = [Holders.together([]), Holders.together(list(self._held.values()))]
        elif gone - self._old:
            self._parts[0] = Holders.together(self._recent())
        else:
            for number in sorted(loaded):
                self._parts[0] = self._parts[0].with_newer(loaded[number])
        return self._parts

    def _recent(self) -> list[Holders]:
        return [one for number, one in self._held.items() if number not in self._old]

    def _is_time(self, gone: int) -> bool:
        """To put all in order anew. What is gone leaves the older part then; until then the copies' times tell."""
        return sum(map(len, self._recent())) > max(APART, len(self._parts[1]) // 4) or gone > len(self._old) // 2

    def _drop(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            self._held.pop(number, None)


def _seen_since(since: datetime) -> Select[int]:
    # Without an order: SQLite would go through all rows by number instead of by the index.
    return select(keys.c.id).where(keys.c.newest >= since)


def _loaded(db: Connection, numbers: Sequence[int]) -> dict[int, Holders]:
    query = select(keys.c.id, keys.c.body)
    return {
        row.id: Holders.unpacked(row.body)
        for part in in_parts(numbers)
        for row in db.execute(query.where(keys.c.id.in_(part)))
    }


class KeyWrites(Base):
    """What is dropped of the keys."""

    def forget_keys(self, seen_before: datetime, made_before: datetime) -> int:
        """Drop the keys of copies that were seen and stored before these times, some at a time; how many rows."""
        old = select(keys.c.id).where(keys.c.newest < seen_before, keys.c.made_at < made_before)
        with self.transaction() as db:
            some = list(db.scalars(old.order_by(keys.c.newest).limit(AT_ONCE)))
            if some:
                db.execute(delete(keys).where(keys.c.id.in_(some)))
            return len(some)
