"""Manners towards hosts: one request at a time, a gap from its end to the start of the next, rest when asked for.

Inside a process a lock a host does it. Between processes a :class:`Ledger` does: whose turn it is at a host and when
the next may start. It is asked only where there is a gap to keep, so that a run without gaps pays nothing for it.
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
# A dead process's turn ends by itself, this long after its request must have.
LEASE_MARGIN = 15.0
# One address of a host may ask for a month; its other feeds and pages are held up for a day at most.
LONGEST_REST = 86_400.0


class Resting(Exception):
    """The host is not to be asked for so many seconds, longer than a run waits."""

    def __init__(self, host: str, seconds: float) -> None:
        super().__init__(f"{host} is left alone for {seconds:.0f} s more")
        self.seconds = seconds


class Ledger(Protocol):
    """What processes share about hosts; each call is one transaction, or part of one."""

    async def take(self, asked: HostTurn, now: datetime) -> HostTurn:
        """Take the turn ``asked`` for, if nobody has it; how the host stands after that."""

    async def end(self, turn: HostTurn) -> None:
        """Give the turn back; for one who does not hold it, let the host rest until ``turn.free_at``."""

    async def resting(self, now: datetime) -> dict[str, datetime]:
        """Hosts that are not free at ``now``."""

    async def robots(self, origin: str) -> RobotsFile | None:
        """The origin's robots.txt as it was last asked for."""

    async def keep_robots(self, file: RobotsFile) -> None:
        """Keep it."""


def host_of(url: URL) -> str:
    """Who answers: the name, with the port where it is not the usual one. http and https are one host."""
    return f"{url.host}" if url.port in (80, 443) else f"{url.host}:{url.port}"


def system_clock() -> datetime:
    """The time, where no step gives its own."""
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
        """Learn which hosts asked earlier runs for rest."""
        if self.ledger:
            self._free_at |= await self.ledger.resting(self.clock())

    def gap(self, host: str) -> float:
        """Seconds to leave the host alone after each request: the operator's, or more where robots.txt asks for it."""
        return max(self._gaps.get(host, self._gap), self._delays.get(host, 0.0))

    def obeys_robots(self, host: str) -> bool:
        """Whether the operator has not been let off this host's robots.txt."""
        return host not in self._unbound

    def lane(self, host: str) -> asyncio.Lock:
        """Fetches that begin at a host queue here, so that only the first of them waits for a place to work at."""
        return self._lanes[host]

    def turn(self, host: str) -> Turn:
        """One request to the host, as a context; entering it raises Resting where that would take too long."""
        return Turn(self, host, self._turns[host])

    async def slow_down(self, host: str, delay: float, *, just_asked: bool) -> None:
        """Keep the Crawl-delay of a host from now on, and after the request that has brought it."""
        before = self.gap(host)
        self._delays[host] = min(delay, LONGEST_REST)
        longer = self.gap(host) - before
        if just_asked and longer > 0:
            self._free_at[host] = self._free_at.get(host, self.clock()) + timedelta(seconds=longer)
            if self.ledger:
                await self.ledger.end(HostTurn(host, "", self._free_at[host]))

    async def rested(self, host: str, asked: datetime) -> None:
        """Wait until the host is free. Raises Resting where that would make it too long since ``asked``."""
        free_at = self._free_at.get(host)
        if free_at is None:
            return
        now = self.clock()
        left = (free_at - now).total_seconds()
        if left > 0:
            if (now - asked).total_seconds() + left > PATIENCE:
                raise Resting(host, left)
            await asyncio.sleep(left)

    def to_wait_for(self, host: str) -> bool:
        """Whether the host may not be free, or its turn is to be taken from other processes too."""
        return host in self._free_at or (self.ledger is not None and self.gap(host) > 0)

    async def taken(self, host: str, asked: datetime) -> None:
        """Wait for the host's turn, and take it."""
        await self.rested(host, asked)
        while self.ledger and (gap := self.gap(host)) > 0:
            now = self.clock()
            mine = HostTurn(host, self._owner, now + self._lease + timedelta(seconds=gap))
            found = await self.ledger.take(mine, now)
            if found == mine:
                return
            # Whoever has the turn ends it sooner than its lease; their gap follows in any case.
            soon = now + timedelta(seconds=gap) if found.owner else found.free_at
            self._free_at[host] = min(found.free_at, soon)
            await self.rested(host, asked)

    async def ended(self, host: str, rest: float) -> None:
        """Give the turn back; the host is left alone for its gap, or the ``rest`` that it asks for."""
        gap, rest = self.gap(host), min(rest, LONGEST_REST)
        if not gap and not rest:
            return
        self._free_at[host] = self.clock() + timedelta(seconds=max(gap, rest))
        if self.ledger:
            await self.ledger.end(HostTurn(host, self._owner if gap else "", self._free_at[host]))


class Turn:
    """A request under way: the seconds it ``waited`` for, and the ``rest`` that the host asks for in its answer.

    A class of its own, since a generator's context costs as much as the rest of the manners together.
    """

    __slots__ = ("_host", "_lock", "_manners", "rest", "waited")

    def __init__(self, manners: Manners, host: str, lock: asyncio.Lock) -> None:
        self._manners, self._host, self._lock = manners, host, lock
        self.waited = self.rest = 0.0

    async def __aenter__(self) -> Self:
        asked = self._manners.clock()
        await self._lock.acquire()
        if self._manners.to_wait_for(self._host):
            try:
                await self._manners.taken(self._host, asked)
            except BaseException:
                self._lock.release()
                raise
        self.waited = (self._manners.clock() - asked).total_seconds()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._manners.ended(self._host, self.rest)
        finally:
            self._lock.release()
