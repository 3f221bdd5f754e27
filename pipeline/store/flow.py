"""The way from feeds to stories, counted by the hour in the transactions in which it happens.

Each of these writes its counts last, in one order for all, so that no two transactions wait for each other.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, delete
from sqlalchemy.dialects import postgresql, sqlite

from pipeline.model import FlowReason, FlowStage, Moment, Precision
from pipeline.store.database import Subject
from pipeline.store.schema.network import flow

Counts = Counter[tuple[FlowStage, str]]
# Upper bounds, in seconds, of the time from publication to the store; what took longer was no news when it came.
DELAY_BOUNDS = (
    30, 60, 90, 120, 180, 240, 300, 420, 600, 900, 1200, 1800, 2700, 3600, 5400, 7200, 10800, 14400, 21600, 28800,
    43200, 64800, 86400, 129600, 172800,
)  # fmt: skip
LATE = "late"
MOST_REASON = 40


class FlowCounts(Subject):
    """The counts as a whole."""

    def prune(self, before: datetime) -> int:
        """Delete the counts of hours before. Return how many rows."""
        with self._database.transaction() as db:
            return db.execute(delete(flow).where(flow.c.hour < hour_of(before))).rowcount


def count_flow(db: Connection, at: datetime, counts: Mapping[tuple[FlowStage, str], int]) -> None:
    """Add to the counts of the hour of ``at``."""
    hour = hour_of(at)
    rows = [
        {"hour": hour, "stage": stage.value, "reason": reason[:MOST_REASON], "times": times}
        for (stage, reason), times in sorted(counts.items())
        if times
    ]
    if rows:
        db.execute(_count_statement(db.dialect.name), rows)


def delay_reason(published: Moment | None, at: datetime) -> str | None:
    """Return the bound, in seconds, of the time that an article took to be stored, or LATE; None where only a day is
    known of its publication, or a time that has not come."""
    if published is None or published.precision is Precision.DAY or published.value > at:
        return None
    index = bisect_left(DELAY_BOUNDS, (at - published.value).total_seconds())
    return str(DELAY_BOUNDS[index]) if index < len(DELAY_BOUNDS) else LATE


def text_counts(characters: int, removed: int) -> Counts:
    """Return the counts of an article's characters, and of those that were taken off."""
    return Counter(
        {(FlowStage.TEXT, FlowReason.TEXT_LEFT.value): characters, (FlowStage.TEXT, FlowReason.TEXT_OFF.value): removed}
    )


def hour_of(at: datetime) -> datetime:
    """Return the beginning of the hour, in UTC."""
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def first_hour(now: datetime, hours: int) -> datetime:
    """Return the first of so many hours, of which the one under way is the last."""
    return hour_of(now) - timedelta(hours=hours - 1)


@cache  # building it takes longer than executing it
def _count_statement(dialect: str) -> Any:
    statement = (postgresql if dialect == "postgresql" else sqlite).insert(flow)
    total = {"times": flow.c.times + statement.excluded.times}
    return statement.on_conflict_do_update(index_elements=["hour", "stage", "reason"], set_=total)
