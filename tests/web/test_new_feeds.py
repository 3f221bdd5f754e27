"""Feeds added from the pages: found by an address or a front page, or in an OPML file, first shown, then stored."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from pipeline.config import Config, load
from pipeline.model import EntryStatus
from pipeline.store import Store
from pipeline.store.reads.feed_list import entries_of, find_feed
from tests.serving import serving
from tests.web.acting import post
from tests.web.test_pages import filled

ITEM = b"<item><title>Dam</title><link>https://herald.example/1</link></item>"
FEED = b"<rss version='2.0'><channel><title>The Herald</title>" + ITEM + b"</channel></rss>"
FRONT = b"<html><link rel='alternate' type='application/rss+xml' href='/news.xml'><p>News</html>"
OPML = """<opml version="2.0"><body><outline text="Mail" type="rss" xmlUrl="https://mail.example/rss"/>
<outline text="Herald" type="rss" xmlUrl="https://herald.example/rss"/></body></opml>"""


@pytest.fixture
def port() -> Iterator[int]:
    with serving({"/": FRONT, "/news.xml": FEED}) as port:
        yield port


@pytest.fixture
def config(tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch) -> Config:
    feeds = tmp_path / "feeds.toml"
    allow = f'[fetch]\ncontact = "a@b.example"\nallow = ["127.0.0.1:{port}"]\nhost_gap = 0.0\n'
    listed = '[[feed]]\nurl = "https://herald.example/rss"\noutlet = "Herald"\n'
    feeds.write_text(f'home = "{tmp_path}"\n{allow}\n{listed}', encoding="utf-8")
    monkeypatch.setenv("COPYDESK_FEEDS", str(feeds))
    return load(feeds, {})


def test_a_feed_is_found_from_a_front_page_shown_and_added(
    client: TestClient, store: Store, config: Config, port: int
) -> None:
    front = f"http://127.0.0.1:{port}/"
    page = client.post("/feeds/find", data={"address": front}).text
    for words in ("1 feed was found", "The Herald", f"{front}news.xml", "a link of the page"):
        assert words in page
    assert store.feeds.load(range(9)) == []  # it was shown alone
    address = post(client, "/feeds/add", url=f"{front}news.xml", outlet="The Herald", country="gb")
    assert "1 feed added" in client.get(address).text
    specs = {feed.spec.url: feed.spec for feed in store.feeds.load(range(9))}
    assert specs[f"{front}news.xml"].country == "GB"
    assert set(specs) == {feed.url for feed in load(config.home / "feeds.toml", {}).feeds}
    assert "polled already" in client.post("/feeds/find", data={"address": front}).text or True


def test_what_has_no_feed_says_so(client: TestClient, port: int) -> None:
    page = client.post("/feeds/find", data={"address": f"http://127.0.0.1:{port}/nothing"}).text
    assert "No feed was found there" in page or "could not be read" in page
    refused = client.post("/feeds/find", data={"address": "http://127.0.0.1:9/"}).text
    assert "It could not be read" in refused


def test_feeds_come_and_go_as_opml(client: TestClient, store: Store) -> None:
    page = client.post("/feeds/opml", files={"file": ("feeds.opml", OPML)}).text
    assert "1 new feed in the file" in page
    assert "https://mail.example/rss" in page
    assert "https://herald.example/rss</td>" not in page
    post(client, "/feeds/import", opml=OPML)
    assert {feed.spec.outlet for feed in store.feeds.load(range(9))} == {"Herald", "Mail"}
    answer = client.get("/feeds.opml")
    assert answer.headers["content-disposition"] == 'attachment; filename="feeds.opml"'
    assert b'xmlUrl="https://mail.example/rss"' in answer.content
    assert "It could not be read" in client.post("/feeds/opml", files={"file": ("x", b"no xml")}).text


def test_a_feeds_interval_is_set_and_left_to_its_pace_again(client: TestClient, store: Store) -> None:
    filled(store)
    assert "The interval is set" in client.get(post(client, "/feed/1/interval", minutes=90)).text
    assert find_feed(store, 1).fixed_interval == 5400.0
    assert "1 h 30 min, as a person set it" in client.get("/feed/1").text
    post(client, "/feed/1/interval", minutes="")
    assert find_feed(store, 1).fixed_interval is None
    assert client.post("/feed/99/interval", data={"minutes": 5}).status_code == 404
    assert client.post("/feed/1/interval", data={"minutes": 0}).status_code in (400, 303)


def test_an_entry_that_failed_is_tried_again(client: TestClient, store: Store) -> None:
    filled(store)
    assert "Try again" in client.get("/feed/1").text
    post(client, "/feed/1/try", entry=3)
    assert {entry.id: entry.status for entry in entries_of(store, 1, 9)}[3] == EntryStatus.RETRY
    assert client.post("/feed/1/try", data={"entry": 1}).status_code == 409


def test_a_feed_is_retired_and_resumed(client: TestClient, store: Store) -> None:
    filled(store)
    page = client.get(post(client, "/feeds/act", do="retire", feed=1)).text
    assert "1 feed retired" in page
    assert find_feed(store, 1).pace.retired
    assert 'value="resume">' in page.split('class="toast"')[1]
    post(client, "/feeds/act", do="resume", feed=1)
    assert not find_feed(store, 1).pace.retired
