"""``COPYDESK_MIGRATE=no``: many machines open one store, and one command alone makes and changes its tables."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from typer.testing import CliRunner

from pipeline import steps
from pipeline.cli.main import app
from pipeline.config import Config, load
from pipeline.errors import ConfigError, SchemaUnknown
from pipeline.store import open_store

NOW = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """A config whose processes migrate nothing, of a store that is not there."""
    file = tmp_path / "feeds.toml"
    file.write_text(f'home = "{tmp_path}"\n', encoding="utf-8")
    env = {"COPYDESK_FEEDS": str(file), "COPYDESK_MIGRATE": "no"}
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    return load(None, env)


def schema_of(config: Config) -> str:
    with create_engine(config.store).connect() as db:
        return str(db.execute(text("SELECT version_num FROM alembic_version")).scalar())


def set_schema(config: Config, name: str) -> None:
    with create_engine(config.store).begin() as db:
        db.execute(text("UPDATE alembic_version SET version_num = :name"), {"name": name})


def test_a_step_makes_no_tables_until_the_command_did(config: Config) -> None:
    with pytest.raises(SchemaUnknown, match="no tables of copydesk"):
        steps.due_pages(config, NOW)
    assert CliRunner().invoke(app, ["migrate", "--create"]).exit_code == 0
    assert steps.due_pages(config, NOW) == []


def test_a_step_and_a_command_stop_at_an_older_schema_and_leave_it(config: Config) -> None:
    open_store(config.store).close()
    older = "0050"
    set_schema(config, older)
    with pytest.raises(SchemaUnknown, match="copydesk migrate"):
        steps.due_pages(config, NOW)
    assert CliRunner().invoke(app, ["locks", "--free"]).exit_code == 1
    assert schema_of(config) == older


def test_without_a_store_the_command_says_so(config: Config) -> None:
    assert CliRunner().invoke(app, ["migrate"]).exit_code == 1


def test_another_answer_is_refused() -> None:
    with pytest.raises(ConfigError, match="write yes or no"):
        load(None, {"COPYDESK_MIGRATE": "never"})
