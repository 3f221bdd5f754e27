"""The memory of shingles' first sightings, saved with the number of the last change that it covers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, select

from pipeline.model import ChangeKind, Fingerprint
from pipeline.store.change_log import read_state
from pipeline.store.database import Subject
from pipeline.store.schema.tables import change, copy, memory
from pipeline.store.statements import among, in_parts, insert

NOVELTY = "novelty"


class FirstSeen(Subject):
    """When shingles were first seen, as the matching step saved it (bytes of its own format).

    The memory may be lost: the fingerprints of the copies, which this class reads too, are enough to rebuild it.
    """

    def load(self) -> tuple[int, bytes] | None:
        """Return the number of the last change that the memory covers, and the memory; None where none was saved."""
        with self._database.reading() as db:
            row = db.execute(select(memory.c.seq, memory.c.body).where(memory.c.name == NOVELTY)).first()
            return (row.seq, row.body) if row else None

    def save(self, seq: int, body: bytes) -> None:
        """Store the memory, which covers the copies placed up to change ``seq``, in place of the one before."""
        with self._database.transaction() as db:
            statement = insert(db, memory).values(name=NOVELTY, seq=seq, body=body)
            new = {"seq": seq, "body": body}
            db.execute(statement.on_conflict_do_update(index_elements=["name"], set_=new))

    def last_change(self) -> int:
        """Return the number of the newest change in the log; 0 where the log is empty."""
        with self._database.reading() as db:
            return read_state(db).head

    def fingerprints(self, since: datetime) -> Iterator[tuple[datetime, Fingerprint]]:
        """Yield the time (UTC) and fingerprint of every copy seen at or after ``since``, in no order, 1000 rows a read.

        The fingerprints have shingles but no band keys.
        """
        return self._streamed(_prints().where(copy.c.seen_at >= since))

    def fingerprints_placed_after(self, seq: int) -> Iterator[tuple[datetime, Fingerprint]]:
        """Yield time and fingerprint of every copy placed after change ``seq``, in the order of their placing."""
        added = select(change.c.articles).where(change.c.kind == ChangeKind.COPY_ADDED.value, change.c.seq > seq)
        with self._database.reading() as db:
            placed = [number for row in db.execute(added.order_by(change.c.seq)) for number in row.articles]
            for part in in_parts(placed):
                rows = {row.article_id: row for row in db.execute(_PRINTS_OF, {"ids": part})}
                yield from (_timed_print(rows[number]) for number in part if number in rows)

    def _streamed(self, query: Select[tuple[datetime, int, bytes, int]]) -> Iterator[tuple[datetime, Fingerprint]]:
        with self._database.reading() as db:
            for row in db.execution_options(yield_per=1000).execute(query):
                yield _timed_print(row)


def _timed_print(row: Row[Any]) -> tuple[datetime, Fingerprint]:
    return row.seen_at, Fingerprint(row.recipe, row.shingles, b"", row.tokens)


def _prints() -> Select[tuple[datetime, int, bytes, int]]:
    return select(copy.c.seen_at, copy.c.recipe, copy.c.shingles, copy.c.tokens)


_PRINTS_OF = _prints().add_columns(copy.c.article_id).where(among(copy.c.article_id))
