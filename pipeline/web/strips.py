"""The days that the strip of a feed shows."""

from __future__ import annotations

from datetime import datetime, timedelta

STRIP_DAYS = 14


def first_day(now: datetime) -> datetime:
    """Return a time on the first of the strip's days."""
    return now - timedelta(days=STRIP_DAYS - 1)
