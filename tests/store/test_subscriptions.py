"""Subscriptions at hubs in SQLite and PostgreSQL: what is asked once counts once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.model import HubDelivery, Subscription, SubscriptionState
from pipeline.store import Store
from tests.store.samples import NOW, SPEC, WORLD_SPEC

PENDING = Subscription(
    "t" * 43, 1, "https://hub.example/", SPEC.url, "s" * 43, SubscriptionState.PENDING, "subscribe", NOW
)
ACTIVE = replace(PENDING, state=SubscriptionState.ACTIVE, pending_mode="", lease_until=NOW + timedelta(days=10))


@pytest.fixture
def subscribed_store(store: Store) -> Store:
    store.feeds.sync([SPEC, WORLD_SPEC], NOW)
    store.hubs.keep_subscription(PENDING)
    return store


def test_a_subscription_comes_back_as_it_went_in(subscribed_store: Store) -> None:
    assert subscribed_store.hubs.subscription(PENDING.token) == PENDING
    assert subscribed_store.hubs.subscriptions([1, 2]) == [PENDING]
    assert subscribed_store.hubs.subscriptions([2]) == []
    assert subscribed_store.hubs.subscription("u" * 43) is None


def test_of_many_verifications_one_counts(subscribed_store: Store) -> None:
    with ThreadPoolExecutor(4) as pool:
        settled = list(pool.map(lambda _: subscribed_store.hubs.settle_subscription(PENDING, ACTIVE), range(4)))
    assert sorted(settled) == [False, False, False, True]
    assert subscribed_store.hubs.subscription(PENDING.token) == ACTIVE


def test_a_failed_request_does_not_undo_its_verification(subscribed_store: Store) -> None:
    assert subscribed_store.hubs.settle_subscription(PENDING, ACTIVE)
    assert not subscribed_store.hubs.settle_subscription(
        PENDING, replace(PENDING, pending_mode="", state=SubscriptionState.ENDED)
    )
    assert subscribed_store.hubs.subscription(PENDING.token) == ACTIVE


def test_deliveries_wait_in_order_up_to_a_bound(subscribed_store: Store) -> None:
    sent = [HubDelivery(PENDING.token, bytes([n, 0, 255]), "text/xml", NOW) for n in range(3)]
    assert [subscribed_store.hubs.keep_delivery(delivery, 2) for delivery in sent] == [True, True, False]
    waiting = subscribed_store.hubs.deliveries(1)
    assert [(delivery.body, delivery.feed_id, delivery.topic) for delivery in waiting] == [
        (delivery.body, 1, SPEC.url) for delivery in sent[:2]
    ]
    assert subscribed_store.hubs.delivered_feeds() == [1]
    for delivery in waiting:
        subscribed_store.hubs.end_delivery(delivery.id)
    assert subscribed_store.hubs.delivered_feeds() == []
    stored = subscribed_store.hubs.subscription(PENDING.token)
    assert stored is not None
    assert stored.delivered_at == NOW


def test_what_came_for_a_feed_that_is_polled_no_more_is_left_and_then_forgotten(subscribed_store: Store) -> None:
    subscribed_store.hubs.keep_subscription(ACTIVE)
    subscribed_store.hubs.keep_delivery(HubDelivery(PENDING.token, b"x", "", NOW), 2)
    assert subscribed_store.hubs.stray_subscriptions() == []
    subscribed_store.feeds.sync([WORLD_SPEC], NOW)
    assert [subscription.token for subscription in subscribed_store.hubs.stray_subscriptions()] == [PENDING.token]
    assert subscribed_store.hubs.delivered_feeds() == []
    subscribed_store.hubs.prune_deliveries(NOW)
    assert len(subscribed_store.hubs.deliveries(1)) == 1
    subscribed_store.hubs.prune_deliveries(NOW + timedelta(seconds=1))
    assert subscribed_store.hubs.deliveries(1) == []


def test_neither_token_nor_secret_is_shown() -> None:
    texts = repr(PENDING) + repr(HubDelivery(PENDING.token, b"", "", NOW))
    assert PENDING.token not in texts
    assert PENDING.secret not in texts
