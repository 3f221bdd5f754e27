"""What a person does with feeds: pause, resume, retire, poll now, set the interval."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, update

from pipeline.errors import NotStored
from pipeline.store.database import Subject
from pipeline.store.retry import whole_transaction
from pipeline.store.schema.tables import feed
from pipeline.store.statements import in_parts


class FeedActs(Subject):
    """What a person does with feeds, one or many."""

    def pause(self, feed_id: int, paused: bool, now: datetime | None = None) -> None:
        """Pause a feed, or resume it at once (``now``), also where it was retired. Raises NotStored."""
        if not self.pause_all([feed_id], paused, now):
            raise NotStored("no such feed", concerns=f"feed {feed_id}", todo="see copydesk feeds list")

    @whole_transaction
    def pause_all(self, ids: Sequence[int], paused: bool, now: datetime | None = None) -> int:
        """Pause these feeds, or resume them, as :meth:`pause` does. Return how many there are."""
        resumed: dict[str, Any] = {} if paused else {"retired": False, "failing_since": None, "failures": 0}
        if now and not paused:
            resumed |= {"next_poll": now, "claimed_until": None}
        with self._database.transaction() as db:
            parts = [sorted(part) for part in in_parts(sorted(ids))]
            changed = [update(feed).where(feed.c.id.in_(part)).values(paused=paused, **resumed) for part in parts]
            return sum(db.execute(statement).rowcount for statement in changed)

    @whole_transaction
    def retire_all(self, ids: Sequence[int]) -> int:
        """Retire these feeds: they are polled no more, until they are resumed. Return how many there are."""
        with self._database.transaction() as db:
            parts = [update(feed).where(feed.c.id.in_(part)) for part in in_parts(sorted(ids))]
            return sum(db.execute(statement.values(retired=True)).rowcount for statement in parts)

    @whole_transaction
    def fix_interval(self, feed_id: int, seconds: float | None, now: datetime) -> None:
        """Poll a feed every so many seconds from now on; None leaves the pace to its polls again. Raises NotStored."""
        pace = {} if seconds is None else {"interval": seconds, "next_poll": now}
        with self._database.transaction() as db:
            changed = update(feed).where(feed.c.id == feed_id).values(fixed_interval=seconds, **pace)
            if not db.execute(changed).rowcount:
                raise NotStored("no such feed", concerns=f"feed {feed_id}", todo="see copydesk feeds list")

    @whole_transaction
    def make_due(self, ids: Sequence[int], now: datetime) -> int:
        """Let the next run poll these feeds, whenever they would be due; those paused or retired stay so, and so does
        one that a run polls now. Return how many are due."""
        with self._database.transaction() as db:
            polled = and_(feed.c.listed, feed.c.paused.is_(False), feed.c.retired.is_(False))
            parts = [update(feed).where(feed.c.id.in_(part), polled) for part in in_parts(sorted(ids))]
            return sum(db.execute(statement.values(next_poll=now)).rowcount for statement in parts)
