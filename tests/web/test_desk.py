"""What the first page says of the whole, and where a search by an address leads."""

from __future__ import annotations

from datetime import datetime, timedelta

from fastapi.testclient import TestClient

from pipeline.model import Outcome
from pipeline.store import Store
from pipeline.web.app import create_app
from tests.web.test_pages import BEACON, HERALD, NOW, filled, polled


def desk_at(store: Store, now: datetime) -> str:
    return TestClient(create_app(lambda: store, lambda: None, lambda: now)).get("/").text


def test_a_desk_that_nothing_polls_is_stopped_and_says_what_to_look_at(store: Store) -> None:
    store.feeds.sync([HERALD], NOW)
    store.feeds.record_poll(polled(store.feeds.due(NOW)[0], Outcome.OK))
    assert "All is well" in desk_at(store, NOW + timedelta(minutes=15))
    text = desk_at(store, NOW + timedelta(minutes=16))
    assert "Stopped</span> No feed was polled since 14 Mar 2026, 09:30 UTC" in text
    assert "1 feed is due for over 15 minutes" in text
    assert "is the DAG paused" in text


def test_feeds_that_wait_while_others_are_polled_are_late(store: Store) -> None:
    store.feeds.sync([HERALD, BEACON], NOW)
    later = NOW + timedelta(minutes=16)
    store.feeds.record_poll(polled(store.feeds.due(NOW)[0], Outcome.OK))
    with store.transaction() as db:
        db.exec_driver_sql("UPDATE feed SET last_poll = ? WHERE id = 1", (f"{later:%Y-%m-%d %H:%M:%S.%f}",))
    text = desk_at(store, later)
    assert "Look</span> 2 feeds are late" in text
    assert "runs do not keep up" in text


def test_the_tiles_count_what_the_flow_counts(client: TestClient, store: Store) -> None:
    filled(store)
    text = client.get("/").text
    assert 'New stories, 24 h</dt><dd class="value">1<' in text
    assert 'Copies placed, 24 h</dt><dd class="value">2<' in text
    assert 'Repeats</dt><dd class="value">50 %<' in text


def test_the_address_of_a_page_leads_to_its_story(client: TestClient, store: Store) -> None:
    filled(store)
    answer = client.get("/stories", params={"q": " https://herald.example/dam "}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/story/1")
    assert "This page is in no story" in client.get("/stories", params={"q": "https://herald.example/none"}).text


def test_a_search_says_how_many_match_and_which_agencies_there_are(client: TestClient, store: Store) -> None:
    filled(store)
    assert "1 story, the newest first" in client.get("/stories", params={"q": "dam"}).text
    assert "No story names an agency Reuters: Northwire." in client.get("/stories", params={"agency": "Reuters"}).text
