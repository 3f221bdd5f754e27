"""When to poll next, and when to try a page again: pure, with the time and chance passed in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from pipeline.config import ScheduleConfig
from pipeline.model import GOOD_OUTCOMES, OUTCOME_TRAITS, FeedHints, FeedState, Outcome, Pace

RETRY_BASE = 300.0
SPREAD = 0.1
# The interval changes when so many polls agree, Media Cloud's rule: one burst of news is no new pace.
ENOUGH_POLLS = 3
SELDOM, OFTEN = 0.9, 0.5
# A poll that came later than this share of the interval brings more news for being late: it says nothing of the pace.
LATE = 0.5
LATE_LEAST = 600.0
MOVES = 3
DEAD_AFTER = timedelta(days=21)
DEAD_WAIT = 30 * 86_400.0
LOST_AFTER = timedelta(days=7)
LOST_FAILURES = 10
# An hour's hold is an outlet's wish, a year's a mistake: Retry-After counts up to a month.
LONGEST_RETRY = 30 * 86_400.0


@dataclass(frozen=True, slots=True)
class Heard:
    """What a poll was told. ``fresh_for`` and ``hints`` are None where the answer said nothing of them.

    ``moved_to`` is where permanent redirects led, '' where none did.
    """

    outcome: Outcome
    new: int = 0
    known: int = 0
    retry_after: float | None = None
    fresh_for: float | None = None
    hints: FeedHints | None = None
    moved_to: str = ""


@dataclass(frozen=True, slots=True)
class NextPoll:
    """When to poll next and what the feed has taught by now; ``reason`` is for a person."""

    at: datetime
    interval: float
    failures: int
    pace: Pace
    reason: str


def next_poll(feed: FeedState, heard: Heard, now: datetime, chance: float, config: ScheduleConfig) -> NextPoll:
    """The next poll after what was heard.

    The interval follows the share of entries that were known in the last on-time polls: a feed whose entries are
    nearly all new is polled too seldom, one that repeats itself too often. Failures add intervals one by one,
    weighted by their kind. ``chance`` in 0..1 spreads polls by a tenth, later only. What the server asks for is
    never undercut: Retry-After up to a month, max-age, Expires and the feed's own period up to ``config.most``.
    """
    good = heard.outcome in GOOD_OUTCOMES
    pace = _address(_asked(feed.pace, heard), heard) if good else _failing(feed, heard, now)
    interval, recent = _steered(feed, heard, now, config) if good else (feed.interval, feed.pace.recent)
    failures = 0 if good else feed.failures + 1
    wait, reason = _wait(interval, failures, heard, pace, now, config)
    floor = _floor(heard, pace, config)
    if floor > wait:
        reason = "as long as the server asks for"
    at = open_time(now + timedelta(seconds=max(wait * (1 + SPREAD * chance), floor)), pace.hints)
    return NextPoll(at, interval, failures, replace(pace, recent=recent), "retired" if pace.retired else reason)


def _asked(pace: Pace, heard: Heard) -> Pace:
    """An answer that says nothing leaves standing what the last one said: a 304 has no body."""
    fresh_for = heard.fresh_for if heard.fresh_for is not None else pace.fresh_for
    return replace(
        pace,
        failing_since=None,
        fresh_for=fresh_for if heard.outcome is Outcome.NOT_MODIFIED else heard.fresh_for or 0.0,
        hints=heard.hints if heard.hints is not None else pace.hints,
    )


def _address(pace: Pace, heard: Heard) -> Pace:
    """Permanent redirects to one place, so many polls in a row, give the feed its new address (RFC 9110, 15.4.2)."""
    if not heard.moved_to:
        return replace(pace, moved_to="", moved_times=0)
    times = pace.moved_times + 1 if heard.moved_to == pace.moved_to else 1
    if times >= MOVES:
        return replace(pace, address=heard.moved_to, moved_to="", moved_times=0)
    return replace(pace, moved_to=heard.moved_to, moved_times=times)


def _failing(feed: FeedState, heard: Heard, now: datetime) -> Pace:
    """Gone is gone at once, not found after many polls and days; an adopted address that is lost is given up first."""
    since = feed.pace.failing_since or now
    pace = replace(feed.pace, failing_since=since, moved_to="", moved_times=0)
    if heard.outcome is Outcome.GONE:
        return replace(pace, retired=True)
    if heard.outcome is not Outcome.NOT_FOUND:
        return pace
    if pace.address:
        return replace(pace, address="")
    lost = feed.last_outcome is Outcome.NOT_FOUND and feed.failures + 1 >= LOST_FAILURES and now - since >= LOST_AFTER
    return replace(pace, retired=lost)


def _wait(
    interval: float, failures: int, heard: Heard, pace: Pace, now: datetime, config: ScheduleConfig
) -> tuple[float, str]:
    if heard.outcome in GOOD_OUTCOMES:
        return _bounded(interval, config), "at the feed's own pace"
    if pace.failing_since and now - pace.failing_since >= DEAD_AFTER:
        return DEAD_WAIT, "dead for weeks"
    weight = OUTCOME_TRAITS[heard.outcome].backoff
    return _bounded(interval * (1 + failures * weight), config), f"{failures} failures in a row"


def _floor(heard: Heard, pace: Pace, config: ScheduleConfig) -> float:
    """A server that asks to be left alone for a year would silence its feed by mistake: the caps are the caller's."""
    fresh_for = pace.fresh_for if heard.outcome in GOOD_OUTCOMES else heard.fresh_for or 0.0
    kept = min(max(fresh_for, pace.hints.every), config.most)
    return max(kept, min(heard.retry_after or 0.0, LONGEST_RETRY))


def _bounded(wait: float, config: ScheduleConfig) -> float:
    return min(max(wait, config.least), config.most)


def _steered(feed: FeedState, heard: Heard, now: datetime, config: ScheduleConfig) -> tuple[float, tuple[float, ...]]:
    """The interval, and the shares of known entries that it has not been changed for yet."""
    recent, interval = feed.pace.recent, _bounded(feed.interval, config)
    if feed.last_poll is None or now - feed.next_poll > timedelta(seconds=max(LATE * interval, LATE_LEAST)):
        return interval, recent
    total = heard.new + heard.known
    share = heard.known / total if total else 1.0
    recent = (*recent, share)[-ENOUGH_POLLS:]
    mean = sum(recent) / len(recent)
    # Where not one entry is known, some may have come and gone between two polls: that cannot wait for two more.
    if share == 0.0 or (len(recent) == ENOUGH_POLLS and mean < OFTEN):
        return _bounded(interval / 2, config), ()
    if len(recent) == ENOUGH_POLLS and mean > SELDOM:
        return _bounded(interval * 2, config), ()
    return interval, recent


def open_time(at: datetime, hints: FeedHints) -> datetime:
    """The first hour from ``at`` on that the feed does not ask to be left alone in; ``at`` where there is none."""
    hour = at
    for _ in range(7 * 24):
        if hour.hour not in hints.skip_hours and hour.weekday() not in hints.skip_days:
            return hour
        hour = hour.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return at


SILENT_GAPS = 4
SILENT_LEAST = timedelta(days=1)


def silence(brought: Sequence[datetime], now: datetime) -> str:
    """A warning where a feed has brought nothing new for much longer than usual; '' where it has, or too little is
    known.

    ``brought``: when its polls brought something new. Usual is the median of the gaps between these times.
    """
    times = sorted(brought)
    gaps = sorted(later - sooner for sooner, later in pairwise(times))
    if len(gaps) < ENOUGH_POLLS:
        return ""
    usual, quiet = gaps[len(gaps) // 2], now - times[-1]
    if quiet <= max(SILENT_GAPS * usual, SILENT_LEAST):
        return ""
    return f"nothing new for {quiet / timedelta(hours=1):.0f} h, usually every {usual / timedelta(hours=1):.1f} h"


def next_revisit(first: datetime, now: datetime, hours: Sequence[float]) -> datetime | None:
    """When to look again at a page fetched ``first``; None after the last time. What was missed is left out."""
    times = (first + timedelta(hours=each) for each in sorted(hours))
    return next((at for at in times if at > now), None)


def revisits_now(due: Sequence[tuple[int, str]], done: Mapping[str, int], most: int) -> list[int]:
    """Which of the ``due`` (entry, host) are looked at now: in the order given, ``most`` a host with those ``done``."""
    counted, taken = Counter(done), []
    for entry_id, host in due:
        if counted[host] < most:
            counted[host] += 1
            taken.append(entry_id)
    return taken


def retry_page(
    outcome: Outcome,
    attempts: int,
    now: datetime,
    chance: float,
    most: int,
    retry_after: float | None = None,
) -> datetime | None:
    """When to fetch a page again after its ``attempts``-th failure; None where it is not worth it."""
    if not OUTCOME_TRAITS[outcome].retried or attempts >= most:
        return None
    wait = RETRY_BASE * 2 ** (attempts - 1) * (1 + SPREAD * chance)
    return now + timedelta(seconds=max(wait, min(retry_after or 0.0, LONGEST_RETRY)))
