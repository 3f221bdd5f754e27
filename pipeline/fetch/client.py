"""The one client: it never raises for what a server does, it names it.

A fetch is bounded in time, hops and bytes; every hop is checked before a connection is made, with the addresses
that will be used, and passes robots.txt and the manners of its host. No cookie, proxy or answer is kept.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import cache, partial
from importlib.metadata import version
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from pipeline.config import FetchConfig
from pipeline.fetch.answer import FOR_GOOD, Asked, head_of, onward, with_body
from pipeline.fetch.body import BodyRefused, read_body
from pipeline.fetch.guard import Guard, Refused
from pipeline.fetch.manners import Manners, Resting, host_of
from pipeline.fetch.robots import MOST as ROBOTS_MOST
from pipeline.fetch.robots import Forbidden, LastLook, Robots, ToldMeanwhile
from pipeline.model import FetchResult, Outcome, Validators
from pipeline.rights.tdm import UNKNOWN

HOPS = 5
HEAD_LIMIT = 16_384
ACCEPT = "text/html,application/xhtml+xml,application/rss+xml,application/atom+xml,application/feed+json,*/*;q=0.8"
ASKED_TO_WAIT = (429, 503)
Asking = Callable[[URL, Asked], Awaitable[FetchResult]]
NOTHING_KNOWN = Validators()


@cache  # looks through the files of the installed package
def user_agent(contact: str) -> str:
    """Who asks, and whom to write to about it."""
    return f"copydesk/{version('copydesk')}" + (f" (+{contact})" if contact else "")


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


class Fetching:
    """A fetch as a context: entering it gives the result, leaving it the place among the fetches under way.

    A class of its own, since a generator's context is dear for what is done for every page.
    """

    __slots__ = ("_asking", "_manners", "_room", "_taken", "_url")

    def __init__(self, manners: Manners, room: asyncio.Semaphore, url: str, asking: Asking) -> None:
        self._manners, self._room, self._url, self._asking = manners, room, url, asking
        self._taken = False

    async def __aenter__(self) -> FetchResult:
        try:
            return await self._when_free()
        except BaseException:
            self._leave()
            raise

    async def _when_free(self) -> FetchResult:
        """The result, when the host and then a place are free."""
        try:
            first = URL(self._url)
            host = host_of(first)
        except ValueError:
            return FetchResult(self._url, Outcome.GUARD, detail="not an address")
        since = self._manners.clock()
        try:
            async with self._manners.lane(host):
                await self._manners.rested(host, since)
                self._taken = await self._room.acquire()
                return await self._asking(first, Asked(self._url, _time()))
        except Resting as rest:
            return _held(self._url, rest)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def _leave(self) -> None:
        if self._taken:
            self._room.release()


class Client:
    """Fetches under one configuration; use as an async context manager."""

    def __init__(self, config: FetchConfig, manners: Manners | None = None) -> None:
        self._config = config
        self._guard = Guard(frozenset(config.allow))
        self._manners = manners or Manners(config)
        self._robots = Robots(self._robots_txt, self._manners, tdm=config.tdmrep)
        self._room = asyncio.Semaphore(config.concurrency)
        self.agent = user_agent(config.contact)

    async def __aenter__(self) -> Self:
        self._session = self._opened()
        await self._manners.open()
        return self

    def _opened(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            resolver=GuardedResolver(self._guard),
            use_dns_cache=False,
            limit=0,
            socket_factory=self._socket,
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            max_line_size=HEAD_LIMIT,
            max_field_size=HEAD_LIMIT,
            headers={"User-Agent": self.agent, "Accept": ACCEPT, "Accept-Encoding": "gzip"},
            timeout=aiohttp.ClientTimeout(total=None),
        )

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
        async with self.fetched(url, validators=validators, max_bytes=max_bytes) as result:
            return result

    def fetched(self, url: str, *, validators: Validators | None = None, max_bytes: int | None = None) -> Fetching:
        """:meth:`get`, which keeps its place among the fetches under way until the result has been dealt with.

        So no more bodies are held than there are places, and no place is held by who waits in a host's queue.
        """
        most = max_bytes or self._config.max_bytes
        return self._fetching(url, partial(self._hops, validators=validators or NOTHING_KNOWN, most=most))

    async def post(self, url: str, form: Mapping[str, str]) -> FetchResult:
        """Send a form in one request: the same guard, turns and deadline, no redirect followed, no body read.

        robots.txt is not asked: whoever takes forms from machines asks to be sent them.
        """
        async with self._fetching(url, partial(self._posted, form=form)) as result:
            return result

    def _fetching(self, url: str, asking: Asking) -> Fetching:
        return Fetching(self._manners, self._room, url, partial(self._named, asking))

    async def _posted(self, url: URL, asked: Asked, form: Mapping[str, str]) -> FetchResult:
        self._guard.check_url(url)
        async with self._manners.turn(host_of(url)) as turn:
            async with (
                asyncio.timeout(self._config.deadline),
                self._session.post(url, data=form, allow_redirects=False) as response,
            ):
                result = head_of(url, response, self._manners.clock(), asked, seconds=_time() - asked.at)
            turn.rest = (result.retry_after or 0.0) if result.status in ASKED_TO_WAIT else 0.0
        return result

    async def reserved(self, url: str) -> tuple[str, ...]:
        """What the origin of a page that is not fetched reserves of it; () where robots.txt is off."""
        if not self._config.robots:
            return ()
        try:
            return await self._robots.reserved(URL(url))
        except Resting:
            return (f"{UNKNOWN} ({Outcome.HELD.value})",)
        except ValueError:
            return ()

    async def _robots_txt(self, url: str, last_look: LastLook) -> FetchResult:
        """A robots.txt or tdmrep.json: asked for inside another fetch, so it takes no place; a long one is cut.

        Raises Resting, ToldMeanwhile.
        """
        asked = Asked(url, _time())
        try:
            return await self._hops(URL(url), asked, NOTHING_KNOWN, ROBOTS_MOST, rules=last_look)
        except (Resting, ToldMeanwhile):
            raise
        except Exception as error:  # noqa: BLE001 - named just as for any other fetch
            return _named(url, error, self._config.deadline)

    async def _named(self, asking: Asking, url: URL, asked: Asked) -> FetchResult:
        """The fetch, with what can go wrong on the way put into words."""
        try:
            return await asking(url, asked)
        except Exception as error:  # noqa: BLE001 - what has no name is raised again
            named = _named(asked.url, error, self._config.deadline)
            return replace(named, seconds=_time() - asked.at)

    async def _hops(
        self, url: URL, asked: Asked, validators: Validators, most: int, *, rules: LastLook | None = None
    ) -> FetchResult:
        """The answer at the end of the redirects; ``rules`` for what no robots.txt rules: the rules themselves."""
        seen, for_good = [url], True
        deadline = asked.at + self._config.deadline
        for _hop in range(HOPS + 1):
            self._guard.check_url(url)
            if self._config.robots and rules is None:
                began = _time()
                asked.reserved = await self._robots.check(url)
                deadline += _time() - began
            async with self._manners.turn(host_of(url)) as turn:
                if rules and len(seen) == 1:
                    await rules()
                async with asyncio.timeout_at(deadline := deadline + turn.waited):
                    result, onto = await self._once(url, asked, validators, most, cut=rules is not None)
                turn.rest = (result.retry_after or 0.0) if result.status in ASKED_TO_WAIT else 0.0
            if onto is None:
                return result
            url, for_good = onto, for_good and result.status in FOR_GOOD
            asked.moved_to = str(url) if for_good else asked.moved_to
            if url in seen:
                return _loops(result, f"comes back to {url}")
            seen.append(url)
        return _loops(result, f"more than {HOPS} redirects")

    async def _once(
        self, url: URL, asked: Asked, validators: Validators, most: int, *, cut: bool
    ) -> tuple[FetchResult, URL | None]:
        conditions = _conditions(validators)
        async with self._session.get(url, allow_redirects=False, headers=conditions) as response:
            now, body = self._manners.clock(), None
            onto = onward(url, response.status, response.headers.get("Location", ""))
            if with_body(response.status):
                if not cut:
                    _check_length(response, most)
                coding = response.headers.get("Content-Encoding", "")
                body = await read_body(response.content.readany, coding, most, cut=cut)
            seconds = _time() - asked.at
            return head_of(url, response, now, asked, body, seconds=seconds, conditional=bool(conditions)), onto


def _conditions(validators: Validators) -> dict[str, str]:
    headers = {"If-None-Match": validators.etag, "If-Modified-Since": validators.last_modified}
    return {name: value for name, value in headers.items() if value}


def _time() -> float:
    """Seconds of the loop's clock, which its timeouts run by."""
    return asyncio.get_running_loop().time()


def _loops(last: FetchResult, detail: str) -> FetchResult:
    return replace(last, outcome=Outcome.REDIRECT_LOOP, detail=detail, moved_to="", reserved=())


def _held(url: str, rest: Resting) -> FetchResult:
    return FetchResult(url, Outcome.HELD, detail=str(rest), retry_after=rest.seconds)


def _named(url: str, error: Exception, deadline: float) -> FetchResult:
    """How a fetch ended that raised. Raises what is no fault of a server or an address."""
    match error:
        case Resting():
            return _held(url, error)
        case Forbidden():
            return FetchResult(url, error.outcome, detail=error.detail, retry_after=error.retry_after)
        case Refused():
            return FetchResult(url, Outcome.GUARD, detail=str(error))
        case BodyRefused():
            return FetchResult(url, error.outcome, detail=error.detail)
        case TimeoutError():
            return FetchResult(url, Outcome.TIMEOUT, detail=f"no end within {deadline:g} s")
        case aiohttp.ClientConnectorError():
            outcome = Outcome.GUARD if isinstance(error.os_error, Refused) else Outcome.UNREACHABLE
            return FetchResult(url, outcome, detail=str(error.os_error) or "no connection")
        case aiohttp.ClientPayloadError() | aiohttp.ServerDisconnectedError() | ConnectionError():
            return FetchResult(url, Outcome.TRUNCATED, detail=f"the connection ended early: {_short(error)}")
        case aiohttp.ClientError() | ssl.SSLError() | ValueError() | OSError():
            return FetchResult(url, Outcome.PROTOCOL, detail=_short(error))
        case _:
            raise error


def _check_length(response: aiohttp.ClientResponse, most: int) -> None:
    if (response.content_length or 0) > most:
        raise BodyRefused(Outcome.TOO_LARGE, f"says it has {response.content_length} bytes, {most} are allowed")


def _short(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:200]
