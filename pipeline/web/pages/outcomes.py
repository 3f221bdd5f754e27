"""The page of outcomes: how polls and requests ended, day by day, and which feeds are silent or the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import FastAPI, Query, Request
from fastapi.responses import HTMLResponse

from pipeline.model import DayTally, FeedState, Tally
from pipeline.store import Store
from pipeline.store.reads import views
from pipeline.store.reads.tallies import history, tallies, totals
from pipeline.web.rendering import render
from pipeline.web.site import Site

# Trouble of these last days counts before older trouble.
RECENT_DAYS = 2

Days = Annotated[int, Query(ge=1, le=90)]


@dataclass(frozen=True, slots=True)
class TallyLine:
    """A feed or host in the table of outcomes."""

    row: Tally
    totals: dict[str, int]
    days: list[DayTally]


def add_route(app: FastAPI, site: Site) -> None:
    """Serve the page at ``/outcomes``."""

    @app.get("/outcomes", response_class=HTMLResponse)
    def show_outcomes(request: Request, days: Days = 14) -> HTMLResponse:
        store, now = site.open_store(), site.clock()
        feeds = {feed.id: feed for feed in views.feed_rows(store)}
        return render(
            request,
            "outcomes.html",
            days=days,
            tables=[
                ("feeds", "Polls of each feed", _tally_lines(store, days, now, hosts=False)),
                ("hosts", "Requests to each host", _tally_lines(store, days, now, hosts=True)),
            ],
            quiet=_silent_rows(store, feeds, now),
            pairs=_same_feed_rows(store, feeds, now),
        )


def _silent_rows(store: Store, feeds: dict[int, FeedState], now: datetime) -> list[tuple[FeedState, str]]:
    # Brings the steps with it, which a server that mounts the page need not wait for at its start.
    from pipeline.steps.alerts import silent_feeds

    return [(feeds[feed_id], reason) for feed_id, reason in silent_feeds(store, now).items() if feed_id in feeds]


def _same_feed_rows(store: Store, feeds: dict[int, FeedState], now: datetime) -> list[tuple[FeedState, FeedState, str]]:
    from pipeline.steps.alerts import same_feeds

    pairs, _ = same_feeds(store, now)
    return [(feeds[pair.feed_id], feeds[pair.other_id], pair.reason) for pair in pairs]


def _tally_lines(store: Store, days: int, now: datetime, *, hosts: bool) -> list[TallyLine]:
    """Return the tallies of the last ``days`` days, those with the most trouble lately first."""
    rows = tallies(store, now - timedelta(days=days - 1), hosts=hosts)
    lines = [TallyLine(row, totals(row), history(row, days, now.date())) for row in rows]
    return sorted(lines, key=_by_trouble)


def _by_trouble(line: TallyLine) -> tuple[float, float, str]:
    return -_failure_share(line.days[-RECENT_DAYS:]), -_failure_share(line.days), line.row.name


def _failure_share(days: list[DayTally]) -> float:
    bad = sum(day.bad for day in days)
    return bad / (bad + sum(day.good for day in days)) if bad else 0.0
