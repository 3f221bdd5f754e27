"""A store of its own for each test of the pages, and a client that an operator uses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from pipeline.config import Config, load
from pipeline.store import Store, open_store
from tests.web.acting import OPERATOR, OWN_FORM, app_for


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return load(None, {"COPYDESK_HOME": str(tmp_path)})


@pytest.fixture
def store(config: Config) -> Iterator[Store]:
    with open_store(config.store) as opened:
        yield opened


@pytest.fixture
def client(store: Store, config: Config) -> TestClient:
    return TestClient(app_for(store, config, OPERATOR), headers=OWN_FORM)
