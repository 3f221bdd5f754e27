"""The page of entries behind a number of the desk: those that came to stand so in the last hours, and why."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import FastAPI, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import AwareDatetime, BeforeValidator

from pipeline.model import EntryFilter, EntryStand
from pipeline.store.flow import first_hour
from pipeline.store.reads.flow import list_entries
from pipeline.web.parameters import PRINTABLE, After
from pipeline.web.rendering import render
from pipeline.web.site import Site

ROWS = 50
HOURS = 24
# A year before which a database's driver has no times.
FIRST_YEAR = 1970

Outcome = Annotated[str, Query(max_length=40, pattern=PRINTABLE)]
Since = Annotated[AwareDatetime | None, BeforeValidator(lambda value: value or None)]


def add_route(app: FastAPI, site: Site) -> None:
    """Serve the page at ``/entries``."""

    @app.get("/entries", response_class=HTMLResponse)
    def show_entries(
        request: Request,
        stand: EntryStand = EntryStand.NEW,
        since: Since = None,
        outcome: Outcome = "",
        after: After = 0,
    ) -> HTMLResponse:
        wanted = EntryFilter(_start(since, site.clock()), stand, outcome, after)
        rows = list_entries(site.open_store(), wanted, ROWS + 1)
        return render(
            request,
            "entries.html",
            wanted=wanted,
            rows=rows[:ROWS],
            more=len(rows) > ROWS,
            stands=list(EntryStand),
            here=_address(request, wanted),
        )


def _start(since: datetime | None, now: datetime) -> datetime:
    if since is None:
        return first_hour(now, HOURS)
    return since.astimezone(UTC) if since.year > FIRST_YEAR else datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)


def _address(request: Request, wanted: EntryFilter) -> str:
    values = {"stand": wanted.stand.value, "since": wanted.since.isoformat(), "outcome": wanted.outcome}
    return f"{request.scope.get('root_path', '')}/entries?{urlencode(values)}"
