"""A store restored from its backup is equal, and its readers go on from their cursors; as docs/deploy.md has it."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.engine import make_url

from pipeline import read
from pipeline.store import open_store
from tests.store.stored_rows import RELEASES, stored_columns, table_rows, unpack_release


def back_up(url: str, file: Path) -> None:
    """Copy the store into a file while it is open."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        # What sqlite3's .backup calls.
        with closing(sqlite3.connect(str(address.database))) as source, closing(sqlite3.connect(file)) as target:
            source.backup(target)
        return
    run_client("pg_dump", "--format", "custom", "--file", str(file), libpq_address(url))


def restore(file: Path, url: str) -> str:
    """Make a store of the file where ``url`` says; return the address of what was made."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        restored = Path(str(address.database)).with_name("restored.db")
        shutil.copy(file, restored)
        return f"sqlite:///{restored}"
    with create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT").connect() as db:
        for schema in ("public", "copydesk_v1"):
            db.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    with create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT").connect() as db:
        db.execute(text("CREATE SCHEMA public"))
    run_client("pg_restore", "--no-owner", "--dbname", libpq_address(url), str(file))
    return url


def libpq_address(url: str) -> str:
    """Return the address as PostgreSQL's own programs take it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def run_client(*words: str) -> None:
    """Run one of PostgreSQL's programs; skip where this machine has none."""
    if shutil.which(words[0]) is None:
        pytest.skip(f"no {words[0]} on this machine")
    ended = subprocess.run(words, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr


def test_a_restored_store_is_equal_and_its_readers_go_on(store_url: str, tmp_path: Path) -> None:
    unpack_release(RELEASES[-1], store_url)
    with open_store(store_url) as store, store.reading():
        back_up(store_url, tmp_path / "backup")
    columns = stored_columns(store_url)
    before = table_rows(store_url, columns)
    with read.open(store_url) as reader:
        cursor, stories = reader.info().cursor, [page.uri for page in reader.stories(limit=1000).stories]
    restored = restore(tmp_path / "backup", store_url)
    assert table_rows(restored, columns) == before
    with open_store(restored) as store, store.lease.acquire():
        assert store.stories.waiting_count() == 0
    with read.open(restored) as reader:
        assert reader.changes(cursor).lines == ()
        assert [page.uri for page in reader.stories(limit=1000).stories] == stories
