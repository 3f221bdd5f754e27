"""Work on bytes from outside, in child processes with bounds on time and memory.

What kills a child (a tag with 100,000 attributes, 60 MB of paragraphs) fails its own page or feed; pebble replaces
the child and the rest of the batch goes on. Children come from a fork server that has imported what they need, so
each starts in milliseconds, and never inherits this process's threads, sockets or database connections.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.popen_forkserver import Popen
from multiprocessing.process import BaseProcess
from threading import Thread
from types import ModuleType, TracebackType
from typing import Any, ParamSpec, Self, TypeVar

from pebble import ProcessPool

from pipeline.errors import CopydeskError

TASKS_A_CHILD = 500
T = TypeVar("T")
P = ParamSpec("P")
Named = Callable[[BaseException | None], CopydeskError]


class _Process(ForkServerProcess):
    """A child that does not run its parent's main module again: that may be Airflow's, and takes seconds."""

    @staticmethod
    def _Popen(process_obj: BaseProcess) -> Popen:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            return Popen(process_obj)
        finally:
            sys.modules["__main__"] = main


class _Context(ForkServerContext):
    Process = _Process


def start_server(preload: Sequence[str]) -> None:
    """Start the fork server, which imports these modules while its caller goes on. Costs the caller nothing.

    There is one for the whole process: what it imported first is what its children start with.
    """
    forkserver.set_forkserver_preload(list(preload))
    forkserver.ensure_running()


class Children:
    """A pool of bounded children; use as a context manager."""

    def __init__(
        self, workers: int, memory: int, preload: Sequence[str], ready: Callable[[], object] | None = None
    ) -> None:
        """``memory``: bytes of data a child may have; ``ready`` runs in each child before its first work."""
        # A pool's child is a daemon to multiprocessing; Airflow's worker may be one itself, and daemons may have none.
        multiprocessing.current_process()._config["daemon"] = False  # type: ignore[attr-defined]
        start_server(preload)
        self.memory = memory
        self._settings: dict[str, Any] = {
            "max_workers": workers,
            "max_tasks": TASKS_A_CHILD,
            "initializer": _bound,
            "initargs": (memory, ready),
        }
        self._pool = ProcessPool(**self._settings, context=_Context())
        # A pool starts its children with its first task, and waits for the fork server: not in the caller's time.
        self._starter = Thread(target=self._pool.schedule, args=(int,), daemon=True)
        self._starter.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if kind:
            self._pool.stop()
        self._pool.join()

    def close(self) -> None:
        """Take no more work. The children end by themselves with what they have; leaving the context waits for it."""
        self._starter.join()
        self._pool.close()

    def run(self, work: Callable[P, T], seconds: float, named: Named, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """What ``work`` gives, to come, within ``seconds`` of its start in a child.

        Its exception is what ``named`` makes of the one that was raised: TimeoutError, pebble's ProcessExpired where
        the child died, None where it was called off, or the work's own.
        """
        try:
            running = self._pool.schedule(work, args=args, kwargs=kwargs, timeout=seconds)
        except RuntimeError:
            self._renew()
            running = self._pool.schedule(work, args=args, kwargs=kwargs, timeout=seconds)
        told: Future[T] = Future()
        running.add_done_callback(lambda done: _tell(done, told, named))
        return told

    def _renew(self) -> None:
        """pebble gives its pool up where a child dies while work is on the way to it: what was waiting has failed by
        then, and what comes gets a new pool."""
        self._pool.stop()
        self._pool.join()
        self._pool = ProcessPool(**self._settings, context=_Context())


def _bound(memory: int, ready: Callable[[], object] | None) -> None:
    """In the child, before its first work."""
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    if ready:
        ready()


def _tell(done: Future[Any], told: Future[Any], named: Named) -> None:
    if told.cancelled():
        return
    error = None if done.cancelled() else done.exception()
    if error is None and not done.cancelled():
        told.set_result(done.result())
    else:
        told.set_exception(named(error))
