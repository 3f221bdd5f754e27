"""When to poll next, and when to try a page again: pure, with the time and chance passed in."""

from __future__ import annotations

from datetime import datetime, timedelta

from pipeline.config import ScheduleConfig
from pipeline.model import FeedState, Outcome

GOOD = (Outcome.OK, Outcome.NOT_MODIFIED)
# How far one failure of a kind moves the next poll, in intervals: hard ones mean the address itself is wrong.
WEIGHTS = {
    Outcome.GONE: 4.0,
    Outcome.NOT_FOUND: 2.0,
    Outcome.BLOCKED: 2.0,
    Outcome.NOT_A_FEED: 2.0,
    Outcome.GUARD: 4.0,
    Outcome.ROBOTS: 4.0,
    Outcome.TOO_LARGE: 2.0,
}
TEMPORARY = {
    Outcome.RATE_LIMITED,
    Outcome.SERVER_ERROR,
    Outcome.TIMEOUT,
    Outcome.UNREACHABLE,
    Outcome.TRUNCATED,
    Outcome.EMPTY,
    Outcome.PROTOCOL,
}
RETRY_BASE = 300.0
SPREAD = 0.1


def next_poll(
    feed: FeedState,
    outcome: Outcome,
    new: int,
    known: int,
    now: datetime,
    chance: float,
    config: ScheduleConfig,
    retry_after: float | None = None,
) -> tuple[datetime, float, int]:
    """Time of the next poll, the interval (seconds) and the failures in a row, after a poll's outcome.

    The interval follows the share of entries that were known: a feed whose entries are nearly all new is polled
    too seldom, one that repeats itself too often. Failures add intervals one by one, weighted by their kind.
    ``chance`` in 0..1 spreads polls by a tenth, later only; Retry-After is never undercut.
    """
    if outcome in GOOD:
        interval, failures = _steered(feed.interval, new, known, config), 0
        wait = interval
    else:
        interval, failures = feed.interval, feed.failures + 1
        wait = interval * (1 + failures * WEIGHTS.get(outcome, 1.0))
    wait = min(max(wait, config.least), config.most)
    wait = max(wait * (1 + SPREAD * chance), retry_after or 0.0)
    return now + timedelta(seconds=wait), interval, failures


def _steered(interval: float, new: int, known: int, config: ScheduleConfig) -> float:
    total = new + known
    repeated = known / total if total else 1.0
    if repeated > 0.9:
        interval *= 1.5
    elif repeated < 0.5:
        interval /= 2
    return min(max(interval, config.least), config.most)


def retry_page(
    outcome: Outcome,
    attempts: int,
    now: datetime,
    chance: float,
    most: int,
    retry_after: float | None = None,
) -> datetime | None:
    """When to fetch a page again after its ``attempts``-th failure; None where it is not worth it."""
    if outcome not in TEMPORARY or attempts >= most:
        return None
    wait = RETRY_BASE * 2 ** (attempts - 1) * (1 + SPREAD * chance)
    return now + timedelta(seconds=max(wait, retry_after or 0.0))
