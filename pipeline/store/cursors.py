"""How far each consumer has read the change log."""

from __future__ import annotations

from sqlalchemy import select

from pipeline.store.database import Subject
from pipeline.store.retry import whole_transaction
from pipeline.store.schema.tables import cursor
from pipeline.store.statements import insert


class Cursors(Subject):
    """How far each consumer has read the change log."""

    def load(self, name: str) -> int:
        """How far a consumer has read the change log; 0 at first."""
        with self._database.reading() as db:
            return int(db.scalar(select(cursor.c.seq).where(cursor.c.name == name)) or 0)

    @whole_transaction
    def advance(self, name: str, seq: int) -> None:
        """Remember how far a consumer has read; it never moves back by this call."""
        with self._database.transaction() as db:
            statement = insert(db, cursor).values(name=name, seq=seq)
            ahead = cursor.c.seq < seq
            db.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"seq": seq}, where=ahead))
