"""One run of a step: all that its parts share, opened once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Generic, ParamSpec, TypeVar

from pipeline.archive.warc import Archive
from pipeline.config import Config
from pipeline.errors import StoreError
from pipeline.fetch.client import Client
from pipeline.process_pool import Children
from pipeline.steps.context import Clock, Progress, open_for, running_from, silent
from pipeline.steps.hosts import manners
from pipeline.steps.sealing import Sealing
from pipeline.store import Store

T = TypeVar("T")
P = ParamSpec("P")
ChildrenT = TypeVar("ChildrenT", bound=Children)
ChildrenT_co = TypeVar("ChildrenT_co", bound=Children, covariant=True)


@dataclass(frozen=True, slots=True)
class Run(Generic[ChildrenT_co]):
    """What the parts of one run share. ``writer`` is the one thread that writes, so that the network need not wait for
    the disk; ``children`` read what comes from outside; ``sealing`` says when archived pages are stored."""

    config: Config
    store: Store
    archive: Archive
    sealing: Sealing
    children: ChildrenT_co
    writer: Executor
    client: Client
    clock: Clock
    progress: Progress = silent

    async def write(self, do: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what ``do`` returns, called on the thread that writes."""
        return await asyncio.get_running_loop().run_in_executor(self.writer, partial(do, *args, **kwargs))

    async def is_fatal(self, error: Exception) -> bool:
        """Return whether the error ends the run: the store is away. Any other is the failure of what it befell."""
        return isinstance(error, StoreError) and not await self.write(self.store.is_available)


@asynccontextmanager
async def open_run(
    config: Config, children: ChildrenT, now: datetime, progress: Progress = silent
) -> AsyncIterator[Run[ChildrenT]]:
    """Open the store, the archive, the writer and the client of one run, which begins at ``now``."""
    clock = running_from(now)
    with (
        open_for(config) as store,
        Archive(config.archive, store.retention.file_owner()) as archive,
        ThreadPoolExecutor(1) as writer,
    ):
        async with Client(config.fetch, manners(config, store, writer, clock)) as client:
            try:
                yield Run(config, store, archive, Sealing(archive, writer), children, writer, client, clock, progress)
            except ExceptionGroup as group:
                # A store that is away is told by every task that wrote; once is enough.
                raise group.exceptions[0] if group.split(StoreError)[1] is None else group from None
