"""The Copydesk page: what is stored, how the feeds are, the newest stories, and each story in full.

The application reads the store and writes nothing. Whoever mounts it passes ``guard``, a FastAPI dependency that
raises where the caller may not look; every route stands behind it, the style sheet too.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Query, Request, Response
from fastapi.responses import FileResponse, HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from pipeline import words
from pipeline.errors import CopydeskError, NotStored
from pipeline.model import (
    Copy,
    DayTally,
    EntryStatus,
    FeedState,
    Outcome,
    Story,
    Subscription,
    SubscriptionState,
    Tally,
)
from pipeline.store import Store
from pipeline.store.reads import views
from pipeline.store.reads.provenance import provenance_of
from pipeline.store.reads.tallies import history, tallies, totals

STATIC = Path(__file__).parent / "static"
PAGE = 20
FAILED = 20
DOUBTS = 20
# Nothing from elsewhere, no script at all; only pages of the same origin (Airflow's) may frame it.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}

# Trouble of these days counts before older trouble.
LATELY = 2

OpenStore = Callable[[], Store]
Guard = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Line:
    """A feed or host in the table of outcomes."""

    row: Tally
    totals: dict[str, int]
    days: list[DayTally]


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of stories with their copies; ``agency`` is the filter, None for all."""

    stories: list[Story]
    copies: dict[int, list[Copy]]
    agency: str | None
    number: int
    more: bool


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)


def create_app(open_store: OpenStore, guard: Guard, clock: Callable[[], datetime] = utc_now) -> FastAPI:
    """The application. ``open_store`` gives the store at each request and may raise CopydeskError."""
    app = FastAPI(title="Copydesk", dependencies=[Depends(guard)], docs_url=None, redoc_url=None, openapi_url=None)
    app.middleware("http")(_with_headers)
    app.exception_handler(CopydeskError)(_problem)
    _add_pages(app, open_store, clock)
    _add_files(app)
    return app


def _add_pages(app: FastAPI, open_store: OpenStore, clock: Callable[[], datetime]) -> None:
    @app.get("/", response_class=HTMLResponse)
    def desk(
        request: Request, page: Annotated[int, Query(ge=1, le=100_000)] = 1, agency: str | None = None
    ) -> HTMLResponse:
        # The steps bring all that fetches with them, which the websub address need not wait for.
        from pipeline.steps.alerts import silent_feeds

        store = open_store()
        return _render(
            request,
            "desk.html",
            counts=views.counts(store),
            feeds=_failing_first(views.feed_rows(store)),
            quiet=silent_feeds(store, clock()),
            hubs=_announced(store, clock()),
            agencies=views.by_agency(store),
            doubts=views.doubtful(store, DOUBTS),
            failed=views.entry_rows(store, FAILED, EntryStatus.FAILED),
            listing=_listing(store, page, agency),
        )

    @app.get("/outcomes", response_class=HTMLResponse)
    def ended(request: Request, days: Annotated[int, Query(ge=1, le=90)] = 14) -> HTMLResponse:
        from pipeline.steps.alerts import same_feeds, silent_feeds

        store, now = open_store(), clock()
        since, urls = now - timedelta(days=days - 1), {feed.id: feed for feed in views.feed_rows(store)}
        pairs, _ = same_feeds(store, now)
        return _render(
            request,
            "outcomes.html",
            days=days,
            tables=[
                ("feeds", "Polls of each feed", _lines(tallies(store, since), days, now)),
                ("hosts", "Requests to each host", _lines(tallies(store, since, hosts=True), days, now)),
            ],
            quiet=[(urls[feed_id], why) for feed_id, why in silent_feeds(store, now).items() if feed_id in urls],
            pairs=[(urls[pair.feed_id], urls[pair.other_id], pair.reason) for pair in pairs],
        )

    @app.get("/story/{story_id}", response_class=HTMLResponse)
    def story(request: Request, story_id: int) -> HTMLResponse:
        store = open_store()
        head, versions, copies = views.one_story(store, story_id)
        about = provenance_of(store, head.id)
        return _render(request, "story.html", story=head, versions=versions[::-1], copies=copies, about=about)


def _add_files(app: FastAPI) -> None:
    # routes, not a mount: a dependency of the application does not reach into a mount
    @app.get("/static/copydesk.css")
    def style() -> FileResponse:
        return FileResponse(STATIC / "copydesk.css", media_type="text/css")

    @app.get("/static/icon.svg")
    def icon() -> FileResponse:
        return FileResponse(STATIC / "icon.svg", media_type="image/svg+xml")


def _listing(store: Store, number: int, agency: str | None) -> Listing:
    found = views.stories(store, PAGE + 1, offset=(number - 1) * PAGE, agency=agency)
    shown = found[:PAGE]
    copies = views.copies_of(store, [story.id for story in shown])
    return Listing(shown, copies, agency, number, len(found) > PAGE)


def _lines(rows: list[Tally], days: int, now: datetime) -> list[Line]:
    """Those with the most trouble on their last days first."""
    lines = [Line(row, totals(row), history(row, days, now.date())) for row in rows]
    return sorted(lines, key=lambda line: (-_trouble(line.days[-LATELY:]), -_trouble(line.days), line.row.name))


def _trouble(days: list[DayTally]) -> float:
    bad = sum(day.bad for day in days)
    return bad / (bad + sum(day.good for day in days)) if bad else 0.0


def _announced(store: Store, now: datetime) -> dict[int, Subscription]:
    """Feed -> its subscription at a hub, the running one where it has several."""
    held = sorted(store.hubs.all_subscriptions(), key=lambda one: (one.state is SubscriptionState.ACTIVE, one.asked_at))
    return {one.feed_id: one for one in held}


def _failing_first(feeds: list[FeedState]) -> list[FeedState]:
    order = {"bad": 0, "idle": 1, "good": 2}
    return sorted(feeds, key=lambda feed: (order[words.feed_state(feed)], -feed.failures, feed.spec.outlet))


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("pipeline.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters.update(
        link=words.link,
        mark=words.mark,
        ended=words.ended,
        announced=words.announced,
        day=words.day,
        moment=words.moment,
        when=words.when,
        iso=words.iso,
        outcome=words.outcome,
        relation=words.relation,
        tie=words.tie,
        origins=words.origins,
        version=words.version,
        doubt=words.doubt,
        feed_state=words.feed_state,
        thousands=words.thousands,
    )
    environment.globals.update(share_removed=words.share_removed, plural=words.plural, Outcome=Outcome)
    return environment


ENVIRONMENT = _environment()


def _render(request: Request, template: str, code: int = 200, **values: object) -> HTMLResponse:
    text = ENVIRONMENT.get_template(template).render(
        base=request.scope.get("root_path", ""),
        framed=request.headers.get("sec-fetch-dest") == "iframe",
        **values,
    )
    return HTMLResponse(text, status_code=code)


async def _problem(request: Request, error: Exception) -> HTMLResponse:
    code = 404 if isinstance(error, NotStored) else 503
    return _render(request, "problem.html", code, error=error, absent=code == 404)


async def _with_headers(request: Request, proceed: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await proceed(request)
    response.headers.update(HEADERS)
    return response
