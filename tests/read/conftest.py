"""A store to read, on SQLite and PostgreSQL, and a reader of its database, or of its API over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import Header, HTTPException

from pipeline import read
from pipeline.store import Store
from pipeline.web.app import create_app
from tests.store.conftest import store, store_url
from tests.web.api_server import running

__all__ = ["store", "store_url"]
TOKEN = "a token"


def guard(authorization: str = Header("")) -> None:
    if authorization != f"Bearer {TOKEN}":
        raise HTTPException(401, "Not authenticated")


@pytest.fixture(params=["database", "http"])
def source(request: pytest.FixtureRequest, store: Store, store_url: str) -> Iterator[str]:
    if request.param == "database":
        yield store_url
    else:
        with running(create_app(lambda: store, guard)) as address:
            yield f"{address}/api/v1"


@pytest.fixture
def reader(source: str) -> Iterator[read.Reader]:
    with read.open(source, token=TOKEN) as opened:
        yield opened
