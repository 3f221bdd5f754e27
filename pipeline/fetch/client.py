"""The one client: it never raises for what a server does, it names it.

A fetch is bounded in time, hops and bytes; every hop is checked before a connection is made, with the addresses
that will be used; nothing is kept between fetches but the manners of each host.
"""

from __future__ import annotations

import asyncio
import email.utils
import socket
import ssl
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from pipeline.config import FetchConfig
from pipeline.fetch.body import BodyRefused, read_body
from pipeline.fetch.guard import Guard, Refused
from pipeline.model import FetchResult, Outcome, Validators

HOPS = 5
REDIRECTS = (301, 302, 303, 307, 308)
HEAD_LIMIT = 16_384
ACCEPT = "text/html,application/xhtml+xml,application/rss+xml,application/atom+xml,application/feed+json,*/*;q=0.8"
OUTCOMES = {
    304: Outcome.NOT_MODIFIED,
    401: Outcome.BLOCKED,
    403: Outcome.BLOCKED,
    451: Outcome.BLOCKED,
    404: Outcome.NOT_FOUND,
    410: Outcome.GONE,
    429: Outcome.RATE_LIMITED,
}


def user_agent(contact: str) -> str:
    """Who asks, and whom to write to about it."""
    return f"copydesk/{version('copydesk')}" + (f" (+{contact})" if contact else "")


def outcome_of(status: int) -> Outcome:
    """The name of a final status."""
    if 200 <= status < 300:
        return Outcome.OK
    default = Outcome.SERVER_ERROR if status >= 500 else Outcome.CLIENT_ERROR
    return OUTCOMES.get(status, default)


class GuardedResolver(AbstractResolver):
    """The system's names, with the guard's word on all addresses of a name."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._inner = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Raises Refused where any address is not public, OSError where there is none."""
        found = await self._inner.resolve(host, port, family)
        self._guard.check_addresses(host, port, [row["host"] for row in found])
        return found

    async def close(self) -> None:
        """Nothing to give back."""


class Client:
    """Fetches under one configuration; use as an async context manager."""

    def __init__(self, config: FetchConfig, clock: Callable[[], float] = time.monotonic) -> None:
        self._config = config
        self._guard = Guard(frozenset(config.allow))
        self._clock = clock
        self._turn: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._free_at: dict[str, float] = {}
        self.agent = user_agent(config.contact)

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(
            resolver=GuardedResolver(self._guard),
            use_dns_cache=False,
            limit=0,
            socket_factory=self._socket,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            max_line_size=HEAD_LIMIT,
            max_field_size=HEAD_LIMIT,
            headers={"User-Agent": self.agent, "Accept": ACCEPT, "Accept-Encoding": "gzip"},
            timeout=aiohttp.ClientTimeout(total=None),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    def _socket(self, info: Any) -> socket.socket:
        family, kind, proto, _, address = info
        self._guard.check_socket(address[0], address[1])
        made = socket.socket(family, kind, proto)
        made.setblocking(False)
        return made

    async def get(self, url: str, *, validators: Validators | None = None, max_bytes: int | None = None) -> FetchResult:
        """Fetch ``url``, following at most five redirects, within the deadline; every end has its outcome."""
        try:
            first = URL(url)
        except ValueError:
            return FetchResult(url, Outcome.GUARD, detail="not an address")
        started = self._clock()
        result = await self._named(first, validators or Validators(), max_bytes or self._config.max_bytes)
        return replace(result, url=url, seconds=self._clock() - started)

    async def _named(self, url: URL, validators: Validators, most: int) -> FetchResult:
        """The fetch, with what can go wrong on the way put into words."""
        try:
            return await self._hops(url, validators, most)
        except Refused as error:
            return FetchResult(str(url), Outcome.GUARD, detail=str(error))
        except BodyRefused as error:
            return FetchResult(str(url), error.outcome, detail=error.detail)
        except TimeoutError:
            return FetchResult(str(url), Outcome.TIMEOUT, detail=f"no end within {self._config.deadline:g} s")
        except aiohttp.ClientConnectorError as error:
            refused = isinstance(error.os_error, Refused)
            outcome = Outcome.GUARD if refused else Outcome.UNREACHABLE
            return FetchResult(str(url), outcome, detail=str(error.os_error) or "no connection")
        except (aiohttp.ClientPayloadError, aiohttp.ServerDisconnectedError, ConnectionError) as error:
            return FetchResult(str(url), Outcome.TRUNCATED, detail=f"the connection ended early: {_short(error)}")
        except (aiohttp.ClientError, ssl.SSLError, ValueError, OSError) as error:
            return FetchResult(str(url), Outcome.PROTOCOL, detail=_short(error))

    async def _hops(self, url: URL, validators: Validators, most: int) -> FetchResult:
        seen = {url}
        deadline = self._clock() + self._config.deadline
        for _hop in range(HOPS + 1):
            self._guard.check_url(url)
            async with self._polite(url) as waited:
                deadline += waited
                async with asyncio.timeout(max(deadline - self._clock(), 0)):
                    result, onward = await self._once(url, validators, most)
            if onward is None:
                return result
            url = onward
            if url in seen:
                return replace(result, outcome=Outcome.REDIRECT_LOOP, detail=f"comes back to {url}")
            seen.add(url)
        return replace(result, outcome=Outcome.REDIRECT_LOOP, detail=f"more than {HOPS} redirects")

    @asynccontextmanager
    async def _polite(self, url: URL) -> AsyncIterator[float]:
        """One request at a time to a host, and a gap between their starts; gives the seconds waited."""
        host = f"{url.host}:{url.port}"
        asked = self._clock()
        async with self._turn[host]:
            await asyncio.sleep(max(self._free_at.get(host, 0.0) - self._clock(), 0))
            self._free_at[host] = self._clock() + self._config.host_gap
            yield self._clock() - asked

    async def _once(self, url: URL, validators: Validators, most: int) -> tuple[FetchResult, URL | None]:
        headers = {"If-None-Match": validators.etag, "If-Modified-Since": validators.last_modified}
        asked = {name: value for name, value in headers.items() if value}
        async with self._session.get(url, allow_redirects=False, headers=asked) as response:
            onward = _onward(url, response)
            result = _head(url, response)
            if response.status == 304 and not asked:
                return replace(result, outcome=Outcome.PROTOCOL, detail="304 to a request without validators"), None
            if response.status == 206:
                return replace(result, outcome=Outcome.TRUNCATED, detail="a part that was not asked for"), None
            if onward is not None or result.outcome is not Outcome.OK:
                return result, onward
            _check_length(response, most)
            coding = response.headers.get("Content-Encoding", "")
            body = await read_body(response.content.iter_chunked(65_536), coding, most)
        if not body:
            return replace(result, outcome=Outcome.EMPTY, detail="an answer without a body"), None
        return replace(result, body=body), None


def _onward(url: URL, response: aiohttp.ClientResponse) -> URL | None:
    location = response.headers.get("Location", "")
    if response.status not in REDIRECTS or not location:
        return None
    return url.join(URL(location)).with_fragment(None)


def _head(url: URL, response: aiohttp.ClientResponse) -> FetchResult:
    outcome = outcome_of(response.status)
    return FetchResult(
        url=str(url),
        outcome=outcome,
        status=response.status,
        final_url=str(url),
        headers=tuple((name, value) for name, value in response.headers.items()),
        media_type=response.content_type if "Content-Type" in response.headers else "",
        charset=response.charset or "",
        detail="" if outcome is Outcome.OK else f"HTTP {response.status} {(response.reason or '')[:60]}".strip(),
        validators=Validators(response.headers.get("ETag", ""), response.headers.get("Last-Modified", "")),
        retry_after=_retry_after(response.headers.get("Retry-After", "")),
    )


def _check_length(response: aiohttp.ClientResponse, most: int) -> None:
    if (response.content_length or 0) > most:
        raise BodyRefused(Outcome.TOO_LARGE, f"says it has {response.content_length} bytes, {most} are allowed")


def _retry_after(text: str) -> float | None:
    """Seconds, or a date of RFC 9110; None where it is neither."""
    if text.strip().isdigit():
        return float(text)
    try:
        at = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return max((at.astimezone(UTC) - datetime.now(UTC)).total_seconds(), 0.0)


def _short(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:200]
