"""The small world, undisturbed, beside which the disturbed ones are held."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.concurrency import START, serving_stand
from pipeline.config import Config
from tests.faults.comparison import Rows
from tests.faults.world import Wire, rows_of, run, world_config
from tests.store.conftest import store_url

__all__ = ["store_url"]


@pytest.fixture(scope="module")
def stand() -> Iterator[Wire]:
    with serving_stand(Wire(outlets=2, pages=3)) as wire:
        wire.publish()
        yield wire


@pytest.fixture
def config(stand: Wire, store_url: str, tmp_path: Path) -> Config:
    return world_config(stand, store_url, tmp_path)


@pytest.fixture(scope="module")
def undisturbed(stand: Wire, tmp_path_factory: pytest.TempPathFactory) -> Rows:
    folder = tmp_path_factory.mktemp("undisturbed")
    config = world_config(stand, f"sqlite:///{folder / 'copydesk.db'}", folder)
    run(config, START)
    rows = rows_of(config)
    assert (len(rows["article"]), len(rows["story"]), len(rows["added"])) == (6, 3, 6)
    return rows
