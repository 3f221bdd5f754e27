"""The desk's way from feeds to stories, each number with the entries behind it."""

from __future__ import annotations

import html
import re

import pytest
from fastapi.testclient import TestClient

from pipeline.store import Store
from pipeline.web.bands import MOST, flow_bands
from tests.store.test_flow import poll_herald
from tests.web.test_pages import HERALD, NOW, filled


def test_each_number_of_the_desk_leads_to_as_many_entries(store: Store, client: TestClient) -> None:
    filled(store)
    text = html.unescape(client.get("/").text)
    links = dict(re.findall(r'<a href="(/entries\?[^"]+)"><b>(\d+)</b>', text))
    links |= dict(re.findall(r'<a href="(/entries\?[^"]+)">[^<]+</a><span class="n">(\d+)</span>', text))
    assert len(links) == 5
    for path, number in links.items():
        assert client.get(path).text.count('<tr><th scope="row">') == int(number), path


def test_entries_are_read_a_page_at_a_time(store: Store, client: TestClient) -> None:
    store.feeds.sync([HERALD], NOW)
    poll_herald(store, *(f"https://herald.example/{number}" for number in range(60)))
    path, urls = "/entries", list[str]()
    while path:
        text = html.unescape(client.get(path).text)
        urls += re.findall(r'href="(https://herald\.example/\d+)"', text)
        following = re.search(r'href="([^"]+)" rel="next"', text)
        path = following[1] if following else ""
    assert len(urls) == len(set(urls)) == 60


@pytest.mark.parametrize("query", ["stand=nowhere", "since=yesterday", "since=2026-03-14T09:00:00", "after=-1"])
def test_a_wrong_address_is_told(client: TestClient, query: str) -> None:
    assert client.get(f"/entries?{query}").status_code == 400


def test_bands_are_in_proportion() -> None:
    bands = flow_bands((200, 100, 100, 0))
    assert [band.height for band in bands] == [MOST, MOST / 2, MOST / 2, 0.0]
    assert [bool(band.path) for band in bands] == [True, False, True, False]
    assert [band.height for band in flow_bands((0, 0))] == [0.0, 0.0]
