"""Writes of subscriptions at hubs, and of what hubs delivered. Secrets leave the store by its own records only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
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
    """Subscriptions at hubs by feed, and what the hubs delivered."""

    def subscription(self, token: str) -> Subscription | None:
        """Return the subscription whose callback ends in ``token``."""
        with self._database.reading() as db:
            row = db.execute(select(subscription).where(subscription.c.token == token)).mappings().first()
            return _record(row) if row else None

    def subscriptions(self, feed_ids: Sequence[int]) -> list[Subscription]:
        """Return the subscriptions of these feeds; a feed that changed its hub has more than one."""
        query = select(subscription).order_by(subscription.c.asked_at, subscription.c.token)
        with self._database.reading() as db:
            parts = [query.where(subscription.c.feed_id.in_(part)) for part in in_parts(feed_ids)]
            return [_record(row) for part in parts for row in db.execute(part).mappings()]

    def all_subscriptions(self) -> list[Subscription]:
        """Return every subscription, also those that are over."""
        with self._database.reading() as db:
            rows = db.execute(select(subscription).order_by(subscription.c.feed_id, subscription.c.asked_at))
            return [_record(row) for row in rows.mappings()]

    def stray_subscriptions(self, *, all_feeds: bool = False) -> list[Subscription]:
        """Return active subscriptions of feeds not listed, paused or retired. ``all_feeds``: of polled ones too."""
        active = subscription.c.state == "active"
        query = select(subscription).join(feed).where(active if all_feeds else and_(active, not_(POLLED)))
        with self._database.reading() as db:
            return [_record(row) for row in db.execute(query).mappings()]

    @whole_transaction
    def keep_subscription(self, record: Subscription) -> None:
        """Store a subscription in place of the one before: call it before asking the hub, which may verify at once."""
        row = _row(record)
        with self._database.transaction() as db:
            statement = insert(db, subscription).values(row)
            db.execute(statement.on_conflict_do_update(index_elements=["token"], set_=row))

    @whole_transaction
    def settle_subscription(self, request: Subscription, now: Subscription) -> bool:
        """Change a subscription to ``now`` if its request still stands as in ``request``. Return whether it did.

        So a verification counts once, and the hub's answer to a request does not undo it.
        """
        stands = and_(subscription.c.token == request.token, subscription.c.asked == request.pending_mode)
        row = _row(now)
        with self._database.transaction() as db:
            return bool(db.execute(update(subscription).where(stands).values(row)).rowcount)

    @whole_transaction
    def keep_delivery(self, message: HubDelivery, most: int) -> bool:
        """Store a delivery until a poll reads it. Return False, storing nothing, where ``most`` wait already."""
        mine = subscription.c.token == message.token
        row = {
            "token": message.token,
            "body": message.body,
            "media_type": message.media_type,
            "came_at": message.came_at,
        }
        with self._database.transaction() as db:
            db.execute(update(subscription).where(mine).values(delivered_at=message.came_at))
            waiting = (
                db.scalar(select(func.count()).select_from(delivery).where(delivery.c.token == message.token)) or 0
            )
            if waiting < most:
                db.execute(delivery.insert().values(row))
        return waiting < most

    def delivered_feeds(self) -> list[int]:
        """Return the ids of polled feeds for which a hub's delivery waits."""
        query = select(subscription.c.feed_id).join(delivery).join(feed, feed.c.id == subscription.c.feed_id)
        with self._database.reading() as db:
            return list(db.scalars(query.where(POLLED).distinct().order_by(subscription.c.feed_id)))

    def deliveries(self, feed_id: int) -> list[HubDelivery]:
        """Return the deliveries that wait for a feed, in order of arrival."""
        query = select(delivery, subscription.c.feed_id, subscription.c.topic).join(subscription)
        with self._database.reading() as db:
            rows = db.execute(query.where(subscription.c.feed_id == feed_id).order_by(delivery.c.id)).mappings()
            return [HubDelivery(**row) for row in rows]

    @whole_transaction
    def end_delivery(self, delivery_id: int) -> None:
        """Delete a delivery that has been read and recorded."""
        with self._database.transaction() as db:
            db.execute(delete(delivery).where(delivery.c.id == delivery_id))

    @whole_transaction
    def prune_deliveries(self, before: datetime) -> None:
        """Delete deliveries from before that nobody read: their feeds are polled no more."""
        with self._database.transaction() as db:
            db.execute(delete(delivery).where(delivery.c.came_at < before))


def _row(record: Subscription) -> dict[str, Any]:
    """Return the columns of a subscription; its pending mode is the column ``asked``."""
    row = asdict(record) | {"asked": record.pending_mode, "state": record.state.value}
    del row["pending_mode"]
    return row


def _record(row: Mapping[Any, Any]) -> Subscription:
    fields = dict(row) | {"pending_mode": row["asked"], "state": SubscriptionState(row["state"])}
    del fields["asked"]
    return Subscription(**fields)
