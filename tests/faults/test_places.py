"""What a run stands on fails it: disk, database server, memory, outlets. The next run makes good, row by row."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from bench.concurrency import START
from pipeline import steps
from pipeline.archive.warc import Archive
from pipeline.config import Config
from pipeline.errors import CopydeskError, StoreError
from pipeline.process_pool import Children, TimeLimits
from pipeline.store import open_store
from pipeline.store.articles import Articles
from pipeline.store.feeds import Feeds
from pipeline.store.lease import Lease
from tests.faults.comparison import Rows, differences
from tests.faults.places import PlaceError, Server, own_server, small_disk
from tests.faults.world import Wire, check_next_run, die, rows_of, run, world_config


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    try:
        with own_server() as running:
            yield running
    except PlaceError as error:
        pytest.skip(str(error))


@pytest.fixture
def server_config(stand: Wire, server: Server, tmp_path: Path) -> Iterator[Config]:
    config = world_config(stand, server.url, tmp_path)
    yield config
    with open_store(server.url) as store, store.engine.begin() as db:
        db.exec_driver_sql("DROP SCHEMA public CASCADE")
        db.exec_driver_sql("CREATE SCHEMA public")


@pytest.mark.parametrize("free_bytes", [0, 5_000])
def test_a_disk_that_is_full(stand: Wire, store_url: str, tmp_path: Path, undisturbed: Rows, free_bytes: int) -> None:
    try:
        with small_disk(tmp_path / "disk") as disk:
            url = f"sqlite:///{disk.folder / 'copydesk.db'}" if store_url.startswith("sqlite") else store_url
            config = world_config(stand, url, disk.folder)
            with steps.open_for(config):
                disk.fill(free_bytes)
            with suppress(CopydeskError):
                run(config, START)
            assert differences(undisturbed, rows_of(config))
            disk.free()
            check_next_run(config, undisturbed)
    except PlaceError as error:
        pytest.skip(str(error))


def test_an_archive_ends_whose_spool_has_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was not put into the object store is lost, which is no error: no row names it."""
    try:
        with small_disk(tmp_path / "disk") as disk:
            monkeypatch.setattr(tempfile, "tempdir", str(disk.folder))
            disk.fill(0)
            archive = Archive("memory://spooled")
            record = archive.write("http://a.example/", START, 200, [], b"a page that waits in the buffer")
            archive.close()
            with pytest.raises(StoreError, match="could not be put"):
                archive.is_sealed(record)
    except PlaceError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize(("owner", "name"), [(Feeds, "record_planned"), (Articles, "record_all"), (Lease, "require")])
def test_a_server_that_restarts_in_the_middle_of_a_run(
    server: Server, server_config: Config, undisturbed: Rows, monkeypatch: pytest.MonkeyPatch, owner: type, name: str
) -> None:
    work = getattr(owner, name)

    def restart_first(*args: object, **options: object) -> object:
        monkeypatch.setattr(owner, name, work)
        server.stop()
        server.start()
        return work(*args, **options)

    monkeypatch.setattr(owner, name, restart_first)
    with suppress(StoreError):
        run(server_config, START)
    assert getattr(owner, name) is work
    check_next_run(server_config, undisturbed)


def test_a_server_that_is_away_when_a_run_starts(server: Server, server_config: Config, undisturbed: Rows) -> None:
    with steps.open_for(server_config):
        server.stop()
    with pytest.raises(StoreError):
        run(server_config, START)
    server.start()
    check_next_run(server_config, undisturbed)


def test_an_open_store_outlives_a_restart_of_its_server(server: Server, server_config: Config) -> None:
    with steps.open_for(server_config) as store:
        store.feeds.sync(server_config.feeds, START)
        server.stop()
        server.start()
        assert len(store.feeds.due(START)) == len(server_config.feeds)


def test_outlets_that_hang(stand: Wire, config: Config, undisturbed: Rows) -> None:
    stand.answers.clear()
    try:
        run(replace(config, fetch=replace(config.fetch, deadline=0.5)), START)
    finally:
        stand.answers.set()
    assert {outcome for _, _, outcome in rows_of(config)["feed"]} == {"timeout"}
    check_next_run(config, undisturbed)


def test_a_child_that_the_system_kills_for_its_memory(
    config: Config, undisturbed: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run goes on without it, and what it was to read is tried again."""
    schedule = Children._schedule

    def killed_once(children: Children, _work: object, limits: TimeLimits, *_arguments: object) -> Future[None]:
        monkeypatch.setattr(Children, "_schedule", schedule)
        return schedule(children, die, limits, (), {})

    monkeypatch.setattr(Children, "_schedule", killed_once)
    run(config, START)
    assert Children._schedule is schedule
    assert differences(undisturbed, rows_of(config))
    check_next_run(config, undisturbed)
