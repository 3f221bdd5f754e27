"""The store as the ledger of hosts: what comes at the same moment shares a transaction."""

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
    """The manners of a run, shared with all others on the same store."""
    return Manners(config.fetch, config.hosts, clock, StoreLedger(store, writer))


class StoreLedger:
    """:class:`pipeline.fetch.manners.Ledger` on the store, written by the one thread that writes."""

    def __init__(self, store: Store, writer: Executor) -> None:
        self._store, self._writer = store, writer
        # No wait: a turn that is taken late is a request that is late. What queues meanwhile is gathered all the same.
        self._takes = Gathered(store.hosts.take_turns, writer, 0.0)
        self._ends = Gathered(store.hosts.end_turns, writer, 0.0)
        self._files = Gathered(store.hosts.robots_files, writer, 0.0)
        self._kept = Gathered(store.hosts.keep_robots_files, writer, 0.0)

    async def take(self, asked: HostTurn, now: datetime) -> HostTurn:
        """See the protocol."""
        return await self._takes.write((asked, now))

    async def end(self, turn: HostTurn) -> None:
        """See the protocol."""
        await self._ends.write(turn)

    async def resting(self, now: datetime) -> dict[str, datetime]:
        """See the protocol."""
        return await self._done(self._store.hosts.resting, now)

    async def robots(self, origin: str) -> RobotsFile | None:
        """See the protocol."""
        return await self._files.write(origin)

    async def keep_robots(self, file: RobotsFile) -> None:
        """See the protocol."""
        await self._kept.write(file)

    async def _done(self, do: Callable[P, T], *what: P.args, **named: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._writer, partial(do, *what, **named))
