"""How far each consumer has read the change log."""

from __future__ import annotations

from sqlalchemy import select

from pipeline.store.database import Subject
from pipeline.store.retry import whole_transaction
from pipeline.store.schema.tables import cursor
from pipeline.store.statements import insert


class Cursors(Subject):
    """The cursor of each consumer by its name: the number (``seq``) of the last change that it has processed."""

    def load(self, name: str) -> int:
        """Return a consumer's cursor; 0 where it has none yet, which is before the first change."""
        with self._database.reading() as db:
            return int(db.scalar(select(cursor.c.seq).where(cursor.c.name == name)) or 0)

    @whole_transaction
    def advance(self, name: str, seq: int) -> None:
        """Move a consumer's cursor forward to ``seq``; a cursor that is further already stays."""
        with self._database.transaction() as db:
            statement = insert(db, cursor).values(name=name, seq=seq)
            ahead = cursor.c.seq < seq
            db.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"seq": seq}, where=ahead))
