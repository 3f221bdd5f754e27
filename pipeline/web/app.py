"""The Copydesk pages: the desk, the feeds and what can be done with them, the stories, each in full.

Whoever mounts the application passes ``guard``, a FastAPI dependency that raises where the caller may not look; every
route stands behind it, the style sheet too, but ``/healthz``.
``person`` is a dependency that says who asks and whether they may act.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, HTMLResponse

from pipeline import metrics, traces
from pipeline.config import Config
from pipeline.errors import AlreadyDecided, ConfigError, CopydeskError, LockHeld, NotStored
from pipeline.web.api import add_api
from pipeline.web.health import health_endpoint
from pipeline.web.pages import add_pages
from pipeline.web.rendering import render
from pipeline.web.site import Clock, Dependency, OpenStore, Site, anybody, default_config, identify_by, utc_now

STATIC = Path(__file__).parent / "static"
FILES = {
    "copydesk.css": "text/css",
    "icon.svg": "image/svg+xml",
    "theme.js": "text/javascript",
    "frame.js": "text/javascript",
}
# The answer to an error: its status and heading, the narrower kinds first.
PROBLEMS: dict[type[CopydeskError], tuple[int, str]] = {
    AlreadyDecided: (409, "Nothing was done: somebody was faster"),
    NotStored: (404, "Nothing is stored there"),
    LockHeld: (503, "Articles are being placed: nothing was done, try again in a minute"),
    ConfigError: (503, "The settings are wrong"),
    CopydeskError: (503, "The store cannot be read"),
}
# Nothing from elsewhere, no script but our own files; only pages of the same origin (Airflow's) may frame it.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def create_app(
    open_store: OpenStore,
    guard: Dependency,
    clock: Clock = utc_now,
    *,
    person: Dependency = anybody,
    open_config: Callable[[], Config] = default_config,
) -> FastAPI:
    """Return the application. ``open_store`` gives the store at each request and may raise CopydeskError; without
    ``person`` everybody may read alone."""
    dependencies = [Depends(guard), Depends(identify_by(person))]
    app = FastAPI(title="Copydesk", dependencies=dependencies, docs_url=None, redoc_url=None, openapi_url=None)
    app.middleware("http")(_add_headers)
    app.exception_handler(RequestValidationError)(_bad_request)
    app.exception_handler(CopydeskError)(_store_problem)
    site = Site(open_store, open_config, clock)
    add_pages(app, site)
    _add_files(app)
    # Not `app.get`: the guard stands before that.
    app.add_route("/healthz", health_endpoint(open_store))
    add_api(app, site, guard, person)
    return app


def _add_files(app: FastAPI) -> None:
    # routes, not a mount: a dependency of the application does not reach into a mount
    for name, media_type in FILES.items():
        app.get(f"/static/{name}")(_file_route(name, media_type))


def _file_route(name: str, media_type: str) -> Callable[[], FileResponse]:
    def static_file() -> FileResponse:
        return FileResponse(STATIC / name, media_type=media_type)

    return static_file


async def _store_problem(request: Request, error: Exception) -> HTMLResponse:
    code, heading = next(words for kind, words in PROBLEMS.items() if isinstance(error, kind))
    return render(request, "problem.html", code, heading=heading, error=error)


async def _bad_request(request: Request, error: Exception) -> HTMLResponse:
    """Answer 404 where the path names nothing that can be stored, 400 where a query parameter is out of range."""
    faults = error.errors() if isinstance(error, RequestValidationError) else []
    if any(fault["loc"][0] == "path" for fault in faults):
        return render(request, "problem.html", 404, heading="Nothing is stored there", error="No id looks like that.")
    reasons = "; ".join(f"{fault['loc'][-1]}: {fault['msg']}" for fault in faults)
    return render(request, "problem.html", 400, heading="The address is wrong", error=reasons)


async def _add_headers(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    started = time.monotonic()
    with traces.span(traces.ANSWER, _request_attributes(request), request.headers):
        response = await call_next(request)
        _trace_answer(request, response.status_code)
    metrics.duration(metrics.REQUEST_TIME, time.monotonic() - started, status=str(response.status_code))
    for name, value in HEADERS.items():
        # The API says for itself what may be held.
        response.headers.setdefault(name, value)
    return response


def _request_attributes(request: Request) -> dict[str, str | int]:
    """Return what is asked, for a span; without its query, which may hold a person's words."""
    return {traces.METHOD: request.method, traces.SCHEME: request.url.scheme, traces.PATH: request.url.path}


def _trace_answer(request: Request, status: int) -> None:
    """Name the answer's span by its route, as OpenTelemetry does, and add what came of it."""
    path = getattr(request.scope.get("route"), "path", "")
    route = path and request.scope.get("root_path", "") + path
    attributes: dict[str, str | int] = {traces.STATUS: status} | ({traces.ROUTE: route} if route else {})
    traces.annotate(attributes, f"{request.method} {route}".strip())
    if status >= 500:
        traces.fail(str(status))
