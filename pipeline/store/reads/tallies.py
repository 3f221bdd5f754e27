"""How polls and requests ended, day by day, as an operator reads it."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, datetime, timedelta

from sqlalchemy import select

from pipeline.model import GOOD_OUTCOMES, NEUTRAL_OUTCOMES, DayTally, Tally
from pipeline.store.database import Database
from pipeline.store.outcomes import FEED, HOST, utc_day
from pipeline.store.schema.network import tally
from pipeline.store.schema.tables import feed


def tallies(store: Database, since: datetime, *, hosts: bool = False) -> list[Tally]:
    """Return how each listed feed's polls, or each host's requests, ended since the day of ``since``, by name."""
    kind = HOST if hosts else FEED
    query = select(tally).where(tally.c.kind == kind, tally.c.day >= utc_day(since)).order_by(tally.c.day.desc())
    counts: dict[str, list[tuple[date, str, int]]] = defaultdict(list)
    with store.reading() as db:
        for row in db.execute(query.order_by(tally.c.outcome)):
            counts[row.name].append((row.day, row.outcome, row.times))
        feeds = [] if hosts else db.execute(select(feed.c.id, feed.c.url, feed.c.outlet).where(feed.c.listed)).all()
    if hosts:
        return [Tally(name, tuple(counts[name])) for name in sorted(counts)]
    rows = [Tally(row.url, tuple(counts.get(str(row.id), ())), row.id, row.outlet) for row in feeds]
    return sorted(rows, key=lambda row: (row.outlet, row.name))


def history(row: Tally, days: int, last: date) -> list[DayTally]:
    """Return a tally for each of the ``days`` up to ``last``, the earliest first, also for days without a request."""
    outcomes: dict[date, list[tuple[str, int]]] = defaultdict(list)
    for day, outcome, times in row.counts:
        outcomes[day].append((outcome, times))
    day_range = [last - timedelta(days=n) for n in range(days - 1, -1, -1)]
    return [
        DayTally(
            day,
            good=sum(times for outcome, times in outcomes[day] if outcome in GOOD_OUTCOMES),
            bad=sum(times for outcome, times in outcomes[day] if outcome not in (*GOOD_OUTCOMES, *NEUTRAL_OUTCOMES)),
            counts=tuple(outcomes[day]),
        )
        for day in day_range
    ]


def totals(row: Tally) -> dict[str, int]:
    """Return how often each outcome occurred, the most frequent first."""
    times_by_outcome: Counter[str] = Counter()
    for _, outcome, times in row.counts:
        times_by_outcome[outcome] += times
    return dict(sorted(times_by_outcome.items(), key=lambda pair: (-pair[1], pair[0])))
