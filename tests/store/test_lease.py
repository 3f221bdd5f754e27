"""The lock on placing, on both databases: fenced, bounded, freed by a person, and no matter what the clocks say."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Thread

import pytest
from sqlalchemy import select, text, update

from pipeline.errors import StoreError
from pipeline.store import Store, open_store
from pipeline.store.schema.network import lease
from tests.store.samples import NOW, one_story, stored_articles


def fence_of(store: Store) -> int:
    with store.reading() as db:
        return int(db.scalar(select(lease.c.fence)) or 0)


def test_each_holder_has_a_higher_fencing_number(store: Store) -> None:
    fences = []
    for _ in range(3):
        with store.lease.acquire():
            fences.append(fence_of(store))
    assert fences == sorted(set(fences))


def test_the_holder_is_shown_and_gone_afterwards(store: Store, store_url: str) -> None:
    assert store.lease.holder() is None
    with open_store(store_url) as second_store, store.lease.acquire():
        holder = second_store.lease.holder()
        assert holder is not None
        assert "process" in holder.owner
    assert store.lease.holder() is None


def test_a_lock_that_is_freed_writes_no_more(store: Store, store_url: str) -> None:
    (article_id,) = stored_articles(store, 1)
    with open_store(store_url) as second_store, store.lease.acquire():
        assert second_store.lease.free() is not None
        with pytest.raises(StoreError, match="lost"):
            store.stories.apply(one_story(article_id), NOW)
        with second_store.lease.acquire(patience=5):
            second_store.stories.apply(one_story(article_id), NOW)


def test_what_is_not_held_cannot_be_freed(store: Store) -> None:
    assert store.lease.free() is None


@pytest.mark.parametrize("ahead", [timedelta(days=1), timedelta(days=-1)])
def test_an_end_that_a_wrong_clock_wrote_holds_nobody_up(store: Store, ahead: timedelta) -> None:
    with store.lease.acquire():
        pass
    with store.transaction() as db:
        until = datetime.now(NOW.tzinfo) + ahead
        db.execute(update(lease).values(owner="a machine with another clock", until=until))
    with store.lease.acquire(patience=0):
        assert fence_of(store) > 1


def test_a_holder_whose_connection_is_gone_has_lost_the_lock(store: Store, store_url: str) -> None:
    if store.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has no sessions")
    (article_id,) = stored_articles(store, 1)
    with open_store(store_url) as second_store, store.lease.acquire():
        with second_store.transaction() as db:
            db.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": db.scalar(select(lease.c.pid))})
        with second_store.lease.acquire(patience=5), pytest.raises(StoreError, match="lost"):
            store.stories.apply(one_story(article_id), NOW)


def test_no_statement_waits_for_a_locked_row_without_end(store: Store) -> None:
    setting = "SHOW lock_timeout" if store.engine.dialect.name == "postgresql" else "PRAGMA busy_timeout"
    with store.engine.connect() as db:
        assert db.scalar(text(setting)) in ("1min", 60_000)


def test_a_server_that_is_silent_or_a_transaction_that_sleeps_ends(store: Store) -> None:
    if store.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has no sessions")
    with store.engine.connect() as db:
        assert db.scalar(text("SHOW idle_in_transaction_session_timeout")) == "10min"
        parameters = db.connection.driver_connection.info.get_parameters()  # type: ignore[union-attr]
    assert (parameters["connect_timeout"], parameters["keepalives_idle"], parameters["tcp_user_timeout"]) == (
        "10",
        "30",
        "60000",
    )


def test_what_an_address_says_of_its_connections_holds(store: Store, store_url: str) -> None:
    if store.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has no sessions")
    with open_store(f"{store_url}?tcp_user_timeout=5000") as second_store, second_store.engine.connect() as db:
        parameters = db.connection.driver_connection.info.get_parameters()  # type: ignore[union-attr]
    assert parameters["tcp_user_timeout"] == "5000"


def test_work_in_turns_lets_in_who_waits(store: Store, store_url: str) -> None:
    order: list[str] = []

    def place() -> None:
        with open_store(store_url) as second_store, second_store.lease.acquire():
            order.append("placed")

    placing = Thread(target=place)
    for number in store.lease.in_turns(range(4), turn=0):
        if number == 0:
            placing.start()
        order.append(f"item {number}")
    placing.join()
    assert order[0] == "item 0"
    assert order.index("placed") < order.index("item 3")


def test_nothing_to_do_takes_no_lock(store: Store) -> None:
    assert list(store.lease.in_turns(())) == []
    assert fence_of(store) == 0
