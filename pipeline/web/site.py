"""What every page is given: the store, the clock, and who asks with what rights."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from fastapi import Depends, HTTPException, Request, Response

from pipeline.config import Config, load
from pipeline.store import Store

OpenStore = Callable[[], Store]
Clock = Callable[[], datetime]
# A route of Starlette's, which no dependency of the application stands before.
Endpoint = Callable[[Request], Response]
# A FastAPI dependency.
Dependency = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks: ``name`` as the login has it, whether they may act on feeds and stories, and remove texts for good."""

    name: str = ""
    may_act: bool = False
    may_remove: bool = False


def anybody() -> Person:
    """A person without a name, who may only read."""
    return Person()


def utc_now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


def default_config() -> Config:
    """Return the config of the folder and the environment."""
    return load(None, os.environ)


@dataclass(frozen=True, slots=True)
class Site:
    """``open_store`` and ``open_config`` give the store and the config at a request and may raise CopydeskError."""

    open_store: OpenStore
    open_config: Callable[[], Config]
    clock: Clock = utc_now


def identify_by(person: Dependency) -> Dependency:
    """Return a dependency that keeps with the request who asks: what the dependency ``person`` returns."""

    # A default, since the annotations of this module are texts, in which a local name cannot be found.
    def identify(request: Request, asking: Person = Depends(person)) -> None:  # noqa: B008
        request.state.person = asking

    return identify


def person_of(request: Request) -> Person:
    """Return who asks; where that was not asked yet (an answer to a wrong address), a person who may only read."""
    person: Person = getattr(request.state, "person", Person())
    return person


def check_act(request: Request) -> None:
    """Raise HTTPException (403) where the person may not act, or the form was another site's."""
    if not person_of(request).may_act:
        raise HTTPException(403, "your role may read here, and not act: ask for Airflow's role Op, or another token")
    check_same_site(request)


def check_removal(request: Request) -> None:
    """Raise HTTPException (403) where the person may not remove texts, or the form was another site's."""
    if not person_of(request).may_remove:
        raise HTTPException(403, "only administrators remove a text for good")
    check_same_site(request)


def signed_reason(request: Request, reason: str) -> str:
    """Return the reason with the name of who gave it: the change log knows of a person only that it was one."""
    name = person_of(request).name
    return f"{reason} ({name})".strip() if name else reason


def check_same_site(request: Request) -> None:
    """Raise HTTPException (403) where the form was another site's.

    Browsers send ``Sec-Fetch-Site`` (W3C Fetch Metadata), older ones ``Origin`` with each POST. A client that sends
    neither is no browser, and has no cookie that another site could use.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    is_own = site == "same-origin" if site else origin is None or urlsplit(origin).netloc == request.url.netloc
    if not is_own:
        raise HTTPException(403, "the form was sent from another site")
