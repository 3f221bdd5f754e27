"""``copydesk locks`` against a store that another process holds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli.main import app
from pipeline.store import open_store


@pytest.fixture
def feeds(tmp_path: Path) -> Path:
    path = tmp_path / "feeds.toml"
    path.write_text(f'store = "sqlite:///{tmp_path}/copydesk.db"\n', encoding="utf-8")
    return path


def test_the_holder_is_shown_and_freed(feeds: Path, tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path}/copydesk.db") as store, store.lease.acquire():
        result = CliRunner().invoke(app, ["locks", "--feeds", str(feeds), "--json"])
        assert json.loads(result.stdout)["name"] == "placing"
        freed = CliRunner().invoke(app, ["locks", "--free", "--feeds", str(feeds)])
        assert "placing: freed, by" in freed.stdout
    assert CliRunner().invoke(app, ["locks", "--feeds", str(feeds)]).stdout == "no lock is held\n"


def test_a_folder_without_a_store_gets_none(feeds: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["locks", "--feeds", str(feeds)])
    assert result.exit_code == 1
    assert not (tmp_path / "copydesk.db").exists()
