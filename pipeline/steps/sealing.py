"""Pages whose segment of the archive is not stored yet: what records them waits."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager, suppress

from pipeline.archive.warc import Archive
from pipeline.model import ArchiveRef

# Bytes that wait before they are put: a page more keeps a segment under its limit of 64 MB.
FULL = 48 * 1024 * 1024
# Seconds that a page waits at most, so that a run that dies has little to fetch again.
LONGEST_WAIT = 60.0


class Sealing:
    """The one writer's segment, and the tasks that work on pages of it. It is stored when it is full, when every task
    waits for it, or when a page has waited for LONGEST_WAIT. An archive that stores each page at once never waits."""

    def __init__(self, archive: Archive, thread: Executor, full: int = FULL) -> None:
        self._archive, self._thread, self._full = archive, thread, full
        self._working_count = 0
        self._due = asyncio.Event()
        self._seal: asyncio.Task[None] | None = None

    @contextmanager
    def working(self) -> Iterator[None]:
        """Count a task that may yet write to the segment, for as long as the block runs."""
        self._working_count += 1
        try:
            yield
        finally:
            self._end_work()

    def _end_work(self) -> None:
        self._working_count -= 1
        if not self._working_count:
            self._due.set()

    async def settle(self, ref: ArchiveRef | None) -> None:
        """Return once the page at ``ref`` is stored; called by a task that is counted, which holds nothing that others
        wait for. Raises StoreError where the segment was lost."""
        while ref is not None and not self._archive.is_sealed(ref):
            self._end_work()
            try:
                await asyncio.shield(self._sealing())
            finally:
                self._working_count += 1

    def _sealing(self) -> asyncio.Task[None]:
        if self._seal is None:
            if self._working_count:
                self._due.clear()
            self._seal = asyncio.create_task(self._seal_when_due())
        if self._archive.unsealed_bytes >= self._full:
            self._due.set()
        return self._seal

    async def _seal_when_due(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_WAIT):
                await self._due.wait()
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._archive.seal)
        finally:
            self._seal = None
