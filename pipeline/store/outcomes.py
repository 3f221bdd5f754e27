"""How polls and requests ended, counted by feed, host and day, in the transaction that records what came of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from pipeline.model import Outcome, PollRecord, Revisit, RevisitOutcome
from pipeline.store.database import Subject
from pipeline.store.schema.network import tally
from pipeline.store.schema.tables import entry, feed
from pipeline.store.statements import in_parts
from pipeline.text.url import host_name

FEED, HOST = "feed", "host"
Ending = tuple[str, str, date, str]


class Outcomes(Subject):
    """The counters as a whole."""

    def prune(self, before: datetime) -> int:
        """Delete the counts of days before. Return how many rows."""
        with self._database.transaction() as db:
            return db.execute(delete(tally).where(tally.c.day < utc_day(before))).rowcount


def count_polls(db: Connection, records: Sequence[PollRecord]) -> None:
    """Count each poll under its feed, and under its host if one was asked."""
    endings: list[Ending] = []
    for record in records:
        names = [record.outcome.value, *([Outcome.MOVED.value] if record.moved else [])]
        day = utc_day(record.polled_at)
        endings += ((FEED, str(record.feed_id), day, name) for name in names)
        endings += ((HOST, record.host, day, name) for name in names if record.host)
    _count(db, endings)


def count_pages(db: Connection, ended: Iterable[tuple[str, str, datetime]]) -> None:
    """Count requests for pages, as (address, outcome, when), under their hosts."""
    requests = ((host_name(url), outcome, at) for url, outcome, at in ended)
    _count(db, [(HOST, host, utc_day(at), outcome) for host, outcome, at in requests if host])


def count_revisits(db: Connection, revisits: Sequence[Revisit]) -> None:
    """Count pages fetched again, under their hosts; an entry read from its feed's text made no request."""
    requests = [revisit for revisit in revisits if revisit.page is None or revisit.page.status]
    urls = _urls(db, [revisit.entry_id for revisit in requests])
    count_pages(db, [(urls.get(revisit.entry_id, ""), _as_request(revisit), revisit.at) for revisit in requests])


def count_held_pages(db: Connection, entry_ids: Sequence[int], now: datetime) -> None:
    """Count pages that were postponed because their hosts may not be asked."""
    count_pages(db, [(url, Outcome.HOST_RESTING.value, now) for url in _urls(db, entry_ids).values()])


def count_held_feeds(db: Connection, feed_ids: Sequence[int], now: datetime) -> None:
    """Count feeds that were postponed because their hosts may not be asked."""
    day, outcome = utc_day(now), Outcome.HOST_RESTING.value
    query = select(feed.c.id, feed.c.url, feed.c.address)
    rows = [row for part in in_parts(feed_ids) for row in db.execute(query.where(feed.c.id.in_(part)))]
    hosts = [(HOST, host_name(row.address or row.url), day, outcome) for row in rows]
    _count(db, [*((FEED, str(row.id), day, outcome) for row in rows), *hosts])


def _count(db: Connection, endings: Iterable[Ending]) -> None:
    # In one order for all, so that two transactions never wait for each other.
    rows = [
        {"kind": kind, "name": name, "day": day, "outcome": outcome[:24], "times": times}
        for (kind, name, day, outcome), times in sorted(Counter(endings).items())
    ]
    if rows:
        db.execute(_count_statement(db.dialect.name), rows)


@cache  # building it takes longer than executing it
def _count_statement(dialect: str) -> Any:
    statement = (postgresql if dialect == "postgresql" else sqlite).insert(tally)
    sum_of_times = {"times": tally.c.times + statement.excluded.times}
    return statement.on_conflict_do_update(index_elements=["kind", "name", "day", "outcome"], set_=sum_of_times)


def _as_request(revisit: Revisit) -> str:
    """Return how the request ended; a revisit's own outcome says what the page says now."""
    if revisit.outcome == RevisitOutcome.UNCHANGED and revisit.page is None:
        return Outcome.NOT_MODIFIED.value
    return Outcome.OK.value if revisit.page else revisit.outcome


def _urls(db: Connection, entry_ids: Sequence[int]) -> Mapping[int, str]:
    query = select(entry.c.id, entry.c.url)
    rows = (row for part in in_parts(entry_ids) for row in db.execute(query.where(entry.c.id.in_(part))))
    return {row.id: row.url for row in rows}


def utc_day(at: datetime) -> date:
    return at.astimezone(UTC).date()
