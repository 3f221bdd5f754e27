"""The page of outcomes: its table, its history, its warnings; and what the desk says of hubs and silent feeds."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from pipeline.model import FeedEntry, Outcome, Subscription, SubscriptionState
from pipeline.store import Store
from pipeline.web.app import create_app
from tests.web.test_pages import BEACON, HERALD, NOW, SCRIPT, WORD, guard, polled, store  # noqa: F401 - a fixture

LATER = NOW + timedelta(days=5)


@pytest.fixture
def client(store: Store) -> TestClient:  # noqa: F811
    return TestClient(create_app(lambda: store, guard, lambda: LATER), headers=WORD)


def poll(store: Store, feed_id: int, at: datetime, outcome: Outcome, *new: str) -> None:  # noqa: F811
    entries = tuple(FeedEntry(key, f"https://herald.example/{key}", "t") for key in new)
    record = replace(polled(feed_id, outcome, entries=entries), polled_at=at, host="herald.example")
    store.feeds.record_poll(record)


def of_a_week(store: Store) -> None:  # noqa: F811
    """Herald brought something every two hours and then nothing; Beacon fails since yesterday."""
    store.feeds.sync([HERALD, BEACON], NOW)
    herald, beacon = sorted(store.feeds.due(NOW))
    for hours in range(0, 12, 2):
        poll(store, herald, NOW + timedelta(hours=hours), Outcome.OK, f"h{hours}")
    for days in range(1, 6):
        poll(store, herald, NOW + timedelta(days=days), Outcome.NOT_MODIFIED)
        poll(store, beacon, NOW + timedelta(days=days), Outcome.OK if days < 4 else Outcome.EMPTIED)


def test_feeds_and_hosts_are_told_with_their_history_those_in_trouble_first(client: TestClient, store: Store) -> None:  # noqa: F811
    of_a_week(store)
    text = client.get("/outcomes?days=7").text
    feeds, hosts = text.split('id="feeds"')[1].split('id="hosts"')
    assert feeds.index("Beacon") < feeds.index("Herald")
    for words in (
        "emptied <b>2</b>",
        "not-modified <b>5</b>",
        "<title>19 Mar: emptied 1</title>",
        "Empty where it",
    ):
        assert words in feeds
    assert feeds.count("<rect class=") == 2 * 7
    assert feeds.count('<rect class="s-none"') == 1 + 2
    assert "herald.example" in hosts
    assert 'class="s-part"' in hosts


def test_feeds_that_are_one_are_warned_of(client: TestClient, store: Store) -> None:  # noqa: F811
    store.feeds.sync([HERALD, BEACON], NOW)
    assert "Look at these" not in client.get("/outcomes").text
    for feed_id in (1, 2):
        poll(store, feed_id, LATER - timedelta(hours=1), Outcome.OK, *map(str, range(12)))
    text = client.get("/outcomes").text
    assert "one feed under two addresses" in text
    assert text.index(HERALD.url) < text.index(BEACON.url)


def test_a_silent_feed_is_told_on_the_desk_too(client: TestClient, store: Store) -> None:  # noqa: F811
    of_a_week(store)
    for path in ("/", "/outcomes"):
        text = client.get(path).text
        assert "Silent: nothing new for 110 h, usually every 2.0 h" in text, path
    assert "1 feed is silent" in client.get("/").text


def test_subscriptions_are_told_on_the_feeds_page_without_their_secrets(client: TestClient, store: Store) -> None:  # noqa: F811
    store.feeds.sync([HERALD, BEACON], NOW)
    subscription = Subscription(
        "t" * 43, 1, "https://hub.example/", HERALD.url, "s" * 43, SubscriptionState.ACTIVE, "", NOW
    )
    store.hubs.keep_subscription(replace(subscription, lease_until=LATER + timedelta(days=3)))
    store.hubs.keep_subscription(
        replace(subscription, token="d" * 43, feed_id=2, state=SubscriptionState.DENIED, detail=SCRIPT)
    )
    text = client.get("/feed/1").text + client.get("/feed/2").text
    assert "Announced by hub.example, until 22 Mar 2026" in text
    assert "Hub hub.example: denied, &lt;script&gt;" in text
    assert "ttt" not in text
    assert "sss" not in text


def test_an_empty_store_has_an_empty_table(client: TestClient) -> None:
    assert "Nothing was asked yet" in client.get("/outcomes").text
    assert client.get("/outcomes?days=0").status_code == 400


def test_the_page_stands_behind_the_guard_and_knows_where_it_is_mounted(store: Store) -> None:  # noqa: F811
    of_a_week(store)
    outer = FastAPI()
    outer.mount("/copydesk", create_app(lambda: store, guard, lambda: LATER))
    assert TestClient(outer).get("/copydesk/outcomes").status_code == 401
    text = TestClient(outer, headers=WORD).get("/copydesk/outcomes").text
    assert 'href="/copydesk/outcomes?days=30#feeds"' in text
    assert "style=" not in text
