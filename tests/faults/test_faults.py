"""Whatever cuts a run short: the next one makes the store what an undisturbed run makes it, row by row.

``make faults`` does it at length: every step at which a process can die, and as many kills at random as
``COPYDESK_FAULTS_KILLS`` says.
"""

from __future__ import annotations

import os
import signal
import time
from datetime import datetime, timedelta
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
from tests.faults.run_starter import running_starter
from tests.faults.world import (
    DEATHS,
    LATER,
    Wire,
    check_next_run,
    count_entries,
    free_lock,
    rows_of,
    run,
    run_and_die,
    started,
    world_config,
)

KILLS = int(os.environ.get("COPYDESK_FAULTS_KILLS", "0"))
# Kills at random end with these, however few they were.
MINUTES = float(os.environ.get("COPYDESK_FAULTS_MINUTES", "inf"))
# A step of each transaction in CI, all of them by make faults.
SHORT = ("after Archive._append", "before Articles.record_all", "after Articles.record_all", "after Stories.apply")


@pytest.mark.parametrize("death", DEATHS if KILLS else SHORT)
def test_a_process_that_dies_at_a_step(config: Config, undisturbed: Rows, death: str) -> None:
    process = started(run_and_die, config, death, START)
    process.join()
    assert process.exitcode == -signal.SIGKILL
    check_next_run(config, undisturbed)


@pytest.mark.skipif(not KILLS, reason="kills at random are for make faults")
def test_processes_that_die_at_random(store_url: str, tmp_path: Path) -> None:
    """A new edition comes out as soon as all entries of the last are known, so that each run has work to be cut off."""
    with serving_stand(Wire(outlets=2, pages=3)) as wire:
        config = world_config(wire, store_url, tmp_path / "killed")
        with steps.open_for(config):
            pass
        kills = kill_at_random(wire, config)
        heal(config, kills + 2)
        editions = wire.editions
        print(f"{kills} kills over {editions} editions")
        assert differences(undisturbed_rows(wire, tmp_path / "undisturbed", editions), rows_of(config)) == []


def kill_at_random(wire: Wire, config: Config) -> int:
    """Start runs, each at a later hour, and kill each at a moment of its own, most before they end: how long one takes
    on this machine is measured by the second, which lives as the first does. Return how many were started."""
    random, deadline = Random(23), time.monotonic() + MINUTES * 60
    with running_starter() as starter:
        for hour in range(2):
            wire.publish()
            began = time.monotonic()
            starter.run(None, run, config, hour_of(hour))
        seconds = 1.2 * (time.monotonic() - began)
        for number in range(2, KILLS + 2):
            if time.monotonic() > deadline:
                return number - 2
            if count_entries(config) == wire.published:
                wire.publish()
            starter.run(random.uniform(0, seconds), run, config, hour_of(number))
            free_lock(config)
    return KILLS


def heal(config: Config, number: int) -> None:
    """Run until a page whose run was killed is tried again at the latest."""
    for later in range(3):
        run(config, hour_of(number + later))


def hour_of(number: int) -> datetime:
    return START + number * timedelta(hours=3)


def undisturbed_rows(wire: Wire, folder: Path, editions: int) -> Rows:
    """Return what a run after each edition leaves."""
    config = world_config(wire, f"sqlite:///{folder / 'copydesk.db'}", folder)
    wire.editions = 0
    for number in range(editions):
        wire.publish()
        run(config, hour_of(number))
    return rows_of(config)


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
