"""Every route with values that no page links to: nothing ends in a server error, and the answer says what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.config import WebsubConfig, load
from pipeline.store import Store, open_store
from pipeline.web.app import create_app
from pipeline.web.websub import create_websub

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
INTEGERS = ("0", "-1", str(2**31), str(2**63 - 1), str(2**63), str(2**64), "9" * 400, "9" * 5_000, "1e9", "0x10", "1.5")
TEXTS = ("%00", "a%00b", "%ed%a0%80", "%ff", "%F0%9F%98%80", "a" * 9_000, "..%2f..%2fetc", "%0d%0aX: y", "'--", "%25")
HOSTILE = (*INTEGERS, *TEXTS)
CALM = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path / 'copydesk.db'}") as opened:
        yield opened


@pytest.fixture
def app(store: Store) -> FastAPI:
    return create_app(lambda: store, lambda: None, lambda: NOW)


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return TestClient(app, raise_server_exceptions=True)


@pytest.fixture
def hub(store: Store, tmp_path: Path) -> TestClient:
    config = replace(load(None, {"COPYDESK_HOME": str(tmp_path)}), websub=WebsubConfig("https://desk.example/websub"))
    return TestClient(create_websub(lambda: store, lambda: config), raise_server_exceptions=True)


def pages(app: FastAPI) -> list[APIRoute]:
    return [route for route in app.routes if isinstance(route, APIRoute) and "GET" in route.methods]


def addresses(route: APIRoute, value: str) -> list[str]:
    """The route with ``value`` in each of its path and query parameters, one at a time."""
    path_names = [param.name for param in route.dependant.path_params]
    paths = [route.path.replace(f"{{{name}}}", value) for name in path_names]
    queries = [f"{route.path}?{param.alias}={value}" for param in route.dependant.query_params]
    return [*paths, *queries] if not path_names else paths


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: value[:20])
def test_a_hostile_value_is_the_callers_error(app: FastAPI, client: TestClient, value: str) -> None:
    paths = [address for route in pages(app) for address in addresses(route, value)]
    assert len(paths) > 20
    for address in paths:
        response = client.get(address)
        assert response.status_code in (200, 400, 404), (address[:80], response.text)
        assert response.headers["content-security-policy"], address[:80]


@CALM
@given(
    value=st.one_of(
        st.integers().map(str), st.text(max_size=50).map(lambda text: quote(text, safe="", errors="replace"))
    )
)
def test_no_value_ends_in_a_server_error(app: FastAPI, client: TestClient, value: str) -> None:
    for route in pages(app):
        for address in addresses(route, value):
            assert client.get(address).status_code in (200, 400, 404), address


@pytest.mark.parametrize("number", [2**63, 2**64, -1, 0])
def test_an_id_that_no_story_can_have_is_not_found(client: TestClient, number: int) -> None:
    response = client.get(f"/story/{number}")
    assert response.status_code == 404
    assert "Nothing is stored there" in response.text


def test_a_query_out_of_range_is_named(client: TestClient) -> None:
    response = client.get("/stories?after=-1")
    assert response.status_code == 400
    assert "after: Input should be greater than or equal to 0" in response.text


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: value[:20])
def test_a_hostile_token_is_not_found(hub: TestClient, value: str) -> None:
    query = f"hub.mode={value}&hub.topic={value}&hub.challenge={value}&hub.lease_seconds={value}"
    assert hub.get(f"/{value}?{query}").status_code == 404
    assert hub.post(f"/{value}", content=b"x").status_code == 404
