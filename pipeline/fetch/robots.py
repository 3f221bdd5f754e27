"""robots.txt (RFC 9309): absent allows all, unreachable or broken forbids all; stored for a day, in the ledger too.

The host's tdmrep.json, which states its reservations, is fetched right after it and stored as long.
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
# A robots.txt that forbids all because it cannot be fetched is tried again sooner: a short outage must not cost a day.
HOUR = timedelta(hours=1)
# RFC 9309, 2.5: at least 500 KiB are parsed; the rest is ignored.
MOST = 512_000
TOKEN = "copydesk"  # noqa: S105 - the product token of RFC 9309


class Forbidden(Exception):
    """The page must not be fetched: the outcome of the fetch, and after how many seconds that may have changed."""

    def __init__(self, outcome: Outcome, detail: str, retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.outcome, self.detail, self.retry_after = outcome, detail, retry_after


class FetchedMeanwhile(Exception):
    """Another process fetched the file while this one waited for its turn at the host."""

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
    """The rules of each origin's robots.txt for this client, and of its tdmrep.json if ``tdm``.

    ``ask`` fetches a file. When it has its turn at the host it calls its second argument, which may raise
    FetchedMeanwhile.
    """

    def __init__(self, ask: Ask, manners: Manners, *, tdm: bool) -> None:
        self._ask, self._manners, self._tdm = ask, manners, tdm
        self._rules_by_origin: dict[str, _Rules] = {}
        self._asking: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def check(self, url: URL) -> tuple[str, ...]:
        """Return what the origin reserves of the page, as signals.

        Raises Forbidden where the page must not be fetched, Resting where the host must not be requested now.
        """
        if not self._manners.obeys_robots(host_of(url)):
            return ()
        rules = await self._load_rules(url)
        if rules.file.outcome is not Outcome.OK:
            seconds = (rules.file.until - self._manners.clock()).total_seconds()
            raise Forbidden(rules.file.outcome, f"robots.txt cannot be had: {rules.file.detail}", max(seconds, 0.0))
        if not rules.parsed.can_fetch(str(url), TOKEN):
            raise Forbidden(Outcome.ROBOTS, "robots.txt forbids this page")
        return rules.reserved.for_page(str(url))

    async def reserved(self, url: URL) -> tuple[str, ...]:
        """Return what the origin reserves of a page that is not fetched, as signals. Raises Resting."""
        if not self._tdm or not self._manners.obeys_robots(host_of(url)):
            return ()
        return (await self._load_rules(url)).reserved.for_page(str(url))

    async def _load_rules(self, url: URL) -> _Rules:
        origin = str(url.origin())
        async with self._asking[origin]:
            return await self._rules(origin)

    async def _rules(self, origin: str) -> _Rules:
        rules, now = self._rules_by_origin.get(origin), self._manners.clock()
        if rules and rules.file.until > now:
            return rules
        ledger = self._manners.ledger
        stored = await ledger.robots(origin) if ledger else None
        fresh = stored is None or stored.until <= now
        file = await self._fetch_robots(origin) if stored is None or fresh else stored
        parsed = Protego.parse(file.text)
        delay = parsed.crawl_delay(TOKEN)
        await self._manners.slow_down(host_of(URL(origin)), float(delay or 0.0), just_asked=fresh)
        file = await self._fetch_reservations(file, parsed)
        rules = self._rules_by_origin[origin] = _Rules(file, parsed, parse_tdm_file(file.tdm))
        return rules

    async def _fetch_robots(self, origin: str) -> RobotsFile:
        try:
            result = await self._ask(f"{origin}/robots.txt", partial(self._last_look, origin, tdm=False))
        except FetchedMeanwhile as meanwhile:
            return meanwhile.file
        return await self._store_file(_file(origin, result, self._manners))

    async def _fetch_reservations(self, file: RobotsFile, parsed: Protego) -> RobotsFile:
        """Add tdmrep.json. It counts as absent if robots.txt forbids it; one that fails is tried again the next day."""
        place = file.origin + PLACE
        if not self._tdm or file.tdm or file.outcome is not Outcome.OK or not parsed.can_fetch(place, TOKEN):
            return file
        try:
            result = await self._ask(place, partial(self._last_look, file.origin, tdm=True))
        except FetchedMeanwhile as meanwhile:
            return meanwhile.file
        return await self._store_file(replace(file, tdm=tdm_file(result)))

    async def _last_look(self, origin: str, *, tdm: bool) -> None:
        """Raise FetchedMeanwhile if the ledger has the file by now. Processes share turns only at hosts with a gap."""
        if self._manners.ledger and self._manners.gap(host_of(URL(origin))) > 0:
            stored = await self._manners.ledger.robots(origin)
            if stored and stored.until > self._manners.clock() and (stored.tdm or not tdm):
                raise FetchedMeanwhile(stored)

    async def _store_file(self, file: RobotsFile) -> RobotsFile:
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
    """Return whether there is no robots.txt (RFC 9309, 2.3.1.3): 4xx, 401 and 403 too, and endless redirects (2.3.1.2).

    429 means "not now", which does not allow everything: it forbids, as 5xx does.
    """
    return result.outcome is Outcome.REDIRECT_LOOP or (400 <= result.status < 500 and result.status != 429)
