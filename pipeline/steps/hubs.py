"""Subscribing at hubs after polls, and what hubs say in return: WebSub between the store and the network."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
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
REFUSED = (Outcome.BLOCKED, Outcome.CLIENT_ERROR, Outcome.NOT_FOUND, Outcome.GONE)
STANDING = (SubscriptionState.ACTIVE, SubscriptionState.PENDING)
# A poll reads them within minutes; so many wait only where polls have stopped.
MOST_WAITING = 20
UNREAD = timedelta(days=7)
FULL = "too many wait"


class Hubs:
    """The hubs of one run: what its polls heard of them, and what to ask of them for it."""

    def __init__(self, run: Run[Children]) -> None:
        self._callback, self._store, self._run = run.config.websub.callback, run.store, run
        self._offers: dict[int, Offer | None] = {}
        self._unchanged: set[int] = set()
        self.problems: list[str] = []

    def heard(self, answer: Answer) -> None:
        """Note which hub a poll's answer names; an unchanged feed names the one it named before."""
        if answer.outcome is Outcome.NOT_MODIFIED:
            self._unchanged.add(answer.feed.id)
        elif answer.parsed is not None:
            url = answer.result.final_url or answer.feed.spec.url
            self._offers[answer.feed.id] = websub.offered(answer.result.headers, url, answer.parsed)

    async def settle(self) -> None:
        """Subscribe, renew and unsubscribe, as far as it is due; without a callback, leave the hubs that know one."""
        if not self._callback:
            return await self._leave()
        held = await self._run.write(self._store.hubs.subscriptions, [*self._offers, *self._unchanged])
        wanted = {one: self._wanted(one) for one in held}
        wanted |= dict.fromkeys(await self._run.write(self._store.hubs.stray_subscriptions))
        await self._run.write(self._store.hubs.prune_deliveries, self._run.clock() - UNREAD)
        async with asyncio.TaskGroup() as group:
            for one, offer in wanted.items():
                group.create_task(self._keep_up(one, offer))
            for feed_id, named in self._offers.items():
                if named and not any(self._is_of(one, feed_id, named) for one in held):
                    group.create_task(self._ask(self._fresh(feed_id, named), websub.SUBSCRIBE))

    async def _leave(self) -> None:
        """The callback was taken out of the config: hubs that call where nobody answers are told so."""
        known = [one for one in await self._run.write(self._store.hubs.stray_subscriptions, every=True) if one.callback]
        async with asyncio.TaskGroup() as group:
            for one in known:
                group.create_task(self._keep_up(one, None))

    def _is_of(self, held: Subscription, feed_id: int, named: Offer) -> bool:
        return held.feed_id == feed_id and Offer(held.hub, held.topic) == named and self._is_here(held)

    def _is_here(self, held: Subscription) -> bool:
        """Whether the hub calls where the config says now."""
        return held.callback in ("", self._callback)

    def _wanted(self, held: Subscription) -> Offer | None:
        if not self._is_here(held):
            return None
        if held.feed_id not in self._unchanged:
            return self._offers.get(held.feed_id)
        standing = held.state in STANDING and held.asked != websub.UNSUBSCRIBE
        return Offer(held.hub, held.topic) if standing else None

    def _fresh(self, feed_id: int, offer: Offer) -> Subscription:
        token, secret = secrets.token_urlsafe(RANDOM_BYTES), secrets.token_urlsafe(RANDOM_BYTES)
        pending = SubscriptionState.PENDING
        at = self._run.clock()
        return Subscription(token, feed_id, offer.hub, offer.topic, secret, pending, "", at, callback=self._callback)

    async def _keep_up(self, held: Subscription, offer: Offer | None) -> None:
        step = websub.due(held, offer, self._run.clock())
        if step.mode:
            await self._ask(held, step.mode)

    async def _ask(self, held: Subscription, mode: str) -> None:
        """The request is kept before it is made: a hub may verify it before it answers."""
        active = websub.is_active(held, self._run.clock())
        state = held.state if active else SubscriptionState.PENDING
        callback = held.callback or self._callback
        asked = replace(held, state=state, asked=mode, asked_at=self._run.clock(), detail="", callback=callback)
        await self._run.write(self._store.hubs.keep_subscription, asked)
        result = await self._run.client.post(asked.hub, websub.form(asked, callback, mode))
        if result.outcome in (Outcome.OK, Outcome.EMPTY):
            return
        refused = SubscriptionState.DENIED if result.outcome in REFUSED else SubscriptionState.ENDED
        detail = f"{result.outcome.value} ({result.detail})"
        failed = replace(asked, asked="", state=asked.state if active else refused, detail=detail)
        if await self._run.write(self._store.hubs.settle_subscription, asked, failed):
            self.problems.append(f"{asked.topic}: hub {asked.hub}: {detail}")


def expected(store: Store, token: str) -> Subscription | None:
    """The subscription whose callback ends so, if there is one."""
    return store.hubs.subscription(token) if websub.TOKEN.fullmatch(token) else None


def answer_hub(store: Store, token: str, query: Mapping[str, str], now: datetime) -> str | None:
    """What to echo to a hub that verifies or denies a subscription; None where nothing of the kind was asked."""
    held = expected(store, token)
    verdict = websub.verified(held, query) if held else None
    if held is None or verdict is None or not verdict.believed:
        return None
    told = _told(held, verdict, now)
    return query.get("hub.challenge", "") if store.hubs.settle_subscription(held, told) else None


def _told(held: Subscription, verdict: websub.Verdict, now: datetime) -> Subscription:
    if verdict.lease:
        until = now + verdict.lease
        return replace(held, state=SubscriptionState.ACTIVE, asked="", lease_until=until, detail=verdict.reason)
    denied = verdict.reason.startswith("denied")
    state = SubscriptionState.DENIED if denied else SubscriptionState.ENDED
    return replace(held, state=state, asked="", asked_at=now, detail=verdict.reason)


def keep_delivered(
    store: Store, held: Subscription, signature: str, body: bytes, media_type: str, now: datetime
) -> websub.Verdict:
    """Keep a delivered body for the next poll to read, if its hub signed it; FULL is why it could not be kept."""
    verdict = websub.genuine(held, signature, body, now)
    if not verdict.believed or not body:
        return replace(verdict, believed=False)
    kept = store.hubs.keep_delivery(HubDelivery(held.token, body, media_type[:200], now), MOST_WAITING)
    return verdict if kept else websub.Verdict(True, FULL)
