"""The pages and the API without Airflow: whoever has a token may use them, by its role."""

from __future__ import annotations

import base64
import binascii
import socket
from collections.abc import Callable

import uvicorn
from fastapi import Depends, FastAPI, Header, HTTPException
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import RedirectResponse
from starlette.routing import Mount, Route

from pipeline.config import Config
from pipeline.store import Store
from pipeline.web.app import create_app
from pipeline.web.site import Dependency, Person
from pipeline.web.tokens import Role, Token, TokenFile

PREFIX = "/copydesk"
# As Airflow's own server does: a page of stories is a fifth of its size, a list of feeds a tenth.
COMPRESSED = Middleware(GZipMiddleware, minimum_size=1024, compresslevel=5)
# Seconds that open streams have to end, when the server does.
GRACE = 3
# Browsers ask for name and password where they see this, and send them from then on.
CHALLENGE = {"WWW-Authenticate": 'Basic realm="Copydesk", charset="UTF-8"'}


def run_server(listener: socket.socket, open_store: Callable[[], Store], config: Config, tokens: TokenFile) -> None:
    """Serve at a socket that listens, until a signal ends it."""
    served = create_served(open_store, config, tokens)
    settings = uvicorn.Config(served, log_config=None, access_log=False, timeout_graceful_shutdown=GRACE)
    uvicorn.Server(settings).run(sockets=[listener])


def create_served(open_store: Callable[[], Store], config: Config, tokens: TokenFile) -> Starlette:
    """Return the pages at ``/copydesk`` and the API at ``/copydesk/api/v1``. A token is sent as a bearer, or as the
    password that a browser asks for, with its holder's name."""
    guard = token_guard(tokens)
    pages: FastAPI = create_app(open_store, guard, person=_person_by(guard), open_config=lambda: config)
    home = Route("/", lambda _request: RedirectResponse(f"{PREFIX}/"))
    return Starlette(routes=[home, Mount(PREFIX, pages)], middleware=[COMPRESSED])


def token_guard(tokens: TokenFile) -> Callable[..., Token]:
    """Return a dependency that gives the token of a request, and raises 401 where it has none."""

    def guard(authorization: str = Header("", include_in_schema=False)) -> Token:
        token = _sent_token(tokens, authorization)
        if token is None:
            raise HTTPException(401, "a token is needed: as a bearer, or as the password of a login", CHALLENGE)
        return token

    return guard


def _sent_token(tokens: TokenFile, authorization: str) -> Token | None:
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return tokens.find(credentials.strip())
    name, _, secret = _login(credentials).partition(":") if scheme.lower() == "basic" else ("", "", "")
    token = tokens.find(secret) if secret else None
    return token if token and token.name == name else None


def _login(credentials: str) -> str:
    try:
        return base64.b64decode(credentials, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""


def _person_by(guard: Callable[..., Token]) -> Dependency:
    def person(token: Token = Depends(guard)) -> Person:  # noqa: B008
        return Person(token.name, token.role is not Role.READER, token.role is Role.ADMIN)

    return person
