"""COPY stores what INSERT stores: values of every type, and a whole backfill row by row; its errors are the store's."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    LargeBinary,
    MetaData,
    NullPool,
    String,
    Table,
    create_engine,
    func,
    select,
    text,
)

from pipeline.config import Config
from pipeline.errors import StoreError
from pipeline.steps.backfill import BackfillOptions, open_sources, run_backfill
from pipeline.store import Store, bulk_load
from pipeline.store.schema.columns import Paragraphs, UtcDateTime
from pipeline.store.statements import insert_all, insert_numbered
from tests.store.conftest import POSTGRES
from tests.store.stored_rows import stored_columns, table_rows
from tests.test_backfill import corpus

NOW = datetime(2026, 6, 1, tzinfo=UTC)
# Columns and tables of a run, not of what it stores: transactions' numbers, who held the lock, the store's own name.
COLUMNS_OF_A_RUN, TABLES_OF_A_RUN = {"tx"}, {"lease", "log_state"}
sample = Table(
    "sample",
    MetaData(),
    Column("id", BigInteger, primary_key=True),
    Column("words", String(40)),
    Column("lines", Paragraphs),
    Column("json", JSON),
    Column("score", Float),
    Column("is_open", Boolean),
    Column("body", LargeBinary),
    Column("at", UtcDateTime),
    Column("detail", String, nullable=False, default="none"),
    Column("edits", BigInteger, nullable=False, server_default="7"),
)
# What COPY escapes stands among the letters.
WORDS = st.text(st.one_of(st.sampled_from("\\\t\n\rN.\"',{}"), st.characters(exclude_characters="\0", codec="utf-8")))
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=8))])
TIMES = st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1), timezones=ZONES)  # noqa: DTZ001 - the strategy's bounds
ROWS = st.fixed_dictionaries({
    "words": st.none() | WORDS.map(lambda words: words[:40]),
    "lines": st.lists(WORDS),
    "json": st.none() | st.dictionaries(WORDS, st.integers() | WORDS),
    "score": st.none() | st.floats(),
    "is_open": st.none() | st.booleans(),
    "body": st.none() | st.binary(),
    "at": st.none() | TIMES,
})  # fmt: skip


@pytest.fixture(params=["postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    from tests.store import conftest

    yield from conftest.store_url.__wrapped__(request, tmp_path)  # type: ignore[attr-defined]


@pytest.fixture
def with_sample(store: Store) -> Store:
    with store.transaction() as db:
        sample.create(db)
    return store


def inserted(store: Store, rows: list[dict[str, Any]]) -> list[Any]:
    """Return the rows as they stand in the table when these alone are inserted."""
    with store.transaction() as db:
        db.execute(sample.delete())
        insert_all(db, sample, rows)
        return [repr(tuple(row)) for row in db.execute(select(sample).order_by(sample.c.id))]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(rows=st.lists(ROWS, min_size=1, max_size=8))
def test_values_of_every_type(with_sample: Store, rows: list[dict[str, Any]]) -> None:
    numbered = [{"id": number, **row} for number, row in enumerate(rows)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bulk_load, "LEAST_COPIED", sys.maxsize)
        expected = inserted(with_sample, numbered)
        patch.setattr(bulk_load, "LEAST_COPIED", 1)
        assert inserted(with_sample, numbered) == expected


def test_numbers_are_in_the_order_of_rows(with_sample: Store) -> None:
    rows = [{"words": str(number)} for number in range(bulk_load.LEAST_COPIED)]
    with with_sample.transaction() as db:
        ids = insert_numbered(db, sample.c.id, rows)
        words = dict(map(tuple, db.execute(select(sample.c.id, sample.c.words))))
    assert ids == sorted(ids)
    assert [words[number] for number in ids] == [row["words"] for row in rows]


def test_a_refused_row_is_a_store_error_and_leaves_none(with_sample: Store) -> None:
    rows = [{"id": number % 70} for number in range(80)]
    with pytest.raises(StoreError, match="sample"), with_sample.transaction() as db:
        insert_all(db, sample, rows)
    with with_sample.reading() as db:
        assert db.scalar(select(func.count()).select_from(sample)) == 0


def insert_over_cut_connection(store: Store, rows: list[dict[str, Any]]) -> None:
    with store.transaction() as db:
        backend = db.scalar(text("SELECT pg_backend_pid()"))
        with create_engine(POSTGRES, poolclass=NullPool).connect() as server:
            server.execute(text("SELECT pg_terminate_backend(:backend)"), {"backend": backend})
        insert_all(db, sample, rows)


def test_a_connection_that_is_cut_is_a_store_error_and_the_next_one_works(with_sample: Store) -> None:
    rows = [{"id": number} for number in range(80)]
    with pytest.raises(StoreError):
        insert_over_cut_connection(with_sample, rows)
    assert len(inserted(with_sample, rows)) == 80


def backfilled(config: Config, documents: Path) -> dict[str, list[str]]:
    """Return each table's rows after a backfill into a new store."""
    with create_engine(config.store, poolclass=NullPool, isolation_level="AUTOCOMMIT").connect() as db:
        for schema in ("public", "copydesk_v1"):
            db.execute(text(f"DROP SCHEMA IF EXISTS {schema} CASCADE"))
        db.execute(text("CREATE SCHEMA public"))
    run_backfill(config, open_sources([documents]), BackfillOptions(workers=1, days=2), NOW)
    columns = {table: [name for name in names if name not in COLUMNS_OF_A_RUN]
               for table, names in stored_columns(config.store).items() if table not in TABLES_OF_A_RUN}  # fmt: skip
    return table_rows(config.store, columns)


def test_a_backfill_by_copy_is_row_by_row_one_by_insert(
    store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = tmp_path / "corpus.jsonl"
    documents.write_text("".join(json.dumps(row) + "\n" for row in corpus()), encoding="utf-8")
    config = Config(home=tmp_path, store=store_url, archive=str(tmp_path / "archive"))
    monkeypatch.setattr(bulk_load, "LEAST_COPIED", sys.maxsize)
    expected = backfilled(config, documents)
    monkeypatch.setattr(bulk_load, "LEAST_COPIED", 1)
    by_copy = backfilled(config, documents)
    assert {name: rows for name, rows in by_copy.items() if rows != expected[name]} == {}
    assert len(by_copy["copy"]) == len(corpus())
