"""``/healthz``: whether the store answers, to whoever asks, and nothing else."""

from __future__ import annotations

from pathlib import Path

from fastapi.testclient import TestClient

from pipeline.config import Config
from pipeline.errors import StoreMissing
from pipeline.store import Store
from pipeline.web.app import create_app
from pipeline.web.served import create_served
from pipeline.web.tokens import TokenFile


def refuse() -> None:
    """Let nobody in."""
    raise AssertionError("the guard was asked")


def away() -> Store:
    """Open no store."""
    raise StoreMissing("there is no store", concerns="postgresql://desk@db/x", todo="make one")


def test_a_store_that_answers_is_healthy_without_a_login(store: Store) -> None:
    answer = TestClient(create_app(lambda: store, refuse)).get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert answer.headers["cache-control"] == "no-store"


def test_a_store_that_is_away_is_not_and_no_address_is_shown() -> None:
    answer = TestClient(create_app(away, refuse)).get("/healthz")
    assert (answer.status_code, answer.json()) == (503, {"status": "unavailable"})


def test_a_store_whose_database_went_is_not(store: Store, tmp_path: Path) -> None:
    client = TestClient(create_app(lambda: store, refuse))
    store.close()
    for file in tmp_path.glob("copydesk.db*"):
        file.write_bytes(b"no database")
    assert client.get("/healthz").status_code == 503


def test_it_is_served_without_airflow(store: Store, config: Config, tmp_path: Path) -> None:
    client = TestClient(create_served(lambda: store, config, TokenFile(tmp_path / "tokens")))
    assert client.get("/copydesk/healthz").status_code == 200
    assert client.get("/copydesk/feeds").status_code == 401
