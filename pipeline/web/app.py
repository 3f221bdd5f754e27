"""The Copydesk page: what is stored, how the feeds are, the newest stories, and each story in full.

The application reads the store and writes nothing. Whoever mounts it passes ``guard``, a FastAPI dependency that
raises where the caller may not look; every route stands behind it, the style sheet too.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Query, Request, Response
from fastapi.responses import FileResponse, HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from pipeline.errors import CopydeskError, NotStored
from pipeline.model import Copy, EntryStatus, FeedState, Outcome, Story
from pipeline.store import Store, views
from pipeline.store.provenance import provenance_of
from pipeline.web import words

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

OpenStore = Callable[[], Store]
Guard = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of stories with their copies; ``agency`` is the filter, None for all."""

    stories: list[Story]
    copies: dict[int, list[Copy]]
    agency: str | None
    number: int
    more: bool


def create_app(open_store: OpenStore, guard: Guard) -> FastAPI:
    """The application. ``open_store`` gives the store at each request and may raise CopydeskError."""
    app = FastAPI(title="Copydesk", dependencies=[Depends(guard)], docs_url=None, redoc_url=None, openapi_url=None)
    app.middleware("http")(_with_headers)
    app.exception_handler(CopydeskError)(_problem)
    _add_pages(app, open_store)
    _add_files(app)
    return app


def _add_pages(app: FastAPI, open_store: OpenStore) -> None:
    @app.get("/", response_class=HTMLResponse)
    def desk(
        request: Request, page: Annotated[int, Query(ge=1, le=100_000)] = 1, agency: str | None = None
    ) -> HTMLResponse:
        store = open_store()
        return _render(
            request,
            "desk.html",
            counts=views.counts(store),
            feeds=_failing_first(views.feed_rows(store)),
            agencies=views.by_agency(store),
            doubts=views.doubtful(store, DOUBTS),
            failed=views.entry_rows(store, FAILED, EntryStatus.FAILED),
            listing=_listing(store, page, agency),
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


def _failing_first(feeds: list[FeedState]) -> list[FeedState]:
    order = {"bad": 0, "idle": 1, "good": 2}
    return sorted(feeds, key=lambda feed: (order[words.feed_state(feed)], -feed.failures, feed.spec.outlet))


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("pipeline.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters.update(
        link=words.link,
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
