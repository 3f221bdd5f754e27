"""The way from feeds to stories in the last hours, from its counts; and the entries behind each of its numbers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, false, func, select, tuple_

from pipeline.model import (
    EntryFilter,
    EntryPlace,
    EntryStand,
    EntryStatus,
    Flow,
    FlowCount,
    FlowReason,
    FlowStage,
    HourDelay,
    PageKind,
)
from pipeline.store.database import Database
from pipeline.store.flow import DELAY_BOUNDS, LATE
from pipeline.store.row_records import entry_row
from pipeline.store.schema.network import flow
from pipeline.store.schema.tables import article, copy, entry, waiting

_HALF, _NEARLY_ALL = 0.5, 0.95
_STATUSES: Mapping[EntryStand, tuple[EntryStatus, ...]] = {
    EntryStand.WAITING: (EntryStatus.NEW, EntryStatus.RETRY),
    EntryStand.FAILED: (EntryStatus.FAILED,),
    EntryStand.ASIDE: (EntryStatus.SET_ASIDE,),
    EntryStand.READ: (EntryStatus.EXTRACTED, EntryStatus.CLUSTERED),
    EntryStand.PLACED: (EntryStatus.CLUSTERED,),
}


def flow_since(store: Database, since: datetime) -> Flow:
    """Return the way since the hour ``since``."""
    query = select(flow).where(flow.c.hour >= since).order_by(flow.c.hour)
    with store.reading() as db:
        counts = [FlowCount(row.hour, FlowStage(row.stage), row.reason, row.times) for row in db.execute(query)]
        return sum_flow(since, counts, _waiting_pages(db), _waiting_articles(db))


def _waiting_pages(db: Connection) -> int:
    waits = [status.value for status in _STATUSES[EntryStand.WAITING]]
    return int(db.scalar(select(func.count()).where(entry.c.status.in_(waits))) or 0)


def _waiting_articles(db: Connection) -> int:
    return int(db.scalar(select(func.count()).select_from(waiting)) or 0)


def sum_flow(since: datetime, counts: Sequence[FlowCount], waiting_pages: int, waiting_articles: int) -> Flow:
    """Return the way that these counts tell."""
    totals: dict[FlowStage, Counter[str]] = defaultdict(Counter)
    for count in counts:
        totals[count.stage][count.reason] += count.times
    listing, pages, kinds = totals[FlowStage.LISTING], totals[FlowStage.PAGE], totals[FlowStage.ARTICLE]
    placing, text, delays = totals[FlowStage.PLACING], totals[FlowStage.TEXT], totals[FlowStage.DELAY]
    return Flow(
        since=since,
        listed=listing.total(),
        repeats=listing[FlowReason.REPEAT],
        new=listing[FlowReason.NEW],
        fetched=pages[FlowReason.READ],
        articles=kinds[PageKind.ARTICLE],
        copies=placing[FlowReason.FIRST] + placing[FlowReason.JOINED],
        stories=placing[FlowReason.FIRST],
        dropped=_losses(listing, (FlowReason.NEW, FlowReason.REPEAT)),
        failed=_losses(pages, (FlowReason.READ,)),
        aside=_losses(kinds, (PageKind.ARTICLE,)),
        passed=placing[FlowReason.PASSED],
        waiting_pages=waiting_pages,
        waiting_articles=waiting_articles,
        kept_characters=text[FlowReason.TEXT_LEFT],
        removed_characters=text[FlowReason.TEXT_OFF],
        late=delays[LATE],
        delay=_delay(since, kinds.total(), delays),
        hours=_hours(counts),
    )


def _losses(counts: Mapping[str, int], passing: Iterable[str]) -> tuple[tuple[str, int], ...]:
    losses = [(reason, times) for reason, times in counts.items() if reason not in set(passing)]
    return tuple(sorted(losses, key=lambda loss: (-loss[1], loss[0])))


def _hours(counts: Sequence[FlowCount]) -> tuple[HourDelay, ...]:
    by_hour: dict[datetime, dict[FlowStage, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for count in counts:
        by_hour[count.hour][count.stage][count.reason] += count.times
    return tuple(
        _delay(hour, stages[FlowStage.ARTICLE].total(), stages[FlowStage.DELAY])
        for hour, stages in sorted(by_hour.items())
    )


def _delay(hour: datetime, articles: int, delays: Mapping[str, int]) -> HourDelay:
    return HourDelay(hour, articles, quantile(delays, _HALF), quantile(delays, _NEARLY_ALL))


def quantile(delays: Mapping[str, int], share: float) -> float | None:
    """Return the seconds within which this share of the articles came, read off a straight line between two bounds;
    None where none has a bound."""
    wanted = share * sum(delays.get(str(bound), 0) for bound in DELAY_BOUNDS)
    below = 0.0
    for lower, upper in zip((0, *DELAY_BOUNDS), DELAY_BOUNDS, strict=False):
        times = delays.get(str(upper), 0)
        if times and below + times >= wanted:
            return lower + (upper - lower) * (wanted - below) / times
        below += times
    return None


def list_entries(store: Database, wanted: EntryFilter, limit: int) -> list[EntryPlace]:
    """Return the entries that match, those that came to stand so last first; of waiting ones those that are tried
    next."""
    time = entry.c.seen_at if wanted.stand is EntryStand.NEW else entry.c.next_try
    is_waiting = wanted.stand is EntryStand.WAITING
    order = (time, entry.c.id) if is_waiting else (time.desc(), entry.c.id.desc())
    query = select(entry, time.label("since"), copy.c.story_id)
    query = query.outerjoin(article, article.c.entry_id == entry.c.id).outerjoin(copy)
    query = query.where(_matching(wanted, time)).order_by(*order).limit(limit)
    with store.reading() as db:
        if wanted.after:
            query = query.where(_behind(db, wanted.after, time, is_ascending=is_waiting))
        return [EntryPlace(entry_row(row), row.since, row.feed_id, row.story_id) for row in db.execute(query)]


def _matching(wanted: EntryFilter, time: Any) -> ColumnElement[bool]:
    conditions = [] if wanted.stand is EntryStand.WAITING else [time >= wanted.since]
    if wanted.stand in _STATUSES:
        conditions.append(entry.c.status.in_([status.value for status in _STATUSES[wanted.stand]]))
    if wanted.outcome:
        conditions.append(entry.c.outcome == wanted.outcome)
    return and_(*conditions)


def _behind(db: Connection, entry_id: int, time: Any, *, is_ascending: bool) -> ColumnElement[bool]:
    place = db.execute(select(time, entry.c.id).where(entry.c.id == entry_id)).first()
    if place is None:
        return false()
    return tuple_(time, entry.c.id) > tuple_(*place) if is_ascending else tuple_(time, entry.c.id) < tuple_(*place)
