"""Subscriptions at hubs in SQLite and PostgreSQL: what is asked once counts once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.model import HubDelivery, Subscription, SubscriptionState
from pipeline.store import Store
from tests.store.samples import NOW, OTHER, SPEC

ASKED = Subscription(
    "t" * 43, 1, "https://hub.example/", SPEC.url, "s" * 43, SubscriptionState.PENDING, "subscribe", NOW
)
ACTIVE = replace(ASKED, state=SubscriptionState.ACTIVE, pending_mode="", lease_until=NOW + timedelta(days=10))


@pytest.fixture
def asked(store: Store) -> Store:
    store.feeds.sync([SPEC, OTHER], NOW)
    store.hubs.keep_subscription(ASKED)
    return store


def test_a_subscription_comes_back_as_it_went_in(asked: Store) -> None:
    assert asked.hubs.subscription(ASKED.token) == ASKED
    assert asked.hubs.subscriptions([1, 2]) == [ASKED]
    assert asked.hubs.subscriptions([2]) == []
    assert asked.hubs.subscription("u" * 43) is None


def test_of_many_verifications_one_counts(asked: Store) -> None:
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: asked.hubs.settle_subscription(ASKED, ACTIVE), range(4)))
    assert sorted(done) == [False, False, False, True]
    assert asked.hubs.subscription(ASKED.token) == ACTIVE


def test_a_failed_request_does_not_undo_its_verification(asked: Store) -> None:
    assert asked.hubs.settle_subscription(ASKED, ACTIVE)
    assert not asked.hubs.settle_subscription(ASKED, replace(ASKED, pending_mode="", state=SubscriptionState.ENDED))
    assert asked.hubs.subscription(ASKED.token) == ACTIVE


def test_deliveries_wait_in_order_up_to_a_bound(asked: Store) -> None:
    sent = [HubDelivery(ASKED.token, bytes([n, 0, 255]), "text/xml", NOW) for n in range(3)]
    assert [asked.hubs.keep_delivery(one, 2) for one in sent] == [True, True, False]
    waiting = asked.hubs.deliveries(1)
    assert [(one.body, one.feed_id, one.topic) for one in waiting] == [(one.body, 1, SPEC.url) for one in sent[:2]]
    assert asked.hubs.delivered_feeds() == [1]
    for one in waiting:
        asked.hubs.end_delivery(one.id)
    assert asked.hubs.delivered_feeds() == []
    kept = asked.hubs.subscription(ASKED.token)
    assert kept is not None
    assert kept.delivered_at == NOW


def test_what_came_for_a_feed_that_is_polled_no_more_is_left_and_then_forgotten(asked: Store) -> None:
    asked.hubs.keep_subscription(ACTIVE)
    asked.hubs.keep_delivery(HubDelivery(ASKED.token, b"x", "", NOW), 2)
    assert asked.hubs.stray_subscriptions() == []
    asked.feeds.sync([OTHER], NOW)
    assert [one.token for one in asked.hubs.stray_subscriptions()] == [ASKED.token]
    assert asked.hubs.delivered_feeds() == []
    asked.hubs.prune_deliveries(NOW)
    assert len(asked.hubs.deliveries(1)) == 1
    asked.hubs.prune_deliveries(NOW + timedelta(seconds=1))
    assert asked.hubs.deliveries(1) == []


def test_neither_token_nor_secret_is_shown() -> None:
    shown = repr(ASKED) + repr(HubDelivery(ASKED.token, b"", "", NOW))
    assert ASKED.token not in shown
    assert ASKED.secret not in shown
