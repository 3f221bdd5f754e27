"""robots.txt (RFC 9309), kept a day: absent allows all, unreachable or broken forbids all."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable

from protego import Protego
from yarl import URL

from pipeline.fetch.client import Client
from pipeline.model import FetchResult, Outcome

DAY = 86_400.0
MOST = 512_000
ALLOW_ALL = ""
FORBID_ALL = "User-agent: *\nDisallow: /"
ABSENT = (Outcome.NOT_FOUND, Outcome.GONE, Outcome.BLOCKED, Outcome.CLIENT_ERROR, Outcome.EMPTY)


class Robots:
    """What each origin's robots.txt says to this client."""

    def __init__(self, client: Client, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._known: dict[str, tuple[float, Protego]] = {}
        self._asking: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def allows(self, url: str) -> bool:
        """Whether the page may be fetched."""
        try:
            origin = str(URL(url).origin())
        except ValueError:
            return False
        async with self._asking[origin]:
            rules = await self._rules(origin)
        return bool(rules.can_fetch(url, "copydesk"))

    async def _rules(self, origin: str) -> Protego:
        known = self._known.get(origin)
        if known and known[0] > self._clock():
            return known[1]
        rules = Protego.parse(_text(await self._client.get(f"{origin}/robots.txt", max_bytes=MOST)))
        self._known[origin] = (self._clock() + DAY, rules)
        return rules


def _text(result: FetchResult) -> str:
    if result.outcome is Outcome.OK:
        return result.body.decode("utf-8", "replace")
    return ALLOW_ALL if result.outcome in ABSENT else FORBID_ALL
