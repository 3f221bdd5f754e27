"""The feeds and entries that a run has claimed: claimed while it works on them, released at its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from pipeline.errors import StoreError
from pipeline.steps.context import Clock
from pipeline.store import Store
from pipeline.store.claims import CLAIM

# A claim is extended twice before it would expire.
EXTEND_EVERY = CLAIM / 3


class Claims:
    """Ids that a run claimed and has not recorded yet. Recording ends a claim in the store; its caller discards the id
    here, so that a claim that another run has by then is neither extended nor released."""

    def __init__(self, store: Store, feeds: Iterable[int] = (), entries: Iterable[int] = ()) -> None:
        self._store = store
        self.feeds, self.entries = set(feeds), set(entries)

    def extend(self, clock: Clock) -> None:
        """Extend the claims."""
        self._store.feeds.extend_claims(sorted(self.feeds), clock())
        self._store.entries.extend_claims(sorted(self.entries), clock())

    def release(self) -> None:
        """Release what was not recorded, so that the next run works on it."""
        self._store.feeds.release(sorted(self.feeds))
        self._store.entries.release(sorted(self.entries))

    @asynccontextmanager
    async def extended(
        self, clock: Clock, interval: timedelta = EXTEND_EVERY, *, release: bool = False
    ) -> AsyncIterator[None]:
        """Extend the claims while the block runs, however long; with ``release`` release at its end those that are
        left. A task of Airflow does not: it works on the same ids when it is retried."""
        extending = asyncio.create_task(self._extend_again_and_again(clock, interval))
        try:
            yield
        finally:
            extending.cancel()
            with suppress(asyncio.CancelledError):
                await extending
            if release:
                self.release()

    async def _extend_again_and_again(self, clock: Clock, interval: timedelta) -> None:
        while True:
            await asyncio.sleep(interval.total_seconds())
            # A store that does not answer now may at the next time; the fetches report it.
            with suppress(StoreError):
                await asyncio.to_thread(self.extend, clock)
