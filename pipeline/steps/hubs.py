"""Subscriptions at hubs after polls, and the hubs' requests: WebSub between the store and the network."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from pipeline.fetch import websub
from pipeline.fetch.websub import Offer
from pipeline.model import HubDelivery, Outcome, Subscription, SubscriptionState
from pipeline.process_pool import Children
from pipeline.steps.read_feed import Answer
from pipeline.steps.run import Run
from pipeline.store import Store

# 256 bits each, as text of 43 letters.
RANDOM_BYTES = 32
REFUSED = (Outcome.BLOCKED, Outcome.CLIENT_ERROR, Outcome.NOT_FOUND, Outcome.GONE_410)
STANDING = (SubscriptionState.ACTIVE, SubscriptionState.PENDING)
# Deliveries of a subscription. Polls read them within minutes: so many wait only if polls have stopped.
MOST_WAITING = 20
UNREAD = timedelta(days=7)
FULL = "too many wait"


class Hubs:
    """The hubs of one run: those that its polls' answers name, and the requests that are due to them."""

    def __init__(self, run: Run[Children]) -> None:
        self._callback, self._store, self._run = run.config.websub.callback, run.store, run
        self._offers: dict[int, Offer | None] = {}
        self._unchanged: set[int] = set()
        self.problems: list[str] = []

    def note_answer(self, answer: Answer) -> None:
        """Record which hub a poll's answer names; an unchanged feed names the same hub as before."""
        if answer.outcome is Outcome.NOT_MODIFIED:
            self._unchanged.add(answer.feed.id)
        elif answer.parsed is not None:
            url = answer.result.final_url or answer.feed.spec.url
            self._offers[answer.feed.id] = websub.offered(answer.result.headers, url, answer.parsed)

    async def settle(self) -> None:
        """Subscribe, renew and unsubscribe where due; without a callback, unsubscribe at all hubs that have one."""
        if not self._callback:
            return await self._leave()
        subscriptions = await self._run.write(self._store.hubs.subscriptions, [*self._offers, *self._unchanged])
        wanted = {subscription: self._wanted(subscription) for subscription in subscriptions}
        wanted |= dict.fromkeys(await self._run.write(self._store.hubs.stray_subscriptions))
        await self._run.write(self._store.hubs.prune_deliveries, self._run.clock() - UNREAD)
        async with asyncio.TaskGroup() as group:
            for subscription, offer in wanted.items():
                group.create_task(self._keep_up(subscription, offer))
            for feed_id, hub_offer in self._offers.items():
                if hub_offer and not self._has_subscription(subscriptions, feed_id, hub_offer):
                    group.create_task(self._ask(self._fresh(feed_id, hub_offer), websub.SUBSCRIBE))

    async def _leave(self) -> None:
        """Unsubscribe: the callback is no longer in the config, and hubs would call an address that does not answer."""
        strays = await self._run.write(self._store.hubs.stray_subscriptions, all_feeds=True)
        async with asyncio.TaskGroup() as group:
            for subscription in strays:
                if subscription.callback:
                    group.create_task(self._keep_up(subscription, None))

    def _has_subscription(self, subscriptions: Iterable[Subscription], feed_id: int, offer: Offer) -> bool:
        return any(
            subscription.feed_id == feed_id
            and Offer(subscription.hub, subscription.topic) == offer
            and self._has_callback(subscription)
            for subscription in subscriptions
        )

    def _has_callback(self, subscription: Subscription) -> bool:
        """Return whether the hub calls the address that the config names."""
        return subscription.callback in ("", self._callback)

    def _wanted(self, subscription: Subscription) -> Offer | None:
        if not self._has_callback(subscription):
            return None
        if subscription.feed_id not in self._unchanged:
            return self._offers.get(subscription.feed_id)
        standing = subscription.state in STANDING and subscription.pending_mode != websub.UNSUBSCRIBE
        return Offer(subscription.hub, subscription.topic) if standing else None

    def _fresh(self, feed_id: int, offer: Offer) -> Subscription:
        token, secret = secrets.token_urlsafe(RANDOM_BYTES), secrets.token_urlsafe(RANDOM_BYTES)
        pending = SubscriptionState.PENDING
        at = self._run.clock()
        return Subscription(token, feed_id, offer.hub, offer.topic, secret, pending, "", at, callback=self._callback)

    async def _keep_up(self, subscription: Subscription, offer: Offer | None) -> None:
        step = websub.due(subscription, offer, self._run.clock())
        if step.mode:
            await self._ask(subscription, step.mode)

    async def _ask(self, subscription: Subscription, mode: str) -> None:
        """Store the request, then send it: a hub may verify it before it answers."""
        active = websub.is_active(subscription, self._run.clock())
        state = subscription.state if active else SubscriptionState.PENDING
        callback = subscription.callback or self._callback
        now = self._run.clock()
        pending = replace(subscription, state=state, pending_mode=mode, asked_at=now, detail="", callback=callback)
        await self._run.write(self._store.hubs.keep_subscription, pending)
        result = await self._run.client.post(pending.hub, websub.form(pending, callback, mode))
        if result.outcome in (Outcome.OK, Outcome.EMPTY):
            return
        refused = SubscriptionState.DENIED if result.outcome in REFUSED else SubscriptionState.ENDED
        detail = f"{result.outcome.value} ({result.detail})"
        failed = replace(pending, pending_mode="", state=pending.state if active else refused, detail=detail)
        if await self._run.write(self._store.hubs.settle_subscription, pending, failed):
            self.problems.append(f"{pending.topic}: hub {pending.hub}: {detail}")


def expected(store: Store, token: str) -> Subscription | None:
    """Return the subscription whose callback ends with ``token``, None if there is none."""
    return store.hubs.subscription(token) if websub.TOKEN.fullmatch(token) else None


def answer_hub(store: Store, token: str, query: Mapping[str, str], now: datetime) -> str | None:
    """Return what to echo to a hub that verifies or denies a subscription; None if no such request is pending."""
    subscription = expected(store, token)
    verdict = websub.verified(subscription, query) if subscription else None
    if subscription is None or verdict is None or not verdict.believed:
        return None
    settled = _settled_subscription(subscription, verdict, now)
    return query.get("hub.challenge", "") if store.hubs.settle_subscription(subscription, settled) else None


def _settled_subscription(subscription: Subscription, verdict: websub.Verdict, now: datetime) -> Subscription:
    if verdict.lease:
        until = now + verdict.lease
        return replace(
            subscription, state=SubscriptionState.ACTIVE, pending_mode="", lease_until=until, detail=verdict.reason
        )
    denied = verdict.reason.startswith("denied")
    state = SubscriptionState.DENIED if denied else SubscriptionState.ENDED
    return replace(subscription, state=state, pending_mode="", asked_at=now, detail=verdict.reason)


def keep_delivered(
    store: Store, subscription: Subscription, signature: str, body: bytes, media_type: str, now: datetime
) -> websub.Verdict:
    """Store a delivered body for the next poll to read, if its hub signed it; the reason is FULL if too many wait."""
    verdict = websub.genuine(subscription, signature, body, now)
    if not verdict.believed or not body:
        return replace(verdict, believed=False)
    is_stored = store.hubs.keep_delivery(HubDelivery(subscription.token, body, media_type[:200], now), MOST_WAITING)
    return verdict if is_stored else websub.Verdict(True, FULL)
