"""The page of what persons did: each act once, the latest first, by person and kind, a page at a time."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from pipeline.config import Config
from pipeline.model import ChangeKind
from pipeline.store import Store
from pipeline.web.pages import history
from tests.web.acting import OPERATOR, OWN_FORM, app_for, post
from tests.web.test_pages import filled


def reasons(client: TestClient, path: str) -> list[str]:
    return [
        html.unescape(text) for text in re.findall(r'<span class="soft" dir="auto">([^<]+)<', client.get(path).text)
    ]


def test_acts_stand_the_latest_first_by_person_and_kind(store: Store, config: Config, client: TestClient) -> None:
    filled(store)
    second_person = replace(OPERATOR, name="zoe_1")
    second = TestClient(app_for(store, config, second_person), headers=OWN_FORM)
    assert "Nothing was done" in client.get("/history").text
    post(client, "/story/1/withdraw", reason="an error")
    post(second, "/story/1/restore", reason="a <b>check</b>")
    latest, first = f"a <b>check</b> ({second_person.name})", f"an error ({OPERATOR.name})"
    assert reasons(client, "/history") == [latest, first]
    assert reasons(client, "/history?person=zoe_1&kind=") == [latest]
    assert reasons(client, "/history?person=zoex1") == []
    assert reasons(client, "/history?kind=story-withdrawn") == [first]
    assert 'href="/history"' in client.get("/").text
    assert client.get("/history?kind=nothing").status_code == 400


def test_acts_are_read_a_page_at_a_time(store: Store, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(store)
    monkeypatch.setattr(history, "ROWS", 1)
    for act in ("withdraw", "restore", "withdraw"):
        post(client, f"/story/1/{act}", reason=act)
    path, acts = "/history", list[str]()
    while path:
        acts += [reason.split()[0] for reason in reasons(client, path)]
        following = re.search(r'href="([^"]+)" rel="next"', html.unescape(client.get(path).text))
        path = following[1] if following else ""
    assert acts == ["withdraw", "restore", "withdraw"]


def test_every_kind_has_its_words(client: TestClient) -> None:
    page = client.get("/history").text
    assert all(f'value="{kind.value}"' in page for kind in history.KINDS)
    assert set(history.KINDS) <= set(ChangeKind)
