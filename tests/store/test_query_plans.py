"""No read that is made often goes through a whole large table: its cost would grow with every page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from bench.large_reads import reads
from bench.large_rows import Sizes
from bench.large_store import fill
from pipeline.read.store_reader import StoreReader
from pipeline.store import Store, open_store
from tests.store.query_plans import query_plans, recorded_statements, scans_of
from tests.store.samples import NOW

SIZES = Sizes(feeds=40, articles=4000, stories=1000, words=30)
READS = (
    "Reader.story", "Reader.story of many copies", "Reader.stories, first page", "Reader.stories, any page",
    "Reader.stories of an outlet", "Reader.changes, any page", "Reader.find of one page", "due feeds", "due entries",
    "due revisits", "silent feeds", "waiting articles", "stories without a text", "desk: failing feeds",
    "feeds: counts", "feeds: page", "one_story", "desk: flow", "desk: day", "story: history", "history: persons",
    "entries: new", "entries: waiting", "entries: failed",
    "entries: aside", "entries: read", "entries: placed",
)  # fmt: skip


@pytest.fixture(scope="module")
def large_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file that is filled once for all reads."""
    path = tmp_path_factory.mktemp("large") / "copydesk.db"
    with open_store(f"sqlite:///{path}") as store:
        fill(store, SIZES, NOW, has_search=False)
    return path


@pytest.fixture
def large_sqlite(large_file: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{large_file}") as store:
        yield store


@pytest.mark.parametrize("name", READS)
def test_a_read_goes_through_no_large_table_in_sqlite(large_sqlite: Store, name: str) -> None:
    make = dict(reads(large_sqlite, StoreReader(large_sqlite)))[name]
    assert scans_of(large_sqlite, make) == []


def test_due_revisits_are_read_by_their_own_index(large_sqlite: Store) -> None:
    """By the status alone all entries that ever brought an article would be looked through."""
    with recorded_statements(large_sqlite.engine) as statements:
        large_sqlite.revisits.due(NOW)
    [plan] = [plan for _, plan in query_plans(large_sqlite, statements)]
    assert "USING INDEX ix_entry_status_revisit_at (status=? AND revisit_at>? AND revisit_at<?)" in plan


def test_nor_in_postgresql(store: Store) -> None:
    if store.engine.dialect.name == "sqlite":
        pytest.skip("read by read above")
    fill(store, SIZES, NOW, has_search=False)
    makes = dict(reads(store, StoreReader(store)))
    assert {name: scans for name in READS if (scans := scans_of(store, makes[name]))} == {}


@pytest.mark.parametrize(
    "query",
    [
        "SELECT count(*) FROM article WHERE deck = 'a'",
        "SELECT story.id FROM story JOIN version ON version.digest = story.title",
        "SELECT id FROM entry WHERE summary = '' ORDER BY attempts",
    ],
)
def test_a_scan_is_seen(store: Store, query: str) -> None:
    def read_all() -> None:
        with store.reading() as db:
            db.execute(text(query))

    assert len(scans_of(store, read_all)) == 1
