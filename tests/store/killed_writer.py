"""Processes that act at random on one store, each with articles of its own, until they are stopped or killed.

A fork server that has imported all they need starts them: in a long run hundreds are killed and replaced.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerProcess
from random import Random

from pipeline.store import lease, open_store
from tests.store.desk import Desk

# Articles that a writer makes at most.
ARTICLES = 1_000_000
# Acts that a writer makes at most while it has the lock, as a batch of articles is placed under one.
ACTS = 24
# Seconds between two questions for the lock, and until one gives up.
GAP, PATIENCE = 0.2, 3600.0
STARTED = multiprocessing.get_context("forkserver")


def write_until_stopped(url: str, number: int, end: Connection) -> None:
    """Act on random stories, some acts to a lock on placing, until the other end of the pipe is closed.

    Whoever waits for the lock asks for it often, and whoever had it lets the others ask: else one writer has it nearly
    all the time, and the others give up.
    """
    lease.POLL, random = GAP, Random(number)
    with open_store(url) as store:
        desk = Desk(store, random, number * ARTICLES)
        while not end.poll(GAP * random.uniform(1, 4)):
            with store.lease.acquire(PATIENCE):
                for _ in range(random.randint(1, ACTS)):
                    desk.act()


class Writers:
    """The writers of a store that are running."""

    def __init__(self, url: str) -> None:
        self._url, self._numbers = url, count(1)
        self._ends: dict[ForkServerProcess, Connection] = {}

    def start(self) -> None:
        """Start another writer."""
        own_end, its_end = STARTED.Pipe()
        process = STARTED.Process(target=write_until_stopped, args=(self._url, next(self._numbers), its_end))
        process.start()
        its_end.close()
        self._ends[process] = own_end

    def kill(self, random: Random) -> int:
        """Kill one of the writers in the middle of what it does, and start another one. Return its process id."""
        process = random.choice(list(self._ends))
        process.kill()
        process.join()
        self._ends.pop(process).close()
        self.start()
        return int(process.pid or 0)

    def wait(self, seconds: float) -> None:
        """Wait for so long, or until a writer ends, which none should."""
        wait([process.sentinel for process in self._ends], seconds)
        self.check({None})

    def check(self, codes: set[int | None]) -> None:
        """Check how the writers stand: None where they run, 0 where they ended well."""
        assert {process.exitcode for process in self._ends} <= codes

    def stop(self) -> None:
        """Let the writers end after the acts that each is in."""
        for end in self._ends.values():
            end.close()
        for process in self._ends:
            process.join()
        self.check({0})

    def end_all(self) -> None:
        """Kill what is left of them."""
        for process in self._ends:
            process.kill()
            process.join()


@contextmanager
def running_writers(url: str, writers: int) -> Iterator[Writers]:
    """Yield so many writers of the store at ``url``."""
    STARTED.set_forkserver_preload([__name__])
    group = Writers(url)
    try:
        for _ in range(writers):
            group.start()
        yield group
    finally:
        group.end_all()
