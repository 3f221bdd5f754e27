"""The page of outcomes: how polls and requests ended, day by day, and which feeds are silent or the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import FastAPI, Query, Request
from fastapi.responses import HTMLResponse

from pipeline.model import DayTally, FeedWarnings, Tally
from pipeline.store import Store
from pipeline.store.reads.tallies import history, tallies, totals, worst_names
from pipeline.web.rendering import render
from pipeline.web.site import Site

# Trouble of these last days counts before older trouble.
RECENT_DAYS = 2
# Rows of each table, and those of which they are chosen.
ROWS, CANDIDATES = 50, 200

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
        warned = feed_warnings(store, now)
        return render(
            request,
            "outcomes.html",
            days=days,
            tables=[
                ("feeds", "Polls of each feed", _tally_lines(store, days, now, hosts=False)),
                ("hosts", "Requests to each host", _tally_lines(store, days, now, hosts=True)),
            ],
            quiet=warned.silent[:ROWS],
            pairs=warned.duplicates[:ROWS],
            most=ROWS,
        )


def feed_warnings(store: Store, now: datetime) -> FeedWarnings:
    """Return the warnings about feeds that are silent, or the same."""
    # Brings the steps with it, which a server that mounts the page need not wait for at its start.
    from pipeline.steps.alerts import warnings_of

    return warnings_of(store, now)


def _tally_lines(store: Store, days: int, now: datetime, *, hosts: bool) -> list[TallyLine]:
    """Return the tallies of the last ``days`` days, those with the most trouble lately first."""
    since, recent = (now - timedelta(days=number - 1) for number in (days, min(days, RECENT_DAYS)))
    names = worst_names(store, since, recent, CANDIDATES, hosts=hosts)
    rows = tallies(store, since, hosts=hosts, names=names)
    lines = [TallyLine(row, totals(row), history(row, days, now.date())) for row in rows]
    return sorted(lines, key=_by_trouble)[:ROWS]


def _by_trouble(line: TallyLine) -> tuple[float, float, str]:
    return -_failure_share(line.days[-RECENT_DAYS:]), -_failure_share(line.days), line.row.name


def _failure_share(days: list[DayTally]) -> float:
    bad = sum(day.bad for day in days)
    return bad / (bad + sum(day.good for day in days)) if bad else 0.0
