"""Feeds as an operator looks for them: by words and by state, the worst first, a page at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, false, func, or_, select, tuple_

from pipeline.errors import NotStored
from pipeline.model import (
    GOOD_OUTCOMES,
    NEUTRAL_OUTCOMES,
    EntryRow,
    FeedCounts,
    FeedFilter,
    FeedSpec,
    FeedState,
    FeedStatus,
    LatePolls,
    Poll,
    Tally,
)
from pipeline.store.database import Database
from pipeline.store.outcomes import FEED, utc_day
from pipeline.store.row_records import SPEC_COLUMNS, entry_row, feed_spec, feed_state
from pipeline.store.schema.network import tally
from pipeline.store.schema.tables import entry, feed, poll

_WELL = (*GOOD_OUTCOMES, *NEUTRAL_OUTCOMES)
_STOPPED = or_(feed.c.paused, feed.c.retired)
STATES: dict[FeedStatus, ColumnElement[bool]] = {
    FeedStatus.FAILING: and_(~_STOPPED, feed.c.last_outcome.not_in(_WELL)),
    FeedStatus.WELL: and_(~_STOPPED, feed.c.last_outcome.in_(_WELL)),
    FeedStatus.NEW: and_(~_STOPPED, feed.c.last_outcome.is_(None)),
    FeedStatus.PAUSED: _STOPPED,
}
# A feed is due for less in any installation that runs: `ingest` runs every five minutes.
LATE = timedelta(minutes=15)
# A keyset's order, the worst first: failures in a row, then the id.
_WORST = (-feed.c.failures, feed.c.id)


def count_feeds(store: Database, words: str = "") -> FeedCounts:
    """Return how many listed feeds that these words match are in each state, and in all."""
    columns = [func.count().filter(condition) for condition in STATES.values()]
    with store.reading() as db:
        total, *numbers = db.execute(select(func.count(), *columns).where(_listed(words))).one()
    return FeedCounts(total, dict(zip(STATES, numbers, strict=True)))


def late_polls(store: Database, now: datetime) -> LatePolls:
    """Return how many feeds are due for longer than LATE, and when any feed was polled last."""
    late = select(func.count(), func.min(feed.c.next_poll)).where(feed.c.listed, ~_STOPPED)
    with store.reading() as db:
        number, due_since = db.execute(late.where(feed.c.next_poll < now - LATE)).one()
        last_poll = db.scalar(select(func.max(feed.c.last_poll))) if number else None
    none_run = number > 0 and (last_poll is None or last_poll < now - LATE)
    return LatePolls(number, due_since, last_poll, none_run)


def list_feeds(store: Database, wanted: FeedFilter, limit: int) -> list[FeedState]:
    """Return the listed feeds that match, those that failed most often in a row first."""
    query = select(feed).where(_matching(wanted)).order_by(*_WORST).limit(limit)
    with store.reading() as db:
        if wanted.after:
            place = db.execute(select(*_WORST).where(feed.c.id == wanted.after)).first()
            query = query.where(tuple_(*_WORST) > tuple_(*place)) if place else query.where(false())
        return [feed_state(row) for row in db.execute(query).mappings()]


def matching_feeds(store: Database, wanted: FeedFilter) -> list[int]:
    """Return the ids of all listed feeds that match, whatever ``after`` says."""
    with store.reading() as db:
        return list(db.scalars(select(feed.c.id).where(_matching(wanted)).order_by(feed.c.id)))


def listed_specs(store: Database) -> list[FeedSpec]:
    """Return what feeds.toml says of all listed feeds, by outlet."""
    columns = [feed.c[name] for name in SPEC_COLUMNS]
    query = select(*columns).where(_matching(FeedFilter())).order_by(feed.c.outlet, feed.c.id)
    with store.reading() as db:
        return [feed_spec(row) for row in db.execute(query).mappings()]


def find_feed(store: Database, feed_id: int) -> FeedState:
    """Return one feed, listed or not. Raises NotStored."""
    with store.reading() as db:
        row = db.execute(select(feed).where(feed.c.id == feed_id)).mappings().first()
    if row is None:
        raise NotStored("no such feed", concerns=f"feed {feed_id}", todo="see copydesk feeds list")
    return feed_state(row)


def polls_of(store: Database, feed_id: int, limit: int, *, failed_only: bool = False) -> list[Poll]:
    """Return a feed's polls, the latest first."""
    query = select(poll).where(poll.c.feed_id == feed_id).order_by(poll.c.id.desc()).limit(limit)
    if failed_only:
        query = query.where(poll.c.outcome.not_in(_WELL))
    with store.reading() as db:
        return [
            Poll(row.polled_at, row.outcome, row.status, row.detail, row.entries, row.new, row.dropped)
            for row in db.execute(query)
        ]


def entries_of(store: Database, feed_id: int, limit: int) -> list[EntryRow]:
    """Return a feed's entries, the latest first."""
    query = select(entry).where(entry.c.feed_id == feed_id).order_by(entry.c.id.desc()).limit(limit)
    with store.reading() as db:
        return [entry_row(row) for row in db.execute(query)]


def tallies_of(store: Database, feeds: Sequence[FeedState], since: datetime) -> dict[int, Tally]:
    """Return how the polls of these feeds ended since the day of ``since``, by feed."""
    counts: dict[str, list[tuple[date, str, int]]] = defaultdict(list)
    names = [str(state.id) for state in feeds]
    query = select(tally).where(tally.c.kind == FEED, tally.c.name.in_(names), tally.c.day >= utc_day(since))
    with store.reading() as db:
        for row in db.execute(query.order_by(tally.c.day.desc(), tally.c.outcome)):
            counts[row.name].append((row.day, row.outcome, row.times))
    return {
        state.id: Tally(state.spec.url, tuple(counts[str(state.id)]), state.id, state.spec.outlet) for state in feeds
    }


def _matching(wanted: FeedFilter) -> ColumnElement[bool]:
    conditions = [_listed(wanted.words)]
    if wanted.status:
        conditions.append(STATES[wanted.status])
    if wanted.outcome:
        conditions.append(and_(~_STOPPED, feed.c.last_outcome == wanted.outcome.value))
    return and_(*conditions)


def _listed(words: str) -> ColumnElement[bool]:
    """Select listed feeds with each of these words in outlet, address or last problem, in any case."""
    columns = (feed.c.outlet, feed.c.url, feed.c.last_detail)
    conditions = [or_(*(column.icontains(word, autoescape=True) for column in columns)) for word in words.split()]
    return and_(feed.c.listed, *conditions)
