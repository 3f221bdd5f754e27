"""The outside world, faked: hosts that answer in virtual time and write down how they are treated."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime
from itertools import chain
from typing import Any

from aiohttp import RequestInfo
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from pipeline.config import FetchConfig
from pipeline.fetch.client import Client
from pipeline.fetch.manners import Manners, host_of
from tests.simulator import virtual


@dataclass(frozen=True)
class Reply:
    """What a site answers, after ``seconds``; a status of 0 never comes."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.2


@dataclass(frozen=True)
class Request:
    """A request as the host saw it."""

    url: str
    headers: dict[str, str]
    start: float
    end: float
    reply: Reply


Site = Callable[[URL, dict[str, str]], Reply]
ALLOWED = Reply(404)


@dataclass
class Web:
    """Sites by host, and the requests each has seen; ``watch`` is told of each as it starts, ``ended`` as it ends."""

    sites: dict[str, Site] = field(default_factory=dict)
    requests_by_host: dict[str, list[Request]] = field(default_factory=lambda: defaultdict(list))
    busy: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    most_busy: int = 0
    watch: Callable[[str, URL, dict[str, str]], None] = lambda host, url, headers: None
    ended: Callable[[str, Request], None] = lambda host, request: None

    def get(self, url: URL, *, allow_redirects: bool, headers: dict[str, str]) -> _Exchange:
        assert not allow_redirects
        return _Exchange(self, url, headers)

    async def close(self) -> None:
        return None

    def requests(self, path: str = "") -> list[Request]:
        """All requests whose address holds ``path``, in order."""
        all_requests = chain.from_iterable(self.requests_by_host.values())
        return sorted((request for request in all_requests if path in request.url), key=lambda request: request.start)


class _Exchange:
    def __init__(self, web: Web, url: URL, headers: dict[str, str]) -> None:
        self._web, self._url, self._headers, self._host = web, url, headers, host_of(url)

    async def __aenter__(self) -> _Response:
        loop = asyncio.get_running_loop()
        web, self._start = self._web, loop.time()
        web.watch(self._host, self._url, self._headers)
        web.busy[self._host] += 1
        web.most_busy = max(web.most_busy, web.busy[self._host])
        self._reply = Reply(0)
        try:
            reply = web.sites[self._host](self._url, self._headers)
            await asyncio.sleep(reply.seconds if reply.status else 10_000.0)
            self._reply = reply
        except BaseException:
            await self.__aexit__()
            raise
        return _Response(self._reply, RequestInfo(self._url, "GET", CIMultiDictProxy(CIMultiDict(self._headers))))

    async def __aexit__(self, *_: object) -> None:
        self._web.busy[self._host] -= 1
        end = asyncio.get_running_loop().time()
        request = Request(str(self._url), self._headers, self._start, end, self._reply)
        self._web.requests_by_host[self._host].append(request)
        self._web.ended(self._host, request)


class _Response:
    reason, charset, content_length = "", "utf-8", None

    def __init__(self, reply: Reply, request_info: RequestInfo) -> None:
        self.status, self.content, self._body = reply.status, self, reply.body
        self.request_info = request_info
        self.headers = CIMultiDict({"Date": format_datetime(virtual.now(), usegmt=True), **reply.headers})
        self.content_type = self.headers.get("Content-Type", "")

    async def readany(self) -> bytes:
        body, self._body = self._body, b""
        return body


class SimulatedClient(Client):
    """The real client on a faked web."""

    def __init__(self, web: Web, config: FetchConfig, manners: Manners) -> None:
        super().__init__(config, manners)
        self._web = web

    def _opened(self) -> Any:
        return self._web


def later(seconds: float) -> str:
    """An HTTP date so many seconds from now."""
    return format_datetime(virtual.now() + timedelta(seconds=seconds), usegmt=True)
