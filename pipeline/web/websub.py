"""The callback of WebSub hubs: ``/TOKEN`` below the callback's address, and nothing else. Nobody logs in here.

A token that no subscription has, and every address where no callback is configured, is answered 404 before a body is
read, save where a hub verifies an unsubscription that we asked for. No answer says why. A body counts only with the
hub's signature; the next poll reads it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from types import ModuleType
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool

from pipeline.config import Config
from pipeline.errors import CopydeskError

if TYPE_CHECKING:
    from pipeline.store import Store

UNSUBSCRIBE = "unsubscribe"
Clock = Callable[[], datetime]
HEADERS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Content-Security-Policy": "sandbox"}


def utc_now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


def create_websub(open_store: Callable[[], Store], settings: Callable[[], Config], clock: Clock = utc_now) -> FastAPI:
    """Return the application, to be mounted at the callback's path.

    ``open_store`` and ``settings`` are called at each request, and may raise CopydeskError.
    """
    app = FastAPI(title="Copydesk WebSub", docs_url=None, redoc_url=None, openapi_url=None)
    app.exception_handler(404)(_not_found)
    app.exception_handler(405)(_not_found)
    app.exception_handler(CopydeskError)(_unavailable)

    @app.get("/{token}")
    def verify(token: str, request: Request) -> Response:
        # Without a callback in the config, what is left is to confirm that a subscription is to end.
        if not settings().websub.callback and request.query_params.get("hub.mode") != UNSUBSCRIBE:
            return _answer(HTTPStatus.NOT_FOUND)
        echo = _hubs().answer_hub(open_store(), token, request.query_params, clock())
        return _answer(HTTPStatus.NOT_FOUND) if echo is None else _answer(HTTPStatus.OK, echo)

    @app.post("/{token}")
    async def deliver(token: str, request: Request) -> Response:
        config = await run_in_threadpool(settings)
        if not config.websub.callback:
            return _answer(HTTPStatus.NOT_FOUND)
        hubs, store = await run_in_threadpool(_hubs), await run_in_threadpool(open_store)
        subscription = await run_in_threadpool(hubs.expected, store, token)
        if subscription is None:
            return _answer(HTTPStatus.NOT_FOUND)
        body = await _read_body(request, config.fetch.max_bytes, config.fetch.deadline)
        if body is None:
            return _answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        signature, kind = (request.headers.get(name, "") for name in ("x-hub-signature", "content-type"))
        verdict = await run_in_threadpool(hubs.keep_delivered, store, subscription, signature, body, kind, clock())
        # A wrong signature is answered as a right one (section 8); a hub that must wait tries again by itself.
        return _answer(HTTPStatus.SERVICE_UNAVAILABLE if verdict.reason == hubs.FULL else HTTPStatus.ACCEPTED)

    return app


def _hubs() -> ModuleType:
    """Import the steps at the first request, so that a server that mounts this need not wait for them at its start."""
    from pipeline.steps import hubs

    return hubs


async def _read_body(request: Request, most: int, deadline: float) -> bytes | None:
    """Return the body; None where it is longer than ``most`` bytes or does not end within ``deadline`` seconds."""
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > most:
        return None
    parts, size = [], 0
    try:
        async with asyncio.timeout(deadline):
            async for part in request.stream():
                size += len(part)
                if size > most:
                    return None
                parts.append(part)
    except TimeoutError:
        return None
    return b"".join(parts)


def _answer(code: HTTPStatus, text: str = "") -> Response:
    return Response(text, code, HEADERS, media_type="text/plain")


async def _not_found(_request: Request, _error: Exception) -> Response:
    return _answer(HTTPStatus.NOT_FOUND)


async def _unavailable(_request: Request, _error: Exception) -> Response:
    return _answer(HTTPStatus.SERVICE_UNAVAILABLE)
