"""The context of every step: its clock, its store, and writes gathered on one thread."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from pipeline.config import Config
from pipeline.errors import StoreError
from pipeline.store import Store, open_store

T = TypeVar("T")
R = TypeVar("R")
Progress = Callable[[str, int, int], None]
Clock = Callable[[], datetime]
# Writes that come while others wait share their transaction, as with PostgreSQL's commit_delay: a transaction a page
# cost 7 ms of processor, a shared one 2.
GATHERED_FOR = 0.1
# So many need not wait for more. Fewer than the fetches under way, all of which may be waiting for their writes.
GATHERED_MOST = 8


def silent(_step: str, _count: int, _total: int) -> None:
    """Report no progress."""


def running_from(now: datetime) -> Clock:
    """Return a clock that starts at ``now`` and runs at the pace of the real one."""
    started = time.monotonic()
    return lambda: now + timedelta(seconds=time.monotonic() - started)


def open_for(config: Config) -> Store:
    """Open the config's store, with the schema of this version. Raises SchemaUnknown where it would have to be migrated
    and the config leaves that to ``copydesk migrate``."""
    return open_store(config.store, migrate=config.migrate)


def batches(ids: Iterable[int], size: int) -> list[list[int]]:
    """Return the ids in lists of at most ``size``."""
    rows = list(ids)
    return [rows[start : start + size] for start in range(0, len(rows), size)]


class Gathered(Generic[T, R]):
    """Writes that wait a moment for one another and share a transaction, on the one thread that writes."""

    def __init__(
        self, write: Callable[[Sequence[T]], Sequence[R]], thread: Executor, seconds: float = GATHERED_FOR
    ) -> None:
        self._write, self._thread, self._seconds = write, thread, seconds
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._turn, self._enough = asyncio.Lock(), asyncio.Event()

    async def write(self, record: T) -> R:
        """Return what the write gave for ``record``. A batch that the store refuses is written one by one."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((record, future))
        if len(self._waiting) >= GATHERED_MOST:
            self._enough.set()
        async with self._turn:
            if not future.done():
                await self._gather()
                await self._write_waiting()
        return await future

    async def _gather(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._seconds):
                await self._enough.wait()

    async def _write_waiting(self) -> None:
        batch, self._waiting = self._waiting, []
        self._enough.clear()
        error = await self._write_together(batch)
        if isinstance(error, StoreError) and len(batch) > 1:
            # An invalid record fails alone.
            for single in batch:
                self._fail(await self._write_together([single]), [single])
        else:
            self._fail(error, batch)

    async def _write_together(self, batch: Sequence[tuple[T, asyncio.Future[R]]]) -> BaseException | None:
        writing = asyncio.get_running_loop().run_in_executor(self._thread, self._write, [record for record, _ in batch])
        (results,) = await asyncio.gather(writing, return_exceptions=True)
        if isinstance(results, BaseException):
            return results
        for (_, future), result in zip(batch, results, strict=True):
            future.set_result(result)
        return None

    @staticmethod
    def _fail(error: BaseException | None, batch: Sequence[tuple[T, asyncio.Future[R]]]) -> None:
        if error is None:
            return
        for _, future in batch:
            future.set_exception(error)
            future.exception()  # marks it as read: its waiter may have been cancelled by an earlier failure
