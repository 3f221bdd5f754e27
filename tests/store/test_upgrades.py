"""A store that each released version wrote opens in today's with all that was in it, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline import read, steps
from pipeline.config import load
from pipeline.store import open_store
from tests.store.stored_rows import RELEASES, stored_columns, table_rows, unpack_release

NOW = datetime(2026, 12, 24, tzinfo=UTC)
# What migrations and placing make anew from the texts (fingerprints and what is found by them), the schema's name.
NEW_TABLES = {"keys", "memory", "alembic_version"}
# Columns too; a change's one article became a list of articles.
NEW_COLUMNS = {("copy", "recipe"), ("copy", "tokens"), ("copy", "shingles"), ("change", "article_id")}


@pytest.mark.parametrize("release", RELEASES)
def test_all_that_was_stored_is_there(release: str, store_url: str) -> None:
    unpack_release(release, store_url)
    columns = {
        table: [name for name in names if (table, name) not in NEW_COLUMNS]
        for table, names in stored_columns(store_url).items()
        if table not in NEW_TABLES
    }
    before = table_rows(store_url, columns)
    assert len(before["copy"]) > 50
    open_store(store_url).close()
    assert table_rows(store_url, columns) == before


@pytest.mark.parametrize("release", RELEASES)
def test_it_is_read_and_worked_on(release: str, store_url: str, tmp_path: Path) -> None:
    unpack_release(release, store_url)
    config = load(None, {"COPYDESK_HOME": str(tmp_path / "home"), "COPYDESK_STORE": store_url})
    assert steps.place_articles(config, NOW).failed == 0
    with read.open(store_url) as reader, reader.snapshot() as view:
        texts = [text for state in view.states for text in state.versions if text.in_force]
    assert len(texts) > 10
    assert all(text.title and text.body for text in texts)
