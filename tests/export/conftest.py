"""A store to export, on SQLite and PostgreSQL, and a reader of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pipeline import read
from pipeline.store import Store
from tests.store.conftest import store, store_url

__all__ = ["reader", "store", "store_url"]


@pytest.fixture
def reader(store: Store, store_url: str) -> Iterator[read.Reader]:
    with read.open(store_url) as opened:
        yield opened
