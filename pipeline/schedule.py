"""The times of polls, of revisits and of retries of pages. Pure: the time and chance are arguments."""

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
# Retry-After of an hour is an outlet's wish, of a year a mistake: it counts up to a month (seconds).
LONGEST_RETRY = 30 * 86_400.0


@dataclass(frozen=True, slots=True)
class PollAnswer:
    """The answer to a poll. ``fresh_for`` and ``hints`` are None where the answer does not state them.

    ``moved_to`` is where permanent redirects led, '' where none did.
    """

    outcome: Outcome
    new: int = 0
    known_entries: int = 0
    retry_after: float | None = None
    fresh_for: float | None = None
    hints: FeedHints | None = None
    moved_to: str = ""


@dataclass(frozen=True, slots=True)
class NextPoll:
    """The time of a feed's next poll, and its pace as known by now; ``reason`` is for a person."""

    at: datetime
    interval: float
    failures: int
    pace: Pace
    reason: str


def next_poll(feed: FeedState, answer: PollAnswer, now: datetime, chance: float, config: ScheduleConfig) -> NextPoll:
    """Return the next poll after an answer.

    The interval follows the share of entries that were known in the last on-time polls: a feed whose entries are
    nearly all new is polled too seldom, one that repeats itself too often; what a person set stays. Failures add
    intervals one by one, weighted by their kind. ``chance`` in 0..1 spreads polls by a tenth, later only. What the
    server asks for is never undercut: Retry-After up to a month, max-age, Expires and the feed's own period up to
    ``config.most``.
    """
    good = answer.outcome in GOOD_OUTCOMES
    pace = _address(_updated_pace(feed.pace, answer), answer) if good else _failing(feed, answer, now)
    interval, recent = _steered(feed, answer, now, config) if good else (feed.interval, feed.pace.recent)
    failures = 0 if good else feed.failures + 1
    wait, reason = _wait(interval, failures, answer, pace, now, config)
    floor = _floor(answer, pace, config)
    if floor > wait:
        reason = "as long as the server asks for"
    at = open_time(now + timedelta(seconds=max(wait * (1 + SPREAD * chance), floor)), pace.hints)
    return NextPoll(at, interval, failures, replace(pace, recent=recent), "retired" if pace.retired else reason)


def _updated_pace(pace: Pace, answer: PollAnswer) -> Pace:
    """Return the pace after a good answer; what it does not state stays as stated last: a 304 has no body."""
    fresh_for = answer.fresh_for if answer.fresh_for is not None else pace.fresh_for
    return replace(
        pace,
        failing_since=None,
        fresh_for=fresh_for if answer.outcome is Outcome.NOT_MODIFIED else answer.fresh_for or 0.0,
        hints=answer.hints if answer.hints is not None else pace.hints,
    )


def _address(pace: Pace, answer: PollAnswer) -> Pace:
    """Adopt a new address after permanent redirects to it in MOVES polls in a row (RFC 9110, 15.4.2)."""
    if not answer.moved_to:
        return replace(pace, moved_to="", moved_times=0)
    times = pace.moved_times + 1 if answer.moved_to == pace.moved_to else 1
    if times >= MOVES:
        return replace(pace, address=answer.moved_to, moved_to="", moved_times=0)
    return replace(pace, moved_to=answer.moved_to, moved_times=times)


def _failing(feed: FeedState, answer: PollAnswer, now: datetime) -> Pace:
    """Retire a feed that is gone at once, one that is not found after many polls; first give up an adopted address."""
    since = feed.pace.failing_since or now
    pace = replace(feed.pace, failing_since=since, moved_to="", moved_times=0)
    if answer.outcome is Outcome.GONE_410:
        return replace(pace, retired=True)
    if answer.outcome is not Outcome.NOT_FOUND:
        return pace
    if pace.address:
        return replace(pace, address="")
    lost = feed.last_outcome is Outcome.NOT_FOUND and feed.failures + 1 >= LOST_FAILURES and now - since >= LOST_AFTER
    return replace(pace, retired=lost)


def _wait(
    interval: float, failures: int, answer: PollAnswer, pace: Pace, now: datetime, config: ScheduleConfig
) -> tuple[float, str]:
    if answer.outcome in GOOD_OUTCOMES:
        return _bounded(interval, config), "at the feed's own pace"
    if pace.failing_since and now - pace.failing_since >= DEAD_AFTER:
        return DEAD_WAIT, "dead for weeks"
    weight = OUTCOME_TRAITS[answer.outcome].backoff
    return _bounded(interval * (1 + failures * weight), config), f"{failures} failures in a row"


def _floor(answer: PollAnswer, pace: Pace, config: ScheduleConfig) -> float:
    """Return the shortest wait that the server allows, capped: a year, asked for by mistake, would silence the feed."""
    fresh_for = pace.fresh_for if answer.outcome in GOOD_OUTCOMES else answer.fresh_for or 0.0
    wait = min(max(fresh_for, pace.hints.interval), config.most)
    return max(wait, min(answer.retry_after or 0.0, LONGEST_RETRY))


def _bounded(wait: float, config: ScheduleConfig) -> float:
    return min(max(wait, config.least), config.most)


def _steered(
    feed: FeedState, answer: PollAnswer, now: datetime, config: ScheduleConfig
) -> tuple[float, tuple[float, ...]]:
    """Return the new interval, and the shares of known entries since it last changed."""
    recent, interval = feed.pace.recent, _bounded(feed.fixed_interval or feed.interval, config)
    if feed.fixed_interval:
        return interval, ()
    if feed.last_poll is None or now - feed.next_poll > timedelta(seconds=max(LATE * interval, LATE_LEAST)):
        return interval, recent
    total = answer.new + answer.known_entries
    share = answer.known_entries / total if total else 1.0
    recent = (*recent, share)[-ENOUGH_POLLS:]
    mean = sum(recent) / len(recent)
    # Where not one entry is known, some may have left the feed between two polls: that cannot wait for two more.
    if share == 0.0 or (len(recent) == ENOUGH_POLLS and mean < OFTEN):
        return _bounded(interval / 2, config), ()
    if len(recent) == ENOUGH_POLLS and mean > SELDOM:
        return _bounded(interval * 2, config), ()
    return interval, recent


def open_time(at: datetime, hints: FeedHints) -> datetime:
    """Return the first time from ``at`` on that the feed's hints do not skip; ``at`` where there is none."""
    hour = at
    for _ in range(7 * 24):
        if hour.hour not in hints.skip_hours and hour.weekday() not in hints.skip_days:
            return hour
        hour = hour.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return at


SILENT_GAPS = 4
SILENT_LEAST = timedelta(days=1)


def silence(news_times: Sequence[datetime], now: datetime) -> str:
    """Return a warning where a feed has had no new entry for much longer than usual; '' where it has, or too few polls
    are known.

    ``news_times``: when its polls found new entries. Usual is the median of the gaps between these times.
    """
    times = sorted(news_times)
    gaps = sorted(later - sooner for sooner, later in pairwise(times))
    if len(gaps) < ENOUGH_POLLS:
        return ""
    usual, quiet = gaps[len(gaps) // 2], now - times[-1]
    if quiet <= max(SILENT_GAPS * usual, SILENT_LEAST):
        return ""
    return f"nothing new for {quiet / timedelta(hours=1):.0f} h, usually every {usual / timedelta(hours=1):.1f} h"


def next_revisit(first: datetime, now: datetime, hours: Sequence[float]) -> datetime | None:
    """Return when to visit a page again, first fetched at ``first``; None after the last time. Skip missed times."""
    times = (first + timedelta(hours=offset) for offset in sorted(hours))
    return next((at for at in times if at > now), None)


def revisits_now(due: Sequence[tuple[int, str]], visits: Mapping[str, int], most: int) -> list[int]:
    """Return which of the ``due`` (entry, host) to visit now, in order: ``most`` a host, with its recent ``visits``."""
    counted, chosen = Counter(visits), []
    for entry_id, host in due:
        if counted[host] < most:
            counted[host] += 1
            chosen.append(entry_id)
    return chosen


def retry_page(
    outcome: Outcome,
    attempts: int,
    now: datetime,
    chance: float,
    most: int,
    retry_after: float | None = None,
) -> datetime | None:
    """Return when to fetch a page again after its ``attempts``-th failure; None where no retry is worth it."""
    if not OUTCOME_TRAITS[outcome].retried or attempts >= most:
        return None
    wait = RETRY_BASE * 2 ** (attempts - 1) * (1 + SPREAD * chance)
    return now + timedelta(seconds=max(wait, min(retry_after or 0.0, LONGEST_RETRY)))
