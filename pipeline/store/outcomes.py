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
Counted = tuple[str, str, date, str]


class Outcomes(Subject):
    """The counters as a whole."""

    def prune(self, before: datetime) -> int:
        """Forget the days before; how many rows."""
        with self._database.transaction() as db:
            return db.execute(delete(tally).where(tally.c.day < utc_day(before))).rowcount


def count_polls(db: Connection, records: Sequence[PollRecord]) -> None:
    """Each poll under its feed, and under its host if one was asked."""
    found: list[Counted] = []
    for record in records:
        names = [record.outcome.value, *([Outcome.MOVED.value] if record.moved else [])]
        day = utc_day(record.polled_at)
        found += ((FEED, str(record.feed_id), day, name) for name in names)
        found += ((HOST, record.host, day, name) for name in names if record.host)
    _count(db, found)


def count_pages(db: Connection, ended: Iterable[tuple[str, str, datetime]]) -> None:
    """Pages asked for, as (address, outcome, when), under their hosts."""
    named = ((host_name(url), outcome, at) for url, outcome, at in ended)
    _count(db, [(HOST, host, utc_day(at), outcome) for host, outcome, at in named if host])


def count_revisits(db: Connection, done: Sequence[Revisit]) -> None:
    """Pages looked at again, under their hosts; a feed's own text is none."""
    asked = [one for one in done if one.page is None or one.page.status]
    urls = _urls(db, [one.entry_id for one in asked])
    count_pages(db, [(urls.get(one.entry_id, ""), _as_request(one), one.at) for one in asked])


def count_held_pages(db: Connection, entry_ids: Sequence[int], now: datetime) -> None:
    """Pages whose hosts were not to be asked."""
    count_pages(db, [(url, Outcome.HELD.value, now) for url in _urls(db, entry_ids).values()])


def count_held_feeds(db: Connection, feed_ids: Sequence[int], now: datetime) -> None:
    """Feeds whose hosts were not to be asked."""
    day, held = utc_day(now), Outcome.HELD.value
    query = select(feed.c.id, feed.c.url, feed.c.address)
    rows = [row for part in in_parts(feed_ids) for row in db.execute(query.where(feed.c.id.in_(part)))]
    hosts = [(HOST, host_name(row.address or row.url), day, held) for row in rows]
    _count(db, [*((FEED, str(row.id), day, held) for row in rows), *hosts])


def _count(db: Connection, found: Iterable[Counted]) -> None:
    # In one order for all, so that two transactions never wait for each other.
    rows = [
        {"kind": kind, "name": name, "day": day, "outcome": outcome[:24], "times": times}
        for (kind, name, day, outcome), times in sorted(Counter(found).items())
    ]
    if rows:
        db.execute(_more(db.dialect.name), rows)


@cache  # building it costs more than carrying it out
def _more(dialect: str) -> Any:
    statement = (postgresql if dialect == "postgresql" else sqlite).insert(tally)
    more = {"times": tally.c.times + statement.excluded.times}
    return statement.on_conflict_do_update(index_elements=["kind", "name", "day", "outcome"], set_=more)


def _as_request(one: Revisit) -> str:
    """How the request ended, where a look is named for what the page says now."""
    if one.outcome == RevisitOutcome.UNCHANGED and one.page is None:
        return Outcome.NOT_MODIFIED.value
    return Outcome.OK.value if one.page else one.outcome


def _urls(db: Connection, entry_ids: Sequence[int]) -> Mapping[int, str]:
    query = select(entry.c.id, entry.c.url)
    rows = (row for part in in_parts(entry_ids) for row in db.execute(query.where(entry.c.id.in_(part))))
    return {row.id: row.url for row in rows}


def utc_day(at: datetime) -> date:
    return at.astimezone(UTC).date()
