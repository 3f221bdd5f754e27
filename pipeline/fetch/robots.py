"""robots.txt (RFC 9309): absent allows all, unreachable or broken forbids all; kept a day, in the ledger too."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from protego import Protego
from yarl import URL

from pipeline.fetch.manners import Manners, host_of
from pipeline.model import FetchResult, Outcome, RobotsFile

DAY = timedelta(days=1)
# What forbids all because it cannot be had is asked for again sooner: a short outage is no reason to lose a day.
HOUR = timedelta(hours=1)
# RFC 9309, 2.5: at least 500 KiB are parsed; what stands behind is left out.
MOST = 512_000
TOKEN = "copydesk"  # noqa: S105 - the product token of RFC 9309


class Forbidden(Exception):
    """The page must not be fetched: how the fetch ends, and after how many seconds that may have changed."""

    def __init__(self, outcome: Outcome, detail: str, retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.outcome, self.detail, self.retry_after = outcome, detail, retry_after


@dataclass(frozen=True, slots=True)
class _Rules:
    file: RobotsFile
    parsed: Protego


class Robots:
    """What each origin's robots.txt says to this client; ``ask`` fetches one."""

    def __init__(self, ask: Callable[[str], Awaitable[FetchResult]], manners: Manners) -> None:
        self._ask, self._manners = ask, manners
        self._known: dict[str, _Rules] = {}
        self._asking: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def check(self, url: URL) -> None:
        """Raise Forbidden where the page must not be fetched, Resting where the host cannot be asked now."""
        if not self._manners.obeys_robots(host_of(url)):
            return
        origin = str(url.origin())
        async with self._asking[origin]:
            rules = await self._rules(origin)
        if rules.file.outcome is not Outcome.OK:
            left = (rules.file.until - self._manners.clock()).total_seconds()
            raise Forbidden(rules.file.outcome, f"robots.txt cannot be had: {rules.file.detail}", max(left, 0.0))
        if not rules.parsed.can_fetch(str(url), TOKEN):
            raise Forbidden(Outcome.ROBOTS, "robots.txt forbids this page")

    async def _rules(self, origin: str) -> _Rules:
        known, now = self._known.get(origin), self._manners.clock()
        if known and known.file.until > now:
            return known
        ledger = self._manners.ledger
        kept = await ledger.robots(origin) if ledger else None
        fresh = kept is None or kept.until <= now
        file = await self._asked(origin) if kept is None or fresh else kept
        rules = self._known[origin] = _Rules(file, Protego.parse(file.text))
        delay = rules.parsed.crawl_delay(TOKEN)
        await self._manners.slow_down(host_of(URL(origin)), float(delay or 0.0), just_asked=fresh)
        return rules

    async def _asked(self, origin: str) -> RobotsFile:
        file = _file(origin, await self._ask(f"{origin}/robots.txt"), self._manners)
        if self._manners.ledger:
            await self._manners.ledger.keep_robots(file)
        return file


def _file(origin: str, result: FetchResult, manners: Manners) -> RobotsFile:
    now = manners.clock()
    if result.outcome in (Outcome.OK, Outcome.EMPTY):
        return RobotsFile(
            origin, Outcome.OK, "", result.body.decode("utf-8-sig", "replace").replace("\0", ""), now + DAY
        )
    if allows_all(result):
        return RobotsFile(origin, Outcome.OK, result.detail, "", now + DAY)
    until = now + max(HOUR, timedelta(seconds=min(result.retry_after or 0.0, DAY.total_seconds())))
    return RobotsFile(origin, result.outcome, result.detail, "", until)


def allows_all(result: FetchResult) -> bool:
    """No robots.txt (RFC 9309, 2.3.1.3): 4xx, 401 and 403 with them, and redirects without end (2.3.1.2).

    429 says "not now", which is no leave to take everything: it forbids, as 5xx does.
    """
    return result.outcome is Outcome.REDIRECT_LOOP or (400 <= result.status < 500 and result.status != 429)
