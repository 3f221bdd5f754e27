"""The lock on placing: one process places at a time, and one that lost the lock writes nothing.

PostgreSQL holds it as a session-level advisory lock, which is gone with its connection. SQLite holds it as a row that
ends by itself: all who open the file share its machine's clock, and the end is written and judged by the database. Each
holder gets a fencing number, higher than all before; every transaction that places checks that its own is the last.
"""

from __future__ import annotations

import os
import socket
import time
import uuid
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection, bindparam, func, or_, select, text, update

from pipeline import metrics
from pipeline.errors import LockHeld, StoreError
from pipeline.model import PlacingLock
from pipeline.store.database import Database, Subject
from pipeline.store.schema.columns import UtcDateTime
from pipeline.store.schema.network import lease
from pipeline.store.statements import insert

T = TypeVar("T")
PLACING = "placing"
# The advisory lock's number: "copy" in ASCII, and "plac".
ADVISORY = 0x636F7079_706C6163
# How long SQLite's row holds without a write, how long a second process waits, and how often it asks, in seconds.
LEASE = timedelta(seconds=60)
PATIENCE = 90.0
POLL = 0.2
# How long work that can be done in pieces holds the lock at a time, in seconds.
TURN = 5.0
_GRANTED_LOCKS = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid = :pid")
_RENEW = (
    update(lease)
    .where(lease.c.name == PLACING, lease.c.fence == bindparam("mine"), lease.c.owner != "")
    .values(until=bindparam("later"))
)


class Lease(Subject):
    """The lock on placing."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._fence = 0
        self._advisory = database.engine.dialect.name == "postgresql"

    @contextmanager
    def acquire(self, patience: float = PATIENCE) -> Iterator[None]:
        """Hold the lock inside the block. Reading, deciding and writing are separate transactions, so a lock over all
        of them is needed; each of them locks its row, which puts the change log's numbers in the order of the commits.

        Raises LockHeld when another process holds it for longer than ``patience`` seconds.
        """
        deadline = time.monotonic() + patience
        with self._session(deadline) as session:
            while not (fence := self._take(session)):
                self._wait(deadline)
            self._fence = fence
            metrics.duration(metrics.LEASE_WAIT, time.monotonic() - deadline + patience)
            try:
                yield
            finally:
                self._fence = 0
                self._release(fence)

    def in_turns(self, items: Iterable[T], turn: float = TURN) -> Iterator[T]:
        """Yield each item with the lock held, which is given back every ``turn`` seconds for long enough that a process
        that waits for it gets it.

        Raises LockHeld as :meth:`acquire` does.
        """
        waiting = deque(items)
        while waiting:
            with self.acquire():
                end = time.monotonic() + turn
                yield waiting.popleft()
                while waiting and time.monotonic() < end:
                    yield waiting.popleft()
            if waiting:
                time.sleep(2 * POLL)

    @contextmanager
    def _session(self, deadline: float) -> Iterator[Connection | None]:
        """Yield PostgreSQL's connection that has the advisory lock, closed at the end, which gives the lock back."""
        if not self._advisory:
            yield None
            return
        with self._database.connection() as session:
            while not session.scalar(select(func.pg_try_advisory_lock(ADVISORY))):
                self._wait(deadline)
            try:
                yield session
            finally:
                session.invalidate()

    def _wait(self, deadline: float) -> None:
        if time.monotonic() > deadline:
            holder = self.holder()
            name = f" ({holder.owner})" if holder else ""
            todo = "it places these articles too; 'copydesk locks' shows it, and frees it if it is stuck"
            raise LockHeld(f"another process is placing articles{name}", concerns=self._database.safe_url, todo=todo)
        time.sleep(POLL)

    def _take(self, session: Connection | None) -> int:
        """Take the lock and return the new fencing number; 0 where another process has SQLite's row.

        An end further ahead than a lease was written by a clock that has been set back, and counts as over.
        """
        with self._database.transaction() as db:
            now = self._now(db)
            row = {"owner": _owner(), "since": now, "until": now + LEASE, "pid": self._backend(session)}
            free = or_(lease.c.owner == "", lease.c.until < now, lease.c.until > now + LEASE)
            statement = insert(db, lease).values(name=PLACING, fence=1, **row)
            upsert = statement.on_conflict_do_update(
                index_elements=["name"],
                set_=row | {"fence": lease.c.fence + 1},
                where=None if self._advisory else free,
            )
            return int(db.scalar(upsert.returning(lease.c.fence)) or 0)

    def _backend(self, session: Connection | None) -> int | None:
        return int(session.scalar(select(func.pg_backend_pid())) or 0) if session is not None else None

    def _release(self, fence: int) -> None:
        with self._database.transaction() as db:
            db.execute(update(lease).where(lease.c.name == PLACING, lease.c.fence == fence).values(owner=""))

    def require(self, db: Connection) -> None:
        """Check in a placing transaction that the lock is still ours, and lock its row until the commit.

        Raises StoreError where it was lost.
        """
        renewed = db.execute(_RENEW, {"mine": self._fence, "later": self._now(db) + LEASE})
        if not self._fence or not renewed.rowcount:
            raise StoreError("the lock on placing was lost", concerns="lease", todo="the step may run again")

    def renew(self) -> None:
        """Extend the lock in long work between plans. Raises StoreError where it was lost."""
        with self._database.transaction() as db:
            self.require(db)

    def holder(self) -> PlacingLock | None:
        """Return who holds the lock; None where it is free."""
        with self._database.reading() as db:
            row = db.execute(select(lease).where(lease.c.name == PLACING, lease.c.owner != "")).first()
            if row is None or not self._is_held(db, row):
                return None
            return PlacingLock(PLACING, row.owner, row.since, row.fence)

    def _is_held(self, db: Connection, row: Any) -> bool:
        if self._advisory:
            return bool(db.scalar(_GRANTED_LOCKS, {"pid": row.pid}))
        now = self._now(db)
        return bool(now <= row.until <= now + LEASE)

    def free(self) -> PlacingLock | None:
        """Take the lock from its holder, whose next write fails. Return that holder; None where the lock was free."""
        holder = self.holder()
        if holder is None:
            return None
        with self._database.transaction() as db:
            pid = db.scalar(select(lease.c.pid).where(lease.c.name == PLACING))
            if self._advisory and pid:
                db.execute(select(func.pg_terminate_backend(pid)))
            db.execute(update(lease).where(lease.c.name == PLACING).values(owner="", fence=lease.c.fence + 1))
        return holder

    def _now(self, db: Connection) -> datetime:
        """Return the database's own time."""
        if self._advisory:
            moment = db.scalar(select(func.clock_timestamp(type_=UtcDateTime())))
        else:
            moment = db.scalar(select(func.strftime("%Y-%m-%d %H:%M:%f", "now", type_=UtcDateTime())))
        assert isinstance(moment, datetime)
        return moment


def _owner() -> str:
    """Return this process's name as holder, for a person to read: host, process and a random number."""
    return f"{socket.gethostname()[:40]} process {os.getpid()} {uuid.uuid4().hex[:8]}"
