"""The store as the ledger of hosts: reads and writes of the same moment share a transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import datetime
from functools import partial
from typing import ParamSpec, TypeVar

from pipeline.config import Config
from pipeline.fetch.manners import Manners
from pipeline.model import HostTurn, RobotsFile
from pipeline.steps.context import Clock, Gathered
from pipeline.store import Store

T = TypeVar("T")
P = ParamSpec("P")


def manners(config: Config, store: Store, writer: Executor, clock: Clock) -> Manners:
    """Return the manners of a run; runs on the same store share their turns at hosts."""
    return Manners(config.fetch, config.hosts, clock, StoreLedger(store, writer))


class StoreLedger:
    """:class:`pipeline.fetch.manners.Ledger` on the store, written by the one thread that writes."""

    def __init__(self, store: Store, writer: Executor) -> None:
        self._store, self._writer = store, writer
        # No wait: a turn that is taken late is a request that is late. Calls during a transaction are gathered anyway.
        self._takes = Gathered(store.hosts.take_turns, writer, 0.0)
        self._ends = Gathered(store.hosts.end_turns, writer, 0.0)
        self._files = Gathered(store.hosts.robots_files, writer, 0.0)
        self._robots_writes = Gathered(store.hosts.keep_robots_files, writer, 0.0)

    async def take(self, turn: HostTurn, now: datetime) -> HostTurn:
        """Take the turn if no process has it; return the host's turn after that."""
        return await self._takes.write((turn, now))

    async def end(self, turn: HostTurn) -> None:
        """End the turn."""
        await self._ends.write(turn)

    async def resting(self, now: datetime) -> dict[str, datetime]:
        """Return the hosts that are not free at ``now``."""
        return await self._run_on_writer(self._store.hosts.resting, now)

    async def robots(self, origin: str) -> RobotsFile | None:
        """Return the origin's robots.txt as last fetched."""
        return await self._files.write(origin)

    async def keep_robots(self, file: RobotsFile) -> None:
        """Store the origin's robots.txt."""
        await self._robots_writes.write(file)

    async def _run_on_writer(self, operation: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._writer, partial(operation, *args, **kwargs))
