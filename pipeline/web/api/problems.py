"""Errors as problem details (RFC 9457), each with a code of its own for programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException as RouteException

from pipeline.errors import CopydeskError, Moved
from pipeline.log import get_logger
from pipeline.read.problem_codes import code_of
from pipeline.web.api.answers import json_answer

log = get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
# Seconds after which a busy store is asked again.
RETRY_AFTER = "5"
NOT_MODIFIED = 304
# Statuses that any route may answer with.
EVERYWHERE = (400, 401, 403, 503)
PROBLEM_REFERENCE = {"$ref": "#/components/schemas/Problem"}
STATUSES: Mapping[str, HTTPStatus] = {
    "already-decided": HTTPStatus.CONFLICT,
    "usage": HTTPStatus.BAD_REQUEST,
    "moved": HTTPStatus.PERMANENT_REDIRECT,
    "removed": HTTPStatus.GONE,
    "not-found": HTTPStatus.NOT_FOUND,
    "cursor-foreign": HTTPStatus.CONFLICT,
    "cursor-ahead": HTTPStatus.CONFLICT,
    "cursor-gone": HTTPStatus.GONE,
}


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong: ``code`` names it for programs, ``concerns`` the thing, ``todo`` what can be done; ``to`` is the
    story that a merged one leads to."""

    title: str
    status: int
    detail: str
    code: str
    concerns: str = ""
    todo: str = ""
    to: int | None = None
    type: str = "about:blank"


def answers(model: Any, *statuses: int, forms: Iterable[str] = ()) -> dict[int | str, dict[str, Any]]:
    """Return the documentation of a route: its record, the media types that are lines (``forms``), and the statuses of
    its problems beside those that every route may answer with. ``model`` None: ``forms`` alone."""
    content = {form: {"schema": {"type": "string"}} for form in forms}
    good: dict[str, Any] = {"description": "OK"} | ({"model": model} if model else {})
    problems: dict[int | str, dict[str, Any]] = {
        status: _problem_description(status) for status in (*EVERYWHERE, *statuses)
    }
    return {200: good | ({"content": content} if content else {}), **problems}


def _problem_description(status: int) -> dict[str, Any]:
    described = {"description": HTTPStatus(status).phrase}
    return described | ({"content": {MEDIA_TYPE: {"schema": PROBLEM_REFERENCE}}} if status != NOT_MODIFIED else {})


def add_handlers(app: FastAPI) -> None:
    """Answer every error of the application with a problem."""
    app.exception_handler(CopydeskError)(_store_problem)
    app.exception_handler(RequestValidationError)(_invalid_request)
    app.exception_handler(RouteException)(_route_problem)
    app.exception_handler(Exception)(_fault)


def problem_answer(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """Return a problem as an answer."""
    return json_answer(asdict(problem), problem.status, dict(headers or {}), MEDIA_TYPE)


async def _store_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, CopydeskError)
    code = code_of(error) or "store"
    status = STATUSES.get(code, HTTPStatus.SERVICE_UNAVAILABLE)
    headers = {"Retry-After": RETRY_AFTER} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}
    to = error.to if isinstance(error, Moved) else None
    if to:
        headers["Location"] = _moved_place(request, to)
    problem = Problem(status.phrase, status, error.message, code, error.concerns, error.todo, to)
    return problem_answer(problem, headers)


def _moved_place(request: Request, to: int) -> str:
    """Return the address of the same about another story, relative to the request's own: a proxy may cut paths."""
    _, _, rest = request.scope["path"].partition("/stories/")
    _, *deeper = rest.split("/")
    place = "/".join(["../" * len(deeper) + str(to), *deeper])
    return f"{place}?{request.url.query}" if request.url.query else place


async def _invalid_request(_request: Request, error: Exception) -> Response:
    faults = error.errors() if isinstance(error, RequestValidationError) else []
    in_path = any(fault["loc"][0] == "path" for fault in faults)
    status = HTTPStatus.NOT_FOUND if in_path else HTTPStatus.BAD_REQUEST
    detail = "; ".join(f"{'.'.join(map(str, fault['loc'][1:]))}: {fault['msg']}" for fault in faults)
    return problem_answer(Problem(status.phrase, status, detail, "not-found" if in_path else "usage"))


async def _route_problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RouteException)
    status = HTTPStatus(error.status_code)
    code = status.phrase.lower().replace(" ", "-")
    return problem_answer(Problem(status.phrase, status, str(error.detail), code), error.headers)


async def _fault(_request: Request, _error: Exception) -> Response:
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return problem_answer(Problem(status.phrase, status, "a fault of the program: see its log", "fault"))


def no_route(status: HTTPStatus, allowed: str = "") -> HTTPException:
    """Return the error of an address that no route serves, or not by that method."""
    return HTTPException(status, status.description, headers={"Allow": allowed} if allowed else None)
