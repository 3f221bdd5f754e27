"""robots.txt (RFC 9309): absent allows all, unreachable or broken forbids all; kept a day, in the ledger too.

In the same visit of the host its tdmrep.json is asked for, what it reserves, and kept as long.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from protego import Protego
from yarl import URL

from pipeline.fetch.manners import Manners, host_of
from pipeline.model import FetchResult, Outcome, RobotsFile
from pipeline.rights.tdmrep import PLACE, OriginReservations, parse_tdm_file, tdm_file

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


class ToldMeanwhile(Exception):
    """Another process was told while this one waited for its turn at the host."""

    def __init__(self, file: RobotsFile) -> None:
        super().__init__(file.origin)
        self.file = file


LastLook = Callable[[], Awaitable[None]]
Ask = Callable[[str, LastLook], Awaitable[FetchResult]]


@dataclass(frozen=True, slots=True)
class _Rules:
    file: RobotsFile
    parsed: Protego
    reserved: OriginReservations


class Robots:
    """What each origin's robots.txt says to this client, and its tdmrep.json if ``tdm``.

    ``ask`` fetches one. When it has its turn at the host it calls the function given, which may raise ToldMeanwhile.
    """

    def __init__(self, ask: Ask, manners: Manners, *, tdm: bool) -> None:
        self._ask, self._manners, self._tdm = ask, manners, tdm
        self._known: dict[str, _Rules] = {}
        self._asking: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def check(self, url: URL) -> tuple[str, ...]:
        """What the origin reserves of the page, as signals.

        Raises Forbidden where the page must not be fetched, Resting where the host cannot be asked now.
        """
        if not self._manners.obeys_robots(host_of(url)):
            return ()
        rules = await self._rules_of(url)
        if rules.file.outcome is not Outcome.OK:
            left = (rules.file.until - self._manners.clock()).total_seconds()
            raise Forbidden(rules.file.outcome, f"robots.txt cannot be had: {rules.file.detail}", max(left, 0.0))
        if not rules.parsed.can_fetch(str(url), TOKEN):
            raise Forbidden(Outcome.ROBOTS, "robots.txt forbids this page")
        return rules.reserved.for_page(str(url))

    async def reserved(self, url: URL) -> tuple[str, ...]:
        """What the origin reserves of a page that need not be fetched. Raises Resting."""
        if not self._tdm or not self._manners.obeys_robots(host_of(url)):
            return ()
        return (await self._rules_of(url)).reserved.for_page(str(url))

    async def _rules_of(self, url: URL) -> _Rules:
        origin = str(url.origin())
        async with self._asking[origin]:
            return await self._rules(origin)

    async def _rules(self, origin: str) -> _Rules:
        known, now = self._known.get(origin), self._manners.clock()
        if known and known.file.until > now:
            return known
        ledger = self._manners.ledger
        kept = await ledger.robots(origin) if ledger else None
        fresh = kept is None or kept.until <= now
        file = await self._asked(origin) if kept is None or fresh else kept
        parsed = Protego.parse(file.text)
        delay = parsed.crawl_delay(TOKEN)
        await self._manners.slow_down(host_of(URL(origin)), float(delay or 0.0), just_asked=fresh)
        file = await self._with_reservations(file, parsed)
        rules = self._known[origin] = _Rules(file, parsed, parse_tdm_file(file.tdm))
        return rules

    async def _asked(self, origin: str) -> RobotsFile:
        try:
            result = await self._ask(f"{origin}/robots.txt", partial(self._last_look, origin, tdm=False))
        except ToldMeanwhile as told:
            return told.file
        return await self._kept(_file(origin, result, self._manners))

    async def _with_reservations(self, file: RobotsFile, parsed: Protego) -> RobotsFile:
        """What robots.txt forbids to ask for is not declared. A file that cannot be had is asked for the next day."""
        place = file.origin + PLACE
        if not self._tdm or file.tdm or file.outcome is not Outcome.OK or not parsed.can_fetch(place, TOKEN):
            return file
        try:
            result = await self._ask(place, partial(self._last_look, file.origin, tdm=True))
        except ToldMeanwhile as told:
            return told.file
        return await self._kept(replace(file, tdm=tdm_file(result)))

    async def _last_look(self, origin: str, *, tdm: bool) -> None:
        """Between processes turns are taken only where there is a gap to keep."""
        if self._manners.ledger and self._manners.gap(host_of(URL(origin))) > 0:
            kept = await self._manners.ledger.robots(origin)
            if kept and kept.until > self._manners.clock() and (kept.tdm or not tdm):
                raise ToldMeanwhile(kept)

    async def _kept(self, file: RobotsFile) -> RobotsFile:
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
