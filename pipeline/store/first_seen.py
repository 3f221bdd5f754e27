"""What matching remembers besides the stories, saved with how far it had read the change log."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Select, func, select

from pipeline.model import ChangeKind, Fingerprint
from pipeline.store.database import Subject
from pipeline.store.schema.tables import change, copy, memory
from pipeline.store.statements import insert

NOVELTY = "novelty"


class FirstSeen(Subject):
    """When texts were first seen, as matching saved it.

    It may be lost: it is made again from the fingerprints of the copies.
    """

    def load(self) -> tuple[int, bytes] | None:
        """The place in the change log up to which copies are remembered, and the memory."""
        with self._database.reading() as db:
            row = db.execute(select(memory.c.seq, memory.c.body).where(memory.c.name == NOVELTY)).first()
            return (row.seq, row.body) if row else None

    def save(self, seq: int, body: bytes) -> None:
        """Keep the memory of the copies placed up to ``seq``."""
        with self._database.transaction() as db:
            statement = insert(db, memory).values(name=NOVELTY, seq=seq, body=body)
            new = {"seq": seq, "body": body}
            db.execute(statement.on_conflict_do_update(index_elements=["name"], set_=new))

    def last_change(self) -> int:
        """The newest line of the change log; 0 where there is none."""
        with self._database.reading() as db:
            return int(db.scalar(select(func.max(change.c.seq))) or 0)

    def fingerprints(self, since: datetime) -> Iterator[tuple[datetime, Fingerprint]]:
        """Time and fingerprint of every copy seen at or after ``since``, streamed."""
        return self._streamed(_prints().where(copy.c.seen_at >= since))

    def fingerprints_placed_after(self, seq: int) -> Iterator[tuple[datetime, Fingerprint]]:
        """The same of every copy placed after a place in the change log, in the order of their placing."""
        added = (change.c.article_id == copy.c.article_id) & (change.c.kind == ChangeKind.COPY_ADDED.value)
        return self._streamed(_prints().join(change, added).where(change.c.seq > seq).order_by(change.c.seq))

    def _streamed(self, query: Select[tuple[datetime, int, bytes, int]]) -> Iterator[tuple[datetime, Fingerprint]]:
        with self._database.reading() as db:
            for row in db.execution_options(yield_per=1000).execute(query):
                yield row.seen_at, Fingerprint(row.recipe, row.shingles, b"", row.tokens)


def _prints() -> Select[tuple[datetime, int, bytes, int]]:
    return select(copy.c.seen_at, copy.c.recipe, copy.c.shingles, copy.c.tokens)
