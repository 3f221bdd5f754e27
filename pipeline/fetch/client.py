"""The HTTP client: it never raises for what a server does, it returns a result with an outcome.

A fetch is bounded in time, redirects and bytes; every hop is checked before a connection is made, with the addresses
that will be used, and passes robots.txt and the manners of its host. No proxy is used, no response kept, and a cookie
lives no longer than the fetch whose redirect set it.
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

from pipeline import traces
from pipeline.config import FetchConfig
from pipeline.fetch.answer import FOR_GOOD, PendingFetch, head_of, onward, with_body
from pipeline.fetch.body import BodyRefused, read_body
from pipeline.fetch.guard import Guard, Refused
from pipeline.fetch.manners import Manners, Resting, host_of
from pipeline.fetch.request_spans import note_response, request_span
from pipeline.fetch.robots import MOST as ROBOTS_MOST
from pipeline.fetch.robots import FetchedMeanwhile, Forbidden, LastLook, Robots
from pipeline.model import FetchResult, Outcome, Validators
from pipeline.rights.tdm import UNKNOWN

HOPS = 5
HEAD_LIMIT = 16_384
ACCEPT = "text/html,application/xhtml+xml,application/rss+xml,application/atom+xml,application/feed+json,*/*;q=0.8"
ASKED_TO_WAIT = (429, 503)
Asking = Callable[[URL, PendingFetch], Awaitable[FetchResult]]
NOTHING_KNOWN = Validators()


@cache  # looks through the files of the installed package
def user_agent(contact: str) -> str:
    """Return the User-Agent header: this software's name and version, and the operator's contact."""
    return f"copydesk/{version('copydesk')}" + (f" (+{contact})" if contact else "")


class GuardedResolver(AbstractResolver):
    """The system's resolver; the guard checks all addresses of a name."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._inner = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Resolve a name. Raises Refused where any address is not public, OSError where there is none."""
        rows = await self._inner.resolve(host, port, family)
        self._guard.check_addresses(host, port, [row["host"] for row in rows])
        return rows

    async def close(self) -> None:
        """Do nothing: the resolver holds no resources."""


class Fetching:
    """A fetch as a context: entering it gives the result, leaving it frees the place among the fetches under way.

    A class, since a context made of a generator is slow for what runs for every page.
    """

    __slots__ = ("_asking", "_has_place", "_manners", "_room", "_url")

    def __init__(self, manners: Manners, room: asyncio.Semaphore, url: str, asking: Asking) -> None:
        self._manners, self._room, self._url, self._asking = manners, room, url, asking
        self._has_place = False

    async def __aenter__(self) -> FetchResult:
        try:
            return await self._when_free()
        except BaseException:
            self._leave()
            raise

    async def _when_free(self) -> FetchResult:
        """Wait until the host and then a place are free, and return the result."""
        try:
            first = URL(self._url)
            host = host_of(first)
        except ValueError:
            return FetchResult(self._url, Outcome.GUARD, detail="not an address")
        since = self._manners.clock()
        try:
            async with self._manners.lane(host):
                await self._manners.wait_until_free(host, since)
                self._has_place = await self._room.acquire()
                return await self._asking(first, PendingFetch(self._url, _time()))
        except Resting as rest:
            return _resting_result(self._url, rest)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def _leave(self) -> None:
        if self._has_place:
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
        new_socket = socket.socket(family, kind, proto)
        new_socket.setblocking(False)
        return new_socket

    async def get(self, url: str, *, validators: Validators | None = None, max_bytes: int | None = None) -> FetchResult:
        """Fetch ``url``, following at most five redirects, within the deadline; each failure is a result with its
        outcome."""
        async with self.fetched(url, validators=validators, max_bytes=max_bytes) as result:
            return result

    def fetched(self, url: str, *, validators: Validators | None = None, max_bytes: int | None = None) -> Fetching:
        """Fetch as :meth:`get` does, and keep the place among the fetches under way until the context is left.

        So no more bodies are in memory than there are places, and a fetch that waits in a host's queue holds no place.
        """
        most = max_bytes or self._config.max_bytes
        return self._fetching(url, partial(self._hops, validators=validators or NOTHING_KNOWN, most=most))

    async def post(self, url: str, form: Mapping[str, str]) -> FetchResult:
        """Send a form in one request: the same guard, turns and deadline, no redirect followed, no body read.

        robots.txt is not consulted: a hub is an interface for machines, which invites such requests.
        """
        async with self._fetching(url, partial(self._send_form, form=form)) as result:
            return result

    def _fetching(self, url: str, asking: Asking) -> Fetching:
        return Fetching(self._manners, self._room, url, partial(self._run_fetch, asking))

    async def _send_form(self, url: URL, pending: PendingFetch, form: Mapping[str, str]) -> FetchResult:
        self._guard.check_url(url)
        async with self._manners.turn(host_of(url)) as turn:
            with request_span(traces.POST, url):
                async with (
                    asyncio.timeout(self._config.deadline),
                    self._session.post(url, data=form, allow_redirects=False) as response,
                ):
                    result = head_of(url, response, self._manners.clock(), pending, seconds=_time() - pending.at)
                note_response(result)
            turn.rest = (result.retry_after or 0.0) if result.status in ASKED_TO_WAIT else 0.0
        return result

    async def reserved(self, url: str) -> tuple[str, ...]:
        """Return what the origin of a page that is not fetched reserves of it; () where robots.txt is off."""
        if not self._config.robots:
            return ()
        try:
            return await self._robots.reserved(URL(url))
        except Resting:
            return (f"{UNKNOWN} ({Outcome.HOST_RESTING.value})",)
        except ValueError:
            return ()

    async def _robots_txt(self, url: str, last_look: LastLook) -> FetchResult:
        """Fetch a robots.txt or tdmrep.json. It is requested inside another fetch, so it takes no place; a long file is
        cut.

        Raises Resting, FetchedMeanwhile.
        """
        pending = PendingFetch(url, _time())
        try:
            return await self._hops(URL(url), pending, NOTHING_KNOWN, ROBOTS_MOST, rules=last_look)
        except (Resting, FetchedMeanwhile):
            raise
        except Exception as error:  # noqa: BLE001 - becomes a result as for any other fetch
            return _failed_result(url, error, self._config.deadline)

    async def _run_fetch(self, asking: Asking, url: URL, pending: PendingFetch) -> FetchResult:
        """Run the fetch; return its failure, too, as a result."""
        try:
            return await asking(url, pending)
        except Exception as error:  # noqa: BLE001 - what has no outcome is raised again
            failure = _failed_result(pending.url, error, self._config.deadline)
            return replace(failure, seconds=_time() - pending.at)

    async def _hops(
        self, url: URL, pending: PendingFetch, validators: Validators, most: int, *, rules: LastLook | None = None
    ) -> FetchResult:
        """Return the response at the end of the redirects. ``rules`` is given for robots.txt and tdmrep.json, to
        which no robots.txt applies."""
        visited, for_good = {(url, "")}, True
        deadline = pending.at + self._config.deadline
        for hop in range(HOPS + 1):
            self._guard.check_url(url)
            if self._config.robots and rules is None:
                began = _time()
                pending.reserved = await self._robots.check(url)
                deadline += _time() - began
            async with self._manners.turn(host_of(url)) as turn:
                if rules and len(visited) == 1:
                    await rules()
                with request_span(traces.GET, url, resends=hop):
                    async with asyncio.timeout_at(deadline := deadline + turn.waited):
                        result, onto = await self._once(url, pending, validators, most, cut=rules is not None)
                    note_response(result)
                turn.rest = (result.retry_after or 0.0) if result.status in ASKED_TO_WAIT else 0.0
            if onto is None:
                return result
            url, for_good = onto, for_good and result.status in FOR_GOOD
            if for_good:
                pending.moved_to = str(url) if str(url) != pending.url else ""
            # Who comes back with a cookie that was not there before goes on: so bots are told from readers.
            request = (url, pending.cookies.header(url))
            if request in visited:
                return _loops(result, f"comes back to {url}")
            visited.add(request)
        return _loops(result, f"more than {HOPS} redirects")

    async def _once(
        self, url: URL, pending: PendingFetch, validators: Validators, most: int, *, cut: bool
    ) -> tuple[FetchResult, URL | None]:
        conditions = _conditions(validators)
        cookie = pending.cookies.header(url)
        headers = {**conditions, "Cookie": cookie} if cookie else conditions
        async with self._session.get(url, allow_redirects=False, headers=headers) as response:
            now, body = self._manners.clock(), None
            onto = onward(url, response.status, response.headers.get("Location", ""))
            if onto is not None:
                pending.cookies.store(response)
            if with_body(response.status):
                if not cut:
                    _check_length(response, most)
                coding = response.headers.get("Content-Encoding", "")
                body = await read_body(response.content.readany, coding, most, cut=cut)
            seconds = _time() - pending.at
            sent, conditional = tuple(response.request_info.headers.items()), bool(conditions)
            head = head_of(url, response, now, pending, body, seconds=seconds, conditional=conditional, sent=sent)
            return head, onto


def _conditions(validators: Validators) -> dict[str, str]:
    headers = {"If-None-Match": validators.etag, "If-Modified-Since": validators.last_modified}
    return {name: value for name, value in headers.items() if value}


def _time() -> float:
    """Return the time of the loop's clock in seconds, which its timeouts run by."""
    return asyncio.get_running_loop().time()


def _loops(last: FetchResult, detail: str) -> FetchResult:
    return replace(last, outcome=Outcome.REDIRECT_LOOP, detail=detail, moved_to="", reserved=())


def _resting_result(url: str, rest: Resting) -> FetchResult:
    return FetchResult(url, Outcome.HOST_RESTING, detail=str(rest), retry_after=rest.seconds)


def _failed_result(url: str, error: Exception, deadline: float) -> FetchResult:
    """Return the result of a fetch that raised ``error``. Raises what is no fault of a server or an address."""
    match error:
        case Resting():
            return _resting_result(url, error)
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
