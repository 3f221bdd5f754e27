"""Writes of subscriptions at hubs, and of what hubs delivered. Secrets leave the store by its own records only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, func, not_, select, update

from pipeline.model import HubDelivery, Subscription, SubscriptionState
from pipeline.store.database import Subject
from pipeline.store.retry import whole_transaction
from pipeline.store.schema.network import delivery, subscription
from pipeline.store.schema.tables import feed
from pipeline.store.statements import in_parts, insert

POLLED = and_(feed.c.listed, not_(feed.c.paused), not_(feed.c.retired))


class Hubs(Subject):
    """Which feeds are announced by which hub, and what came from there."""

    def subscription(self, token: str) -> Subscription | None:
        """The subscription whose callback ends so."""
        with self._database.reading() as db:
            row = db.execute(select(subscription).where(subscription.c.token == token)).mappings().first()
            return _record(row) if row else None

    def subscriptions(self, feed_ids: Sequence[int]) -> list[Subscription]:
        """Those of these feeds; a feed that changed its hub has more than one."""
        query = select(subscription).order_by(subscription.c.asked_at, subscription.c.token)
        with self._database.reading() as db:
            parts = [query.where(subscription.c.feed_id.in_(part)) for part in in_parts(feed_ids)]
            return [_record(row) for part in parts for row in db.execute(part).mappings()]

    def all_subscriptions(self) -> list[Subscription]:
        """Every one, also those that are over."""
        with self._database.reading() as db:
            rows = db.execute(select(subscription).order_by(subscription.c.feed_id, subscription.c.asked_at))
            return [_record(row) for row in rows.mappings()]

    def stray_subscriptions(self, *, every: bool = False) -> list[Subscription]:
        """Active ones of feeds that are polled no more: not listed, paused or retired. ``every``: of all feeds."""
        active = subscription.c.state == "active"
        query = select(subscription).join(feed).where(active if every else and_(active, not_(POLLED)))
        with self._database.reading() as db:
            return [_record(row) for row in db.execute(query).mappings()]

    @whole_transaction
    def keep_subscription(self, held: Subscription) -> None:
        """Keep it in place of what stood there: to be done before the hub is asked, which may verify at once."""
        row = asdict(held) | {"state": held.state.value}
        with self._database.transaction() as db:
            statement = insert(db, subscription).values(row)
            db.execute(statement.on_conflict_do_update(index_elements=["token"], set_=row))

    @whole_transaction
    def settle_subscription(self, asked: Subscription, now: Subscription) -> bool:
        """Change a subscription to ``now`` if its request still stands as in ``asked``; whether it did.

        So a verification counts once, and the hub's answer to a request does not undo it.
        """
        stands = and_(subscription.c.token == asked.token, subscription.c.asked == asked.asked)
        row = asdict(now) | {"state": now.state.value}
        with self._database.transaction() as db:
            return bool(db.execute(update(subscription).where(stands).values(row)).rowcount)

    @whole_transaction
    def keep_delivery(self, came: HubDelivery, most: int) -> bool:
        """Keep what was delivered until a poll reads it; False where ``most`` wait already."""
        mine = subscription.c.token == came.token
        row = {"token": came.token, "body": came.body, "media_type": came.media_type, "came_at": came.came_at}
        with self._database.transaction() as db:
            db.execute(update(subscription).where(mine).values(delivered_at=came.came_at))
            waiting = db.scalar(select(func.count()).select_from(delivery).where(delivery.c.token == came.token)) or 0
            if waiting < most:
                db.execute(delivery.insert().values(row))
        return waiting < most

    def delivered_feeds(self) -> list[int]:
        """Ids of feeds for which something waits that a hub delivered."""
        query = select(subscription.c.feed_id).join(delivery).join(feed, feed.c.id == subscription.c.feed_id)
        with self._database.reading() as db:
            return list(db.scalars(query.where(POLLED).distinct().order_by(subscription.c.feed_id)))

    def deliveries(self, feed_id: int) -> list[HubDelivery]:
        """What waits for a feed, in the order in which it came."""
        query = select(delivery, subscription.c.feed_id, subscription.c.topic).join(subscription)
        with self._database.reading() as db:
            rows = db.execute(query.where(subscription.c.feed_id == feed_id).order_by(delivery.c.id)).mappings()
            return [HubDelivery(**row) for row in rows]

    @whole_transaction
    def end_delivery(self, delivery_id: int) -> None:
        """Forget what has been read and recorded."""
        with self._database.transaction() as db:
            db.execute(delete(delivery).where(delivery.c.id == delivery_id))

    @whole_transaction
    def prune_deliveries(self, before: datetime) -> None:
        """Forget what nobody reads: its feed is polled no more."""
        with self._database.transaction() as db:
            db.execute(delete(delivery).where(delivery.c.came_at < before))


def _record(row: Any) -> Subscription:
    held = Subscription(**row)
    return replace(held, state=SubscriptionState(held.state))
