"""Runs that begin at once: forked from a process that has imported what they need, so that a kill at random cuts a run
and not its imports, which took more than half of a run's time."""

from __future__ import annotations

import importlib
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from typing import Any

from tests.faults.world import SPAWNED

# What a run imports on its way.
IMPORTED = (
    "pipeline.steps.passes", "pipeline.steps.place", "pipeline.steps.learn", "pipeline.steps.maintain",
    "pipeline.extract.article",
)  # fmt: skip


def fork_runs(requests: Connection) -> None:
    """Fork a process for each request (what to call, with what), send its id, and its exit status when it has ended."""
    for name in IMPORTED:
        importlib.import_module(name)
    with suppress(EOFError):
        while True:
            work, args = requests.recv()
            if not (pid := os.fork()):
                work(*args)
                os._exit(0)
            requests.send(pid)
            requests.send(os.waitpid(pid, 0)[1])


class RunStarter:
    """Starts one run at a time."""

    def __init__(self, requests: Connection) -> None:
        self._requests = requests

    def run(self, seconds: float | None, work: Callable[..., None], *args: Any) -> None:
        """Call ``work`` in a process of its own, and kill it where it has not ended after so many seconds."""
        self._requests.send((work, args))
        pid = self._requests.recv()
        if not self._requests.poll(seconds):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._requests.recv()


@contextmanager
def running_starter() -> Iterator[RunStarter]:
    """Yield a starter whose process is there until the block ends."""
    requests, its_end = SPAWNED.Pipe()
    process = SPAWNED.Process(target=fork_runs, args=(its_end,))
    process.start()
    its_end.close()
    try:
        yield RunStarter(requests)
    finally:
        requests.close()
        process.join()
