"""How polls and requests ended, day by day, as an operator reads it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from datetime import date, datetime, timedelta

from sqlalchemy import case, func, select

from pipeline.model import GOOD_OUTCOMES, NEUTRAL_OUTCOMES, DayTally, Tally
from pipeline.store.database import Database
from pipeline.store.outcomes import FEED, HOST, utc_day
from pipeline.store.schema.network import tally
from pipeline.store.schema.tables import feed

_WELL = (*GOOD_OUTCOMES, *NEUTRAL_OUTCOMES)


def tallies(
    store: Database, since: datetime, *, hosts: bool = False, names: Collection[str] | None = None
) -> list[Tally]:
    """Return how each listed feed's polls, or each host's requests, ended since the day of ``since``, by name.
    ``names``: these alone, of feeds the ids."""
    kind = HOST if hosts else FEED
    query = select(tally).where(tally.c.kind == kind, tally.c.day >= utc_day(since)).order_by(tally.c.day.desc())
    listed = select(feed.c.id, feed.c.url, feed.c.outlet).where(feed.c.listed)
    if names is not None:
        query = query.where(tally.c.name.in_(names))
        listed = listed.where(feed.c.id.in_([] if hosts else [int(name) for name in names]))
    counts: dict[str, list[tuple[date, str, int]]] = defaultdict(list)
    with store.reading() as db:
        for row in db.execute(query.order_by(tally.c.outcome)):
            counts[row.name].append((row.day, row.outcome, row.times))
        feeds = [] if hosts else db.execute(listed).all()
    if hosts:
        return [Tally(name, tuple(counts[name])) for name in sorted(counts)]
    rows = [Tally(row.url, tuple(counts.get(str(row.id), ())), row.id, row.outlet) for row in feeds]
    return sorted(rows, key=lambda row: (row.outlet, row.name))


def worst_names(store: Database, since: datetime, recent: datetime, limit: int, *, hosts: bool = False) -> set[str]:
    """Return the names of tallies since the day of ``since``, at most ``limit``: those with most failures since the
    day of ``recent``, then any. A feed's name is its id."""
    kind = tally.c.kind == (HOST if hosts else FEED)
    failed = func.sum(case((tally.c.outcome.in_(_WELL), 0), else_=tally.c.times))
    lately = select(tally.c.name).where(kind, tally.c.day >= utc_day(recent)).group_by(tally.c.name)
    remaining = select(tally.c.name).where(kind, tally.c.day >= utc_day(since)).distinct().limit(limit)
    with store.reading() as db:
        names = list(db.scalars(lately.order_by(failed.desc(), tally.c.name).limit(limit)))
        return set(names if len(names) == limit else [*names, *db.scalars(remaining)])


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
            bad=sum(times for outcome, times in outcomes[day] if outcome not in _WELL),
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
