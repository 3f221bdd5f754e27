"""Manners towards hosts: one request at a time, a gap from its end to the start of the next, rest when asked for.

Inside a process there is a lock for each host. Between processes a :class:`Ledger` records whose turn it is at a host
and when the next may start. It is used only where there is a gap to keep, so that a run without gaps pays nothing.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Protocol, Self

from yarl import URL

from pipeline.config import FetchConfig
from pipeline.model import HostSpec, HostTurn, RobotsFile

# How long a run waits for a host before it leaves the work to a later run.
PATIENCE = 300.0
# The turn of a process that died ends by itself, this long after the deadline of its request.
LEASE_MARGIN = 15.0
# One address of a host may ask for a month; requests for its other feeds and pages wait for a day at most.
LONGEST_REST = 86_400.0


class Resting(Exception):
    """The host must not be requested for ``seconds`` more, longer than a run waits."""

    def __init__(self, host: str, seconds: float) -> None:
        super().__init__(f"{host} is left alone for {seconds:.0f} s more")
        self.seconds = seconds


class Ledger(Protocol):
    """The state of hosts that processes share; each call is one transaction, or part of one."""

    async def take(self, turn: HostTurn, now: datetime) -> HostTurn:
        """Take the ``turn`` if no process has it; return the host's turn after that."""

    async def end(self, turn: HostTurn) -> None:
        """End the turn; if its owner does not hold it, only let the host rest until ``turn.free_at``."""

    async def resting(self, now: datetime) -> dict[str, datetime]:
        """Return the hosts that are not free at ``now``, with the time when each is."""

    async def robots(self, origin: str) -> RobotsFile | None:
        """Return the origin's robots.txt as last fetched, None if it never was."""

    async def keep_robots(self, file: RobotsFile) -> None:
        """Store the origin's robots.txt."""


def host_of(url: URL) -> str:
    """Return the host of an address, with the port unless it is 80 or 443: http and https are one host."""
    return f"{url.host}" if url.port in (80, 443) else f"{url.host}:{url.port}"


def system_clock() -> datetime:
    """Return the time, for callers without a clock of their own."""
    return datetime.now(UTC)


class Manners:
    """The turns of one process."""

    def __init__(
        self,
        config: FetchConfig,
        hosts: Sequence[HostSpec] = (),
        clock: Callable[[], datetime] = system_clock,
        ledger: Ledger | None = None,
    ) -> None:
        self.clock, self.ledger = clock, ledger
        self._lease = timedelta(seconds=config.deadline + LEASE_MARGIN)
        self._gap = config.host_gap
        self._gaps = {host.name.lower(): host.gap for host in hosts if host.gap >= 0}
        self._unbound = {host.name.lower() for host in hosts if not host.robots}
        self._delays: dict[str, float] = {}
        self._free_at: dict[str, datetime] = {}
        self._lanes: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._turns: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._owner = uuid.uuid4().hex

    async def open(self) -> None:
        """Load from the ledger which hosts asked earlier runs for rest."""
        if self.ledger:
            self._free_at |= await self.ledger.resting(self.clock())

    def gap(self, host: str) -> float:
        """Return the seconds between two requests to the host: the operator's, or more where robots.txt asks for it."""
        return max(self._gaps.get(host, self._gap), self._delays.get(host, 0.0))

    def obeys_robots(self, host: str) -> bool:
        """Return whether this host's robots.txt applies: the operator's config may exempt hosts."""
        return host not in self._unbound

    def lane(self, host: str) -> asyncio.Lock:
        """Return the lock on which a host's fetches queue: only the first of them waits for a place in the run."""
        return self._lanes[host]

    def turn(self, host: str) -> Turn:
        """Return one request to the host, as a context; entering it raises Resting where that would take too long."""
        return Turn(self, host, self._turns[host])

    async def slow_down(self, host: str, delay: float, *, just_asked: bool) -> None:
        """Apply the Crawl-delay of a host from now on, and after the request for the robots.txt that states it."""
        before = self.gap(host)
        self._delays[host] = min(delay, LONGEST_REST)
        longer = self.gap(host) - before
        if just_asked and longer > 0:
            self._free_at[host] = self._free_at.get(host, self.clock()) + timedelta(seconds=longer)
            if self.ledger:
                await self.ledger.end(HostTurn(host, "", self._free_at[host]))

    async def wait_until_free(self, host: str, since: datetime) -> None:
        """Wait until the host is free. Raises Resting if the wait since ``since`` would exceed PATIENCE."""
        free_at = self._free_at.get(host)
        if free_at is None:
            return
        now = self.clock()
        seconds = (free_at - now).total_seconds()
        if seconds > 0:
            if (now - since).total_seconds() + seconds > PATIENCE:
                raise Resting(host, seconds)
            await asyncio.sleep(seconds)

    def may_wait(self, host: str) -> bool:
        """Return whether the host may not be free, or its turn must be agreed with other processes too."""
        return host in self._free_at or (self.ledger is not None and self.gap(host) > 0)

    async def take_turn(self, host: str, since: datetime) -> None:
        """Wait for the host's turn, and take it. Raises Resting as :meth:`wait_until_free` does."""
        await self.wait_until_free(host, since)
        while self.ledger and (gap := self.gap(host)) > 0:
            now = self.clock()
            own_turn = HostTurn(host, self._owner, now + self._lease + timedelta(seconds=gap))
            holder = await self.ledger.take(own_turn, now)
            if holder == own_turn:
                return
            # Its holder ends the turn sooner than its lease; the gap follows in any case.
            soon = now + timedelta(seconds=gap) if holder.owner else holder.free_at
            self._free_at[host] = min(holder.free_at, soon)
            await self.wait_until_free(host, since)

    async def end_turn(self, host: str, rest: float) -> None:
        """End the turn; the host rests for its gap, or for the ``rest`` that it asks for (seconds)."""
        gap, rest = self.gap(host), min(rest, LONGEST_REST)
        if not gap and not rest:
            return
        self._free_at[host] = self.clock() + timedelta(seconds=max(gap, rest))
        if self.ledger:
            await self.ledger.end(HostTurn(host, self._owner if gap else "", self._free_at[host]))


class Turn:
    """A request under way: the seconds it ``waited`` for, and the ``rest`` that the host asks for in its response.

    A class, since a context made of a generator costs as much as the rest of the manners together.
    """

    __slots__ = ("_host", "_lock", "_manners", "rest", "waited")

    def __init__(self, manners: Manners, host: str, lock: asyncio.Lock) -> None:
        self._manners, self._host, self._lock = manners, host, lock
        self.waited = self.rest = 0.0

    async def __aenter__(self) -> Self:
        since = self._manners.clock()
        await self._lock.acquire()
        if self._manners.may_wait(self._host):
            try:
                await self._manners.take_turn(self._host, since)
            except BaseException:
                self._lock.release()
                raise
        self.waited = (self._manners.clock() - since).total_seconds()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._manners.end_turn(self._host, self.rest)
        finally:
            self._lock.release()
