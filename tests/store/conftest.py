"""A fresh store on SQLite and, where a server answers, on PostgreSQL."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from pipeline.store import Store, open_store

POSTGRES = os.environ.get("COPYDESK_TEST_POSTGRES", "postgresql+psycopg://root@127.0.0.1:5432/postgres")


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'folder' / 'copydesk.db'}"
        return
    settings = {"connect_timeout": 3}
    server = create_engine(POSTGRES, isolation_level="AUTOCOMMIT", poolclass=NullPool, connect_args=settings)
    name = f"copydesk_{uuid.uuid4().hex[:12]}"
    try:
        with server.connect() as db:
            db.execute(text(f"CREATE DATABASE {name}"))
            # Tests kill processes, never the machine: what waits for the disk proves nothing more.
            db.execute(text(f"ALTER DATABASE {name} SET synchronous_commit = off"))
    except OperationalError:
        pytest.skip(f"no PostgreSQL answers at {POSTGRES} (COPYDESK_TEST_POSTGRES)")
    yield make_url(POSTGRES).set(database=name).render_as_string(hide_password=False)
    with server.connect() as db:
        db.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    with open_store(store_url) as opened:
        yield opened
