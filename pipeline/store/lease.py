"""The lock on placing: one clusterer at a time."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, bindparam, or_, update

from pipeline.errors import StoreError
from pipeline.store.database import Database, Subject
from pipeline.store.schema.tables import lease
from pipeline.store.statements import insert

CLUSTERER = "cluster"
LEASE = timedelta(seconds=60)
_RENEWED = (
    update(lease).where(lease.c.name == CLUSTERER, lease.c.owner == bindparam("mine")).values(until=bindparam("later"))
)


class Lease(Subject):
    """The lock on placing: one clusterer at a time."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._owner = ""

    @contextmanager
    def acquire(self, patience: float = 150.0) -> Iterator[None]:
        """Be the one clusterer. Reading, deciding and writing are separate transactions, so a lock over all
        of them is needed; a lease in the database works alike on SQLite and PostgreSQL and outlives nobody
        for long. Each plan renews it in its own transaction, so that whoever lost it writes nothing; and the
        row it locks puts the change log's numbers in the order of the commits.

        Raises StoreError when another holds it for longer than ``patience`` seconds.
        """
        owner = uuid.uuid4().hex
        deadline = time.monotonic() + patience
        while not self._take(owner):
            if time.monotonic() > deadline:
                raise StoreError(
                    "another clusterer is at work", concerns=str(self._database.engine.url), todo="try again later"
                )
            time.sleep(0.2)
        self._owner = owner
        try:
            yield
        finally:
            self._owner = ""
            self._release(owner)

    def _take(self, owner: str) -> bool:
        now = datetime.now(UTC)
        row = {"name": CLUSTERER, "owner": owner, "until": now + LEASE}
        with self._database.transaction() as db:
            statement = insert(db, lease).values(row)
            free = or_(lease.c.until < now, lease.c.owner == owner)
            taken = statement.on_conflict_do_update(index_elements=["name"], set_=row, where=free)
            return db.execute(taken.returning(lease.c.owner)).first() is not None

    def _release(self, owner: str) -> None:
        with self._database.transaction() as db:
            db.execute(lease.delete().where(lease.c.name == CLUSTERER, lease.c.owner == owner))

    def require(self, db: Connection) -> None:
        """Renew the lease in a transaction that places. Raises StoreError where it was lost."""
        held = db.execute(_RENEWED, {"mine": self._owner, "later": datetime.now(UTC) + LEASE})
        if not self._owner or not held.rowcount:
            raise StoreError("the clusterer's lease was lost", concerns="lease", todo="the step may run again")

    def renew(self) -> None:
        """Renew the lease in long work between plans. Raises StoreError where it was lost."""
        with self._database.transaction() as db:
            self.require(db)
