"""Whatever cuts a run short: the next one makes the store what an undisturbed run makes it, row by row.

``make faults`` does it at length: every step at which a process can die, and as many kills at random as
``COPYDESK_FAULTS_KILLS`` says.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import text

from bench.concurrency import START, serving_stand
from pipeline import steps
from pipeline.archive.warc import Archive
from pipeline.config import Config
from pipeline.errors import StoreError
from pipeline.store import Store
from pipeline.store.lease import Lease
from pipeline.store.stories import Stories
from tests.faults.comparison import Rows, differences
from tests.faults.world import DEATHS, LATER, Wire, free_lock, rows_of, run, run_and_die, started, world_config
from tests.store.conftest import store_url

__all__ = ["store_url"]
KILLS = int(os.environ.get("COPYDESK_FAULTS_KILLS", "0"))
# A step of each transaction in CI, all of them by make faults.
SHORT = ("after Archive._append", "before Articles.record_all", "after Articles.record_all", "after Stories.apply")
# Seconds within which a run of the small world is over.
RUN = 6.0


@pytest.fixture(scope="module")
def stand() -> Iterator[Wire]:
    with serving_stand(Wire(outlets=2, pages=3)) as wire:
        wire.publish()
        yield wire


@pytest.fixture
def config(stand: Wire, store_url: str, tmp_path: Path) -> Config:
    return world_config(stand, store_url, tmp_path)


@pytest.fixture(scope="module")
def undisturbed(stand: Wire, tmp_path_factory: pytest.TempPathFactory) -> Rows:
    folder = tmp_path_factory.mktemp("undisturbed")
    config = world_config(stand, f"sqlite:///{folder / 'copydesk.db'}", folder)
    run(config, START)
    rows = rows_of(config)
    assert (len(rows["article"]), len(rows["story"]), len(rows["added"])) == (6, 3, 6)
    return rows


def check_next_run(config: Config, undisturbed: Rows) -> None:
    free_lock(config)
    run(config, LATER)
    assert differences(undisturbed, rows_of(config)) == []


@pytest.mark.parametrize("death", DEATHS if KILLS else SHORT)
def test_a_process_that_dies_at_a_step(config: Config, undisturbed: Rows, death: str) -> None:
    process = started(run_and_die, config, death, START)
    process.join()
    assert process.exitcode == -signal.SIGKILL
    check_next_run(config, undisturbed)


@pytest.mark.skipif(not KILLS, reason="kills at random are for make faults")
def test_processes_that_die_at_random(config: Config, undisturbed: Rows) -> None:
    random = Random(23)
    for number in range(KILLS):
        process = started(run, config, START + number * timedelta(hours=3))
        process.join(random.uniform(0.5, RUN))
        process.kill()
        process.join()
        free_lock(config)
    run(config, START + KILLS * timedelta(hours=3))
    assert differences(undisturbed, rows_of(config)) == []


def test_a_clusterer_that_was_suspended_wakes_when_another_has_placed_its_articles(
    config: Config, undisturbed: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock is freed while one that has read and decided has yet to write: it writes nothing."""
    apply = Stories.apply

    def placed_by_another(stories: Stories, *args: object) -> object:
        monkeypatch.setattr(Stories, "apply", apply)
        free_lock(config)
        steps.place_articles(config, START)
        return apply(stories, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(Stories, "apply", placed_by_another)
    with pytest.raises(StoreError):
        run(config, START)
    check_next_run(config, undisturbed)


def test_connections_that_are_cut_in_a_transaction(
    config: Config, undisturbed: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    if config.store.startswith("sqlite"):
        pytest.skip("SQLite has no connection that could be cut")
    require = Lease.require

    def cut(lease: Lease, db: object) -> None:
        monkeypatch.setattr(Lease, "require", require)
        require(lease, db)  # type: ignore[arg-type]
        with steps.open_for(config) as store:
            cut_connections(store)

    monkeypatch.setattr(Lease, "require", cut)
    with pytest.raises(StoreError):
        run(config, START)
    check_next_run(config, undisturbed)


def cut_connections(store: Store) -> None:
    """End all connections to the store but this one, as a server's restart does."""
    query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
    with store.connection() as db:
        db.execute(text(query + "AND pid <> pg_backend_pid()"))


@pytest.mark.parametrize("off", [timedelta(days=-1), timedelta(days=1)], ids=["back", "ahead"])
def test_a_clock_that_was_a_day_off_while_a_run_died(config: Config, undisturbed: Rows, off: timedelta) -> None:
    process = started(run_and_die, config, "before Articles.record_all", START + off)
    process.join()
    free_lock(config)
    run(config, LATER)
    # What a clock claimed that was ahead is free when it would have been.
    run(config, LATER + timedelta(days=1))
    assert differences(undisturbed, rows_of(config)) == []


def test_a_task_that_runs_twice_at_once(config: Config, undisturbed: Rows) -> None:
    steps.poll_feeds(config, [feed for batch in steps.due_feeds(config, START) for feed in batch], START)
    pages = [entry for batch in steps.due_pages(config, START) for entry in batch]
    processes = [started(fetch, config, pages) for _ in range(2)]
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    check_next_run(config, undisturbed)


def fetch(config: Config, entries: list[int]) -> None:
    steps.fetch_pages(config, entries, START)


def test_a_record_that_was_half_written(config: Config, undisturbed: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full in the middle of a record; the file goes on behind what was left of it."""
    append = Archive._append

    def half(archive: Archive, member: bytes) -> object:
        monkeypatch.setattr(Archive, "_append", append)
        append(archive, member[: len(member) // 2])
        raise StoreError("No space left on device", concerns="archive")

    monkeypatch.setattr(Archive, "_append", half)
    run(config, START)
    check_next_run(config, undisturbed)
