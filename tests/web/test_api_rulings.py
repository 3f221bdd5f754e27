"""What a person does with stories by the API: by right, with a reason, once under a key, and from no other site."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, Header
from fastapi.testclient import TestClient

from pipeline.config import load
from pipeline.errors import AlreadyDecided
from pipeline.model import ChangeKind
from pipeline.store import Store
from pipeline.store.reads.changes import changes
from pipeline.web.app import create_app
from pipeline.web.site import Person
from tests.read.test_reader import SECRET, place_stories
from tests.web.test_pages import WORD, guard, store

__all__ = ["store"]
BASE = "/api/v1/stories"
REASON = {"reason": "a reason"}
NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)


def person(x_role: str = Header("reader")) -> Person:
    return Person("ines", x_role in ("operator", "admin"), x_role == "admin")


@pytest.fixture
def app(store: Store, tmp_path: Path) -> FastAPI:
    place_stories(store, 5, "A paragraph.", SECRET)
    config = load(None, {"COPYDESK_HOME": str(tmp_path)})
    return create_app(lambda: store, guard, lambda: NOW, person=person, open_config=lambda: config)


def client_of(app: FastAPI, role: str) -> TestClient:
    return TestClient(app, headers=WORD | {"X-Role": role}, follow_redirects=False)


@pytest.fixture
def operator(app: FastAPI) -> TestClient:
    return client_of(app, "operator")


def last_lines(store: Store, count: int) -> list[tuple[str, str]]:
    return [(line.kind.value, line.reason) for line in changes(store, 0, 1000)[-count:]]


def test_stories_are_merged_and_split_and_both_are_undone(operator: TestClient, store: Store) -> None:
    merged = operator.post(f"{BASE}/1/merge", json={"sources": [2, 3], **REASON})
    assert (merged.status_code, merged.json()) == (200, {"story": 1, "other": None})
    assert operator.get(f"{BASE}/2").status_code == 308
    undone = operator.post(f"{BASE}/3/unmerge", json=REASON)
    assert undone.json() == {"story": 3, "other": 1}
    split = operator.post(f"{BASE}/1/split", json={"articles": [2], **REASON})
    assert (split.status_code, split.json()["story"]) == (200, 1)
    assert [copy["article"] for copy in operator.get(f"{BASE}/{split.json()['other']}").json()["copies"]] == [2]


def test_a_story_is_withdrawn_with_a_reason_and_restored(operator: TestClient, store: Store) -> None:
    assert operator.post(f"{BASE}/1/withdraw", json=REASON).status_code == 200
    assert last_lines(store, 1) == [(ChangeKind.STORY_WITHDRAWN.value, "a reason (ines)")]
    assert SECRET not in operator.get(f"{BASE}/1").text
    assert operator.post(f"{BASE}/1/restore", json=REASON).status_code == 200
    assert SECRET in operator.get(f"{BASE}/1").text


def test_removal_is_for_administrators(app: FastAPI, operator: TestClient, store: Store) -> None:
    assert operator.post(f"{BASE}/1/remove", json=REASON).status_code == 403
    removed = client_of(app, "admin").post(f"{BASE}/1/remove", json=REASON)
    assert removed.status_code == 200
    assert operator.get(f"{BASE}/1").status_code == 410


ACTS: list[tuple[str, dict[str, Any]]] = [
    ("merge", {"sources": [2]}), ("split", {"articles": [1]}), ("unmerge", {}), ("withdraw", {}), ("restore", {}),
    ("remove", {}),
]  # fmt: skip


@pytest.mark.parametrize(("act", "body"), ACTS)
def test_who_may_read_only_may_do_nothing(app: FastAPI, store: Store, act: str, body: dict[str, Any]) -> None:
    lines = len(changes(store, 0, 1000))
    refused = client_of(app, "reader").post(f"{BASE}/1/{act}", json=body | REASON)
    assert (refused.status_code, refused.headers["content-type"]) == (403, "application/problem+json")
    other_site = client_of(app, "admin").post(
        f"{BASE}/1/{act}", json=body | REASON, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert other_site.status_code == 403
    form = client_of(app, "admin").post(
        f"{BASE}/1/{act}", content='{"reason": "x"}', headers={"Content-Type": "text/plain"}
    )
    assert form.status_code == 400
    assert len(changes(store, 0, 1000)) == lines


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("1/merge", {"sources": [], **REASON}, 400),
        ("1/merge", {"sources": [99], **REASON}, 404),
        ("1/split", {"articles": [99], **REASON}, 404),
        ("1/withdraw", {}, 400),
        ("1/withdraw", {"reason": "\x00"}, 400),
        ("99/withdraw", REASON, 404),
        ("1/restore", REASON, 404),
        ("1/unmerge", REASON, 404),
    ],
)
def test_what_cannot_be_done_is_a_problem(operator: TestClient, path: str, body: dict[str, Any], status: int) -> None:
    answer = operator.post(f"{BASE}/{path}", json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


def test_a_request_sent_again_under_its_key_is_done_once(app: FastAPI, operator: TestClient, store: Store) -> None:
    key = {"Idempotency-Key": "a key"}
    first = operator.post(f"{BASE}/1/merge", json={"sources": [2], **REASON}, headers=key)
    lines = len(changes(store, 0, 1000))
    second = operator.post(f"{BASE}/1/merge", json={"sources": [2], **REASON}, headers=key)
    assert (second.status_code, second.content) == (200, first.content)
    assert len(changes(store, 0, 1000)) == lines
    for path, body in ((f"{BASE}/1/merge", {"sources": [3], **REASON}), (f"{BASE}/3/withdraw", REASON)):
        assert operator.post(path, json=body, headers=key).status_code == 400
    assert operator.post(f"{BASE}/1/merge", json={"sources": [2], **REASON}).status_code == 404


def test_a_request_that_failed_may_be_sent_again(operator: TestClient, store: Store) -> None:
    key = {"Idempotency-Key": "a key"}
    assert operator.post(f"{BASE}/1/restore", json=REASON, headers=key).status_code == 404
    operator.post(f"{BASE}/1/withdraw", json=REASON)
    assert operator.post(f"{BASE}/1/restore", json=REASON, headers=key).status_code == 200


def test_keys_are_of_a_person_for_a_day_and_a_dead_request_holds_none(store: Store) -> None:
    keys = store.request_keys
    assert keys.begin("ines", "k", "digest", NOW) is None
    with pytest.raises(AlreadyDecided):
        keys.begin("ines", "k", "digest", NOW + timedelta(minutes=5))
    assert keys.begin("omar", "k", "other", NOW) is None
    assert keys.begin("ines", "k", "digest", NOW + timedelta(minutes=11)) is None
    keys.finish("ines", "k", "an answer")
    assert keys.begin("ines", "k", "digest", NOW + timedelta(hours=20)) == "an answer"
    assert keys.begin("ines", "k", "digest", NOW + timedelta(hours=25)) is None
