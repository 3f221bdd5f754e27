"""The archive on an object store: whole segments, pages read by range, whatever dies."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import signal
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import fsspec
import pytest
from moto.server import ThreadedMotoServer
from sqlalchemy import select

import pipeline.archive.segments as segments
import pipeline.steps.sweep as sweep
from newsstand.server import RunningNewsstand, running_newsstand
from pipeline import steps
from pipeline.archive.warc import Archive
from pipeline.config import Config, load
from pipeline.errors import NotStored, StoreError
from pipeline.model import ArchiveRef
from pipeline.steps.kills import erase_pages
from pipeline.steps.maintain import apply_retention
from pipeline.store import Store
from pipeline.store.articles import Articles
from pipeline.store.schema.tables import article as article_table
from pipeline.store.schema.tables import page as page_table
from tests.store.samples import NOW, SPEC, article, entry, page, poll

START = datetime.now(UTC)
SPAWNED = multiprocessing.get_context("spawn")


@pytest.fixture(scope="module")
def object_store() -> Iterator[str]:
    """The address of an S3 server, which botocore finds in the environment."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        environment.setenv("AWS_ACCESS_KEY_ID", "copydesk")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "copydesk")
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(object_store: str) -> str:
    """A new, empty bucket."""
    name = f"copydesk-{uuid.uuid4().hex[:12]}"
    fsspec.filesystem("s3").mkdir(name)
    return f"s3://{name}"


def objects(bucket: str) -> dict[str, int]:
    files = fsspec.filesystem("s3", use_listings_cache=False, skip_instance_cache=True)
    return {path: row["size"] for path, row in files.find(bucket, detail=True).items()}


def fill(archive: Archive, pages: int) -> list[ArchiveRef]:
    return [archive.write(f"https://o.example/{n}", NOW, 200, (), b"<p>%d</p>" % n * 40) for n in range(pages)]


def test_a_segment_is_one_object_that_is_there_when_it_is_sealed(bucket: str) -> None:
    with Archive(f"{bucket}/pages") as archive:
        refs = fill(archive, 5)
        assert not any(map(archive.is_sealed, refs))
        assert objects(bucket) == {}
        waiting = archive.unsealed_bytes
        archive.seal()
        assert list(objects(bucket).values()) == [waiting]
        assert all(map(archive.is_sealed, refs))
        assert [archive.read(ref) for ref in refs] == [b"<p>%d</p>" % n * 40 for n in range(5)]
        (later,) = fill(archive, 1)
        assert later.file != refs[0].file
    with Archive(f"{bucket}/pages") as archive:
        assert archive.read(later) == b"<p>0</p>" * 40


def test_no_segment_is_longer_than_a_request_may_be(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "MOST_BYTES", 1000)
    with Archive(bucket) as archive:
        refs = fill(archive, 20)
    sizes = list(objects(bucket).values())
    assert len(sizes) == len({ref.file for ref in refs}) > 2
    assert max(sizes) <= 1000


def test_a_short_object_is_refused(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with Archive(bucket) as archive:
        (ref,) = fill(archive, 1)
        pipe_file = archive._fs.pipe_file
        monkeypatch.setattr(archive._fs, "pipe_file", lambda path, content: pipe_file(path, content[:-1]))
        with pytest.raises(StoreError, match=r"bytes are there of"):
            archive.seal()
        with pytest.raises(StoreError, match="could not be put"):
            archive.is_sealed(ref)


def test_what_is_not_sealed_is_gone_with_its_writer(bucket: str) -> None:
    archive = Archive(bucket)
    (ref,) = fill(archive, 1)
    archive.close()
    assert objects(bucket) == {}
    with pytest.raises(NotStored):
        archive.read(ref)


@pytest.fixture(scope="module")
def stand() -> Iterator[RunningNewsstand]:
    with running_newsstand(hour=6, speed=0, slow=0) as running:
        yield running


def config_in(folder: Path, stand: RunningNewsstand, archive: str) -> Config:
    stand.write_config(folder / "feeds.toml", folder / "home")
    config = load(folder / "feeds.toml", {})
    return replace(config, archive=archive, fetch=replace(config.fetch, host_gap=0.0, robots=False))


@pytest.fixture
def config(stand: RunningNewsstand, bucket: str, tmp_path: Path) -> Config:
    return config_in(tmp_path, stand, f"{bucket}/pages")


@pytest.fixture(scope="module")
def undisturbed(stand: RunningNewsstand, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a run stores that nothing kills, its archive in a local folder."""
    folder = tmp_path_factory.mktemp("undisturbed")
    config = config_in(folder, stand, str(folder / "archive"))
    steps.run_once(config, START)
    return stored_articles(config)


def stored_articles(config: Config) -> dict[str, str]:
    with steps.open_for(config) as store, store.reading() as db:
        return {row.url_key: row.body for row in db.execute(select(article_table.c.url_key, article_table.c.body))}


def archived_files(config: Config) -> set[str]:
    """The files of all pages, each page read back by its range and found to be what was fetched."""
    columns = page_table.c.archive_file, page_table.c.archive_offset, page_table.c.archive_length, page_table.c.digest
    with steps.open_for(config) as store, store.reading() as db, Archive(config.archive) as archive:
        rows = db.execute(select(*columns)).all()
        for row in rows:
            assert hashlib.sha256(archive.read(ArchiveRef(*row[:3]))).hexdigest() == row.digest
    return {row.archive_file for row in rows}


def test_a_run_puts_its_pages_in_few_objects(config: Config, bucket: str, undisturbed: dict[str, str]) -> None:
    steps.run_once(config, START)
    assert stored_articles(config) == undisturbed
    assert len(undisturbed) > 5
    files = archived_files(config)
    assert len(files) == len(objects(bucket)) <= 3
    assert apply_retention(config, START + timedelta(days=2)).counts["orphans"] == 0
    assert apply_retention(config, START + timedelta(days=800)).counts["files"] == len(files)
    assert objects(bucket) == {}


def die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_after(work: Callable[..., Any]) -> Callable[..., Any]:
    def work_and_die(*args: Any, **options: Any) -> None:
        work(*args, **options)
        die()

    return work_and_die


def die_half_way(files: Any, path: str, content: bytes) -> None:
    """A put that the store has not confirmed: of a whole request it shows nothing."""
    fsspec.filesystem("s3").open(path, "wb").write(content[: len(content) // 2])
    die()


DEATHS: dict[str, Callable[[], None]] = {
    "before the object is put": lambda: setattr(segments, "put_whole", die),
    "while it is put": lambda: setattr(segments, "put_whole", die_half_way),
    "before the rows are written": lambda: setattr(segments, "put_whole", die_after(segments.put_whole)),
    "after the rows are written": lambda: setattr(Articles, "record_all", die_after(Articles.record_all)),
    "before an orphan is deleted": lambda: setattr(Archive, "delete", die),
}


def run_and_die(config: Config, death: str, now: datetime) -> None:
    DEATHS[death]()
    steps.run_once(config, now)
    apply_retention(config, now)


@pytest.mark.parametrize("death", DEATHS)
def test_a_killed_run_loses_nothing_and_its_orphans_are_swept(
    config: Config, bucket: str, death: str, undisturbed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    process = SPAWNED.Process(target=run_and_die, args=(config, death, START))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    named_files = archived_files(config)
    steps.run_once(config, START + timedelta(hours=2))
    assert stored_articles(config) == undisturbed
    monkeypatch.setattr(sweep, "ORPHAN_AGE", timedelta(0))
    apply_retention(config, START + timedelta(hours=2))
    files = archived_files(config)
    assert named_files <= files
    ours = {path.partition("/pages/")[2] for path in objects(f"{bucket}/pages")}
    assert ours == files


def test_files_of_other_stores_and_young_ones_are_not_swept(store: Store, bucket: str) -> None:
    with Archive(bucket, "0ther") as foreign, Archive(bucket, store.retention.file_owner()) as archive:
        fill(foreign, 1)
        fill(archive, 1)
        foreign.seal()
        archive.seal()
        assert sweep.sweep_archive(store, archive) == 0
    old = {"a": NOW, "b": NOW + timedelta(hours=1)}
    assert sweep.orphans(old, NOW + timedelta(hours=24)) == ["a"]
    assert sweep.orphans(old, None) == []


def erasable(store: Store, archive: Archive) -> list[int]:
    """Two removed pages and one that stays, in one segment."""
    store.feeds.sync([SPEC], NOW)
    ids = list(store.feeds.record_poll(poll(1, *(entry(n) for n in (1, 2, 3)))).new)
    refs = fill(archive, 3)
    archive.seal()
    for number, ref in zip(ids, refs, strict=True):
        store.articles.record(number, replace(page(number), archive=ref), article(number), NOW)
    return ids


def test_an_erased_page_is_in_no_object(store: Store, store_url: str, bucket: str, tmp_path: Path) -> None:
    config = Config(home=tmp_path, store=store_url, archive=bucket)
    with Archive(bucket) as archive:
        erasable(store, archive)
        with store.transaction() as db:
            db.execute(article_table.update().where(article_table.c.id < 3).values(withheld="removed"))
        before = set(objects(bucket))
        assert erase_pages(config, store) == 2
        assert len(objects(bucket)) == 1
        assert not before & set(objects(bucket))
        contents = [content for _, content in archive.records()]
        assert contents == [b"", b"", b"<p>2</p>" * 40]


def test_of_two_who_erase_one_object_neither_brings_back_what_the_other_erased(store: Store, bucket: str) -> None:
    with Archive(bucket) as archive:
        erasable(store, archive)
        with store.transaction() as db:
            db.execute(article_table.update().where(article_table.c.id == 1).values(withheld="removed"))
        mine = store.kills.archived_pages()
        renamed = archive.erase(list(mine.values()))
        with store.transaction() as db:
            db.execute(article_table.update().where(article_table.c.id == 2).values(withheld="removed"))
        theirs = {number: ref for number, ref in store.kills.archived_pages().items() if number not in mine}
        other_name = archive.erase(list(theirs.values()))
        assert store.kills.forget_pages(theirs, other_name) == list(other_name)
        assert store.kills.forget_pages(mine, renamed) == list(renamed.values())
        assert set(store.kills.archived_pages()) == set(mine)
