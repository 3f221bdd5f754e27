"""What a run has claimed of feeds and entries: held while it works on them, given back at its end."""

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
    """Ids that a run claimed and has not recorded yet. Recording ends a claim in the store; whoever records tells it
    here, so that a claim that another run has by then is neither extended nor released."""

    def __init__(self, store: Store, feeds: Iterable[int] = (), entries: Iterable[int] = ()) -> None:
        self._store = store
        self.feeds, self.entries = set(feeds), set(entries)

    def extend(self, clock: Clock) -> None:
        """Claim them for longer."""
        self._store.feeds.extend_claims(sorted(self.feeds), clock())
        self._store.entries.extend_claims(sorted(self.entries), clock())

    def release(self) -> None:
        """Give back what was not recorded: what a run that is broken off leaves to the next."""
        self._store.feeds.release(sorted(self.feeds))
        self._store.entries.release(sorted(self.entries))

    @asynccontextmanager
    async def extended(
        self, clock: Clock, every: timedelta = EXTEND_EVERY, *, release: bool = False
    ) -> AsyncIterator[None]:
        """Extend the claims while the block runs, however long; with ``release`` give back at its end those that are
        left. A task of Airflow keeps them: it works on its ids again when it is tried again."""
        extending = asyncio.create_task(self._extend_again_and_again(clock, every))
        try:
            yield
        finally:
            extending.cancel()
            with suppress(asyncio.CancelledError):
                await extending
            if release:
                self.release()

    async def _extend_again_and_again(self, clock: Clock, every: timedelta) -> None:
        while True:
            await asyncio.sleep(every.total_seconds())
            # A store that does not answer now may at the next time; the fetches report it.
            with suppress(StoreError):
                await asyncio.to_thread(self.extend, clock)
