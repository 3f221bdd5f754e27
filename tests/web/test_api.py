"""The JSON API over a real store: what it gives, how it refuses, and that nothing is given without a login."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import msgspec
import pytest
import urllib3
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from pipeline import read
from pipeline.config import load
from pipeline.export.jsonl import export_jsonl
from pipeline.store import Store
from pipeline.store.reads.changes import changes
from pipeline.web.api.event_stream import STREAMS
from pipeline.web.app import create_app
from tests.read.test_reader import SECRET, merge, place_stories
from tests.store.samples import NOW
from tests.web.api_server import running
from tests.web.test_pages import WORD, guard, store

__all__ = ["store"]
BASE = "/api/v1"
PROBLEM = "application/problem+json"


@pytest.fixture
def app(store: Store) -> FastAPI:
    return create_app(lambda: store, guard)


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return TestClient(app, headers=WORD, follow_redirects=False)


@pytest.fixture
def reader(store: Store) -> Iterator[read.Reader]:
    with read.open(str(store.engine.url)) as opened:
        yield opened


def builtin(record: object) -> Any:
    """A record as JSON has it."""
    return json.loads(msgspec.json.encode(record))


def api_routes(app: FastAPI) -> list[APIRoute]:
    api: Any = next(route for route in app.routes if getattr(route, "path", "") == BASE)
    return [route for route in api.app.routes if isinstance(route, APIRoute)]


def test_nothing_is_given_without_a_login(app: FastAPI, store: Store) -> None:
    place_stories(store, 1)
    stranger = TestClient(app, follow_redirects=False)
    routes = api_routes(app)
    assert len(routes) >= 12
    for route in routes:
        path = route.path.replace(":path", "").format(story_id=1, number=1, name="a", file="b", path="none")
        for method in route.methods or ():
            answer = stranger.request(method, BASE + path)
            assert answer.status_code == 401, (method, path)
            if method != "HEAD":
                assert answer.json()["code"] == "unauthorized"


@pytest.mark.parametrize("path", ["/%0A", "/stories/%0A/diff", "/none", "/stories/x"])
def test_an_address_that_no_route_serves_needs_a_login_too(app: FastAPI, client: TestClient, path: str) -> None:
    assert TestClient(app).get(BASE + path).status_code == 401
    answer = client.get(BASE + path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, PROBLEM)


def test_what_is_read_is_what_a_reader_gives(client: TestClient, store: Store, reader: read.Reader) -> None:
    place_stories(store, 3)
    merge(store, 1, 2)
    assert client.get(f"{BASE}/info").json() == builtin(reader.info())
    assert client.get(f"{BASE}/stories").json() == builtin(reader.stories())
    assert client.get(f"{BASE}/stories/1").json() == builtin(reader.story(1))
    assert client.get(f"{BASE}/stories/1/versions").json() == builtin(reader.versions(1))
    assert client.get(f"{BASE}/stories/1/copies").json() == builtin(reader.copies(1))
    assert client.get(f"{BASE}/stories/1/versions/1").json() == builtin(reader.text(1, 1))
    urls = ["https://outlet.example/story/1", "https://outlet.example/none"]
    assert client.post(f"{BASE}/find", json={"urls": urls}).json() == builtin(reader.find(urls))


def test_pages_of_stories_are_whole_whatever_is_written_between(client: TestClient, store: Store) -> None:
    place_stories(store, 7)
    ids, address = [], f"{BASE}/stories?limit=3"
    while address:
        answer = client.get(address)
        ids += [head["story"] for head in answer.json()["stories"]]
        place_stories(store, 1, start=10 + len(ids))
        link = answer.links.get("next", {}).get("url", "")
        address = urljoin(address, link) if link else ""
    assert ids == [7, 6, 5, 4, 3, 2, 1]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("agency=IANS&lang=en&outlet=Outlet", [3, 1]),
        ("agency=none", []),
        ("status=merged", [2]),
        ("status=any", [3, 2, 1]),
        ("status=any&since=2025-08-24T14:30:00Z", [3]),
        ("status=any&until=2025-08-24T20:00:00%2B05:30", [2, 1]),
    ],
)
def test_stories_are_chosen(client: TestClient, store: Store, query: str, ids: list[int]) -> None:
    place_stories(store, 3)
    merge(store, 1, 2)
    with store.engine.begin() as db:
        db.exec_driver_sql("UPDATE story SET first_seen = '2025-08-24 13:00:00.000000' WHERE id = 1")
    heads = client.get(f"{BASE}/stories?{query}").json()["stories"]
    assert [head["story"] for head in heads] == ids


def test_an_etag_is_the_revision(client: TestClient, store: Store) -> None:
    place_stories(store, 2)
    first = client.get(f"{BASE}/stories/1")
    validators = {"If-None-Match": f'"other", {first.headers["etag"]}'}
    for path in ("", "/versions", "/copies"):
        answer = client.get(f"{BASE}/stories/1{path}", headers=validators)
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", first.headers["etag"])
    merge(store, 1, 2)
    newer = client.get(f"{BASE}/stories/1", headers=validators)
    assert (newer.status_code, newer.headers["cache-control"]) == (200, "private, no-cache")
    assert newer.headers["etag"] != first.headers["etag"]


def test_what_was_merged_leads_on_and_what_was_removed_is_gone(client: TestClient, store: Store) -> None:
    place_stories(store, 4, "A paragraph.", SECRET)
    merge(store, 3, 2)
    for path in ("", "/versions", "/diff?old=1"):
        address = f"{BASE}/stories/2{path}"
        answer = client.get(address)
        assert (answer.status_code, answer.json()["code"], answer.json()["to"]) == (308, "moved", 3)
        assert urljoin(address, answer.headers["location"]) == f"{BASE}/stories/3{path}"
    with store.lease.acquire():
        store.kills.remove(1, NOW, "a reason")
        store.kills.withdraw(4, NOW, "a reason")
    removal = client.get(f"{BASE}/stories/1")
    assert (removal.status_code, removal.json()["code"], removal.headers["content-type"]) == (410, "removed", PROBLEM)
    assert client.get(f"{BASE}/stories/4/versions/1").status_code == 410
    assert [kill["level"] for kill in client.get(f"{BASE}/kills").json()] == ["removed", "withdrawn"]
    for path in ("/stories/4", "/stories/4/versions", "/stories?status=any", "/stories/4?at=2030-01-01T00:00:00Z"):
        assert SECRET not in client.get(BASE + path).text
    assert [SECRET in line for line in client.get(f"{BASE}/snapshot").text.splitlines()].count(True) == 1


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/stories/99", 404, "not-found"),
        ("/stories/0", 404, "not-found"),
        ("/stories/x", 404, "not-found"),
        ("/stories/1/versions/9", 404, "not-found"),
        ("/stories/1/diff?old=9", 404, "not-found"),
        ("/stories?limit=0", 400, "usage"),
        ("/stories?after=nonsense", 400, "usage"),
        ("/stories?since=0001-01-01T00:00:00%2B14:00", 400, "usage"),
        ("/stories?at=nonsense", 409, "cursor-foreign"),
        ("/stories/1?at=0001-01-01T00:00:00%2B14:00", 404, "not-found"),
        ("/changes?after=nonsense", 409, "cursor-foreign"),
        ("/changes?after=99", 409, "cursor-ahead"),
        ("/snapshot?since=nonsense", 409, "cursor-foreign"),
        ("/pickup", 400, "usage"),
        ("/exports/none/stories.jsonl", 404, "not-found"),
        ("/none", 404, "not-found"),
    ],
)
def test_every_error_is_a_problem(client: TestClient, store: Store, path: str, status: int, code: str) -> None:
    place_stories(store, 1)
    answer = client.get(BASE + path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)
    problem = answer.json()
    assert (problem["status"], problem["code"], problem["type"]) == (status, code, "about:blank")
    assert problem["title"]
    assert problem["detail"]


def test_a_method_that_no_route_has_is_told_apart(client: TestClient) -> None:
    answer = client.delete(f"{BASE}/find")
    assert (answer.status_code, answer.headers["allow"], answer.headers["content-type"]) == (405, "POST", PROBLEM)


def test_a_cursor_before_the_floor_is_gone(client: TestClient, store: Store) -> None:
    place_stories(store, 1)
    with store.engine.begin() as db:
        db.exec_driver_sql("UPDATE log_state SET floor = 2")
    answer = client.get(f"{BASE}/changes?after=1")
    assert (answer.status_code, answer.json()["code"]) == (410, "cursor-gone")


def test_the_past_is_read_by_moment_and_by_cursor(client: TestClient, store: Store, reader: read.Reader) -> None:
    place_stories(store, 2)
    then = reader.info().cursor
    merge(store, 1, 2)
    assert client.get(f"{BASE}/stories/2", params={"at": then}).json() == builtin(reader.at(then).story(2))
    assert client.get(f"{BASE}/stories", params={"at": "2020-01-01T00:00:00Z"}).json()["stories"] == []


def test_the_log_is_read_in_pages_and_as_lines(client: TestClient, store: Store) -> None:
    place_stories(store, 3)
    log = changes(store, 0, 100)
    numbers, address = list[int](), f"{BASE}/changes?limit=2"
    while True:
        answer = client.get(address)
        if not answer.json()["lines"]:
            break
        numbers += [line["seq"] for line in answer.json()["lines"]]
        address = urljoin(address, answer.links["next"]["url"])
    assert numbers == [line.seq for line in log]
    lines = client.get(f"{BASE}/changes?state=full&kind=copy-added", headers={"Accept": "application/x-ndjson"})
    records = [json.loads(line) for line in lines.text.splitlines()]
    assert {record["kind"] for record in records} == {"copy-added"}
    assert [record["state"]["head"]["story"] for record in records] == [1, 2, 3]
    assert lines.headers["copydesk-cursor"] == log[-1].cursor


def test_whoever_waits_is_answered_when_something_comes(app: FastAPI, store: Store, reader: read.Reader) -> None:
    place_stories(store, 1)
    end = reader.info().cursor
    with running(app) as address, urllib3.PoolManager(headers=WORD) as pool:
        response = pool.request("GET", f"{address}{BASE}/changes?wait=0.1&after={end}")
        assert json.loads(response.data)["lines"] == []
        with ThreadPoolExecutor(1) as threads:
            waiting = threads.submit(pool.request, "GET", f"{address}{BASE}/changes?wait=60&after={end}", timeout=50)
            place_stories(store, 1, start=5)
            assert {line["story"] for line in json.loads(waiting.result().data)["lines"]} == {2}


def events_of(response: urllib3.BaseHTTPResponse, count: int) -> tuple[list[dict[str, Any]], str]:
    """So many events of a stream, and the last id."""
    events, last, buffer = list[dict[str, Any]](), "", b""
    for chunk in response.stream(4096):
        buffer += chunk
        *blocks, buffer = buffer.split(b"\n\n")
        for block in blocks:
            fields = dict(line.split(": ", 1) for line in block.decode().splitlines() if not line.startswith(":"))
            last = fields.get("id", last)
            events += [json.loads(fields["data"])] if "data" in fields else []
        if len(events) >= count:
            break
    return events[:count], last


def test_a_stream_of_events_goes_on_where_it_was_cut_off(app: FastAPI, store: Store) -> None:
    place_stories(store, 2)
    log = changes(store, 0, 100)
    with running(app) as address, urllib3.PoolManager(headers=WORD | {"Accept": "text/event-stream"}) as pool:
        url = f"{address}{BASE}/changes?limit=1"
        first = pool.request("GET", url, preload_content=False, timeout=30)
        events, last = events_of(first, 3)
        assert [event["seq"] for event in events] == [1, 2, 3]
        assert last == log[2].cursor
        first.close()
        second = pool.request("GET", url, headers={"Last-Event-ID": last} | WORD | {"Accept": "text/event-stream"},
                             preload_content=False, timeout=30)  # fmt: skip
        place_stories(store, 1, start=5)
        rest, _ = events_of(second, 6)
        assert [event["seq"] for event in rest] == list(range(4, 10))
        second.close()
        foreign = pool.request("GET", url, headers={"Last-Event-ID": "none"} | WORD | {"Accept": "text/event-stream"})
        assert (foreign.status, foreign.headers["content-type"]) == (409, PROBLEM)
    assert STREAMS.count == 0


def test_a_snapshot_is_the_whole_store(client: TestClient, store: Store, reader: read.Reader) -> None:
    place_stories(store, 2)
    with store.lease.acquire():
        store.kills.withdraw(2, NOW, "a reason")
    lines = [json.loads(line) for line in client.get(f"{BASE}/snapshot").text.splitlines()]
    with reader.snapshot() as view:
        expected: list[dict[str, object]] = [{"info": view.info}, *({"kill": kill} for kill in view.kills)]
        expected += [*({"story": state} for state in view.states), {"end": True}]
        assert lines == builtin(expected)


def test_exports_are_listed_and_given_by_their_manifests_alone(
    store: Store, reader: read.Reader, tmp_path: Path
) -> None:
    place_stories(store, 2)
    folder = tmp_path / "exports"
    export_jsonl(reader, str(folder / "monday"))
    (folder / "broken").mkdir()
    (folder / "monday" / "secret.txt").write_text("no part of it")
    config = load(None, {"COPYDESK_HOME": str(tmp_path)})
    config = replace(config, api=replace(config.api, exports=str(folder)))
    client = TestClient(create_app(lambda: store, guard, open_config=lambda: config), headers=WORD)
    manifests = client.get(f"{BASE}/exports").json()
    assert list(manifests) == ["monday"]
    for file in manifests["monday"]["files"]:
        answer = client.get(f"{BASE}/exports/monday/{file['name']}")
        assert answer.content == (folder / "monday" / file["name"]).read_bytes()
        assert answer.headers["etag"] == f'"{file["sha256"]}"'
    for name in ("secret.txt", "manifest.json", "..%2f..%2fcopydesk.db", "%2e%2e"):
        assert client.get(f"{BASE}/exports/monday/{name}").status_code == 404
    assert client.get(f"{BASE}/exports/broken/stories.jsonl").status_code == 404


def test_the_description_names_every_route(client: TestClient, app: FastAPI) -> None:
    document = client.get(f"{BASE}/openapi.json").json()
    routes = {route.path.replace(":path", "") for route in api_routes(app) if route.include_in_schema}
    assert set(document["paths"]) == routes
    assert "Problem" in document["components"]["schemas"]
    assert '"422"' not in json.dumps(document)


def test_pickup_has_a_row_a_copy(client: TestClient, store: Store) -> None:
    place_stories(store, 3)
    rows = client.get(f"{BASE}/pickup", params={"agency": "IANS", "since": (NOW + timedelta(hours=2)).isoformat()})
    assert [row["story"] for row in rows.json()] == [3, 2]
    assert client.get(f"{BASE}/pickup?agency=none").json() == []


@pytest.mark.parametrize("address", ["/stories?agnecy=Reuters", "/stories/1?vrsion=2", "/changes?limit=5&afetr=x"])
def test_a_parameter_that_the_route_does_not_have_is_refused(client: TestClient, address: str) -> None:
    answer = client.get(BASE + address)
    assert answer.status_code == 400
    misspelt = {"agnecy", "vrsion", "afetr"}
    assert answer.json()["code"] == "usage"
    assert answer.json()["concerns"].strip("'") in misspelt


def test_an_unknown_parameter_names_those_there_are(client: TestClient) -> None:
    assert "agency" in client.get(f"{BASE}/stories?agnecy=Reuters").json()["todo"]
