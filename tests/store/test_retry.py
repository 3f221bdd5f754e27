"""A transaction that met another one is tried again as a whole, a bounded number of times."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from pipeline.errors import StoreError, WriteConflict
from pipeline.model import HostTurn
from pipeline.store import Store, retry
from pipeline.store.retry import ATTEMPTS, is_conflict, whole_transaction
from pipeline.store.schema.network import host
from tests.store.samples import NOW


def test_of_two_in_a_deadlock_both_come_through(store: Store) -> None:
    if store.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time: no two can wait for each other")
    names = ["a.example", "b.example"]
    store.hosts.end_turns([HostTurn(name, "", NOW) for name in names])
    both_hold_one, attempts = Barrier(2), list[str]()

    @whole_transaction
    def lock_both(owner: str, first: str, second: str) -> None:
        attempts.append(owner)
        with store.transaction() as db:
            db.execute(update(host).where(host.c.name == first).values(owner=owner))
            if attempts.count(owner) == 1:
                both_hold_one.wait(timeout=60)
            db.execute(update(host).where(host.c.name == second).values(owner=owner))

    with ThreadPoolExecutor(2) as pool:
        ways = [pool.submit(lock_both, "x", *names), pool.submit(lock_both, "y", *reversed(names))]
        assert [way.result() for way in ways] == [None, None]
    assert len(attempts) == 3


def test_tries_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "FIRST_PAUSE", 0.0)
    calls: list[int] = []

    @whole_transaction
    def meet_another() -> None:
        calls.append(1)
        raise WriteConflict("deadlock detected", concerns="store")

    with pytest.raises(WriteConflict, match="deadlock"):
        meet_another()
    assert len(calls) == ATTEMPTS


def test_any_other_error_is_not_tried_again() -> None:
    calls: list[int] = []

    @whole_transaction
    def fill_the_disk() -> None:
        calls.append(1)
        raise StoreError("no space left on device", concerns="store")

    with pytest.raises(StoreError, match="no space"):
        fill_the_disk()
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("message", "conflict"), [("database is locked", True), ("database disk image is malformed", False)]
)
def test_a_locked_database_of_sqlite_is_a_conflict(message: str, conflict: bool) -> None:
    assert is_conflict(OperationalError("UPDATE", {}, sqlite3.OperationalError(message))) is conflict
