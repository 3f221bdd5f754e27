"""The Copydesk page: what is stored, how the feeds are, the newest stories, and each story in full.

The application reads the store and writes nothing. Whoever mounts it passes ``guard``, a FastAPI dependency that
raises where the caller may not look; every route stands behind it, the style sheet too.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, HTMLResponse

from pipeline.errors import CopydeskError, NotStored
from pipeline.store import Store
from pipeline.web.pages import add_pages
from pipeline.web.rendering import render

STATIC = Path(__file__).parent / "static"
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
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


def create_app(open_store: OpenStore, guard: Guard, clock: Clock = utc_now) -> FastAPI:
    """Return the application. ``open_store`` gives the store at each request and may raise CopydeskError."""
    app = FastAPI(title="Copydesk", dependencies=[Depends(guard)], docs_url=None, redoc_url=None, openapi_url=None)
    app.middleware("http")(_add_headers)
    app.exception_handler(RequestValidationError)(_bad_request)
    app.exception_handler(CopydeskError)(_store_problem)
    add_pages(app, open_store, clock)
    _add_files(app)
    return app


def _add_files(app: FastAPI) -> None:
    # routes, not a mount: a dependency of the application does not reach into a mount
    @app.get("/static/copydesk.css")
    def style_sheet() -> FileResponse:
        return FileResponse(STATIC / "copydesk.css", media_type="text/css")

    @app.get("/static/icon.svg")
    def icon() -> FileResponse:
        return FileResponse(STATIC / "icon.svg", media_type="image/svg+xml")


async def _store_problem(request: Request, error: Exception) -> HTMLResponse:
    if isinstance(error, NotStored):
        return render(request, "problem.html", 404, heading="Nothing is stored there", error=error)
    return render(request, "problem.html", 503, heading="The store cannot be read", error=error)


async def _bad_request(request: Request, error: Exception) -> HTMLResponse:
    """Answer 404 where the path names nothing that can be stored, 400 where a query parameter is out of range."""
    faults = error.errors() if isinstance(error, RequestValidationError) else []
    if any(fault["loc"][0] == "path" for fault in faults):
        return render(request, "problem.html", 404, heading="Nothing is stored there", error="No id looks like that.")
    reasons = "; ".join(f"{fault['loc'][-1]}: {fault['msg']}" for fault in faults)
    return render(request, "problem.html", 400, heading="The address is wrong", error=reasons)


async def _add_headers(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await call_next(request)
    response.headers.update(HEADERS)
    return response
