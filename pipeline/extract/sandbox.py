"""Extraction in child processes with bounds on time and memory.

What kills a child (a tag with 100,000 attributes, 60 MB of paragraphs) fails its own page; pebble replaces the
child and the rest of the batch goes on. Children come from a fork server that has imported the extractor, so each
starts in milliseconds, and never inherits this process's threads, sockets or database connections.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.popen_forkserver import Popen
from multiprocessing.process import BaseProcess
from threading import Thread
from types import ModuleType, TracebackType
from typing import Self

from pebble import ProcessExpired, ProcessPool

from pipeline.config import ExtractConfig
from pipeline.errors import ExtractError, ExtractionKilled, NotAnArticle
from pipeline.model import Article, PageHints

PAGES_A_CHILD = 500


@dataclass(frozen=True, slots=True)
class ExtractJob:
    """One page to extract: its bytes, the address it came from, and what is known of it."""

    page: bytes
    url: str
    hints: PageHints


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


def warm_up() -> None:
    """Start the fork server, which imports the extractor while its caller goes on. Costs the caller nothing."""
    forkserver.set_forkserver_preload(["pipeline.extract.preload"])
    forkserver.ensure_running()


class Sandbox:
    """A pool of bounded children; use as a context manager."""

    def __init__(self, config: ExtractConfig) -> None:
        self._config = config
        # A pool's child is a daemon to multiprocessing; Airflow's worker may be one itself, and daemons may have none.
        multiprocessing.current_process()._config["daemon"] = False  # type: ignore[attr-defined]
        warm_up()
        self._pool = ProcessPool(
            max_workers=config.workers,
            max_tasks=PAGES_A_CHILD,
            initializer=_bound,
            initargs=(config.memory, tuple(config.agencies)),
            context=_Context(),
        )
        # A pool starts its children with its first task, and waits for the fork server: not in the caller's time.
        self._starter = Thread(target=self._pool.schedule, args=(int,), daemon=True)
        self._starter.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._starter.join()
        if kind:
            self._pool.stop()
        else:
            self._pool.close()
        self._pool.join()

    def submit(self, job: ExtractJob) -> Future[Article]:
        """The article to come; its exception is an ExtractError."""
        seconds = min(self._config.wall_seconds, float(self._config.cpu_seconds) * 1.5)
        running = self._pool.schedule(_extract, args=(job, tuple(self._config.agencies)), timeout=seconds)
        told: Future[Article] = Future()
        running.add_done_callback(lambda done: _tell(done, told, job.url))
        return told


def _bound(memory: int, agencies: tuple[str, ...]) -> None:
    """In the child, before its first page."""
    from pipeline.text.wire import load_grammar

    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    load_grammar(agencies)


def _extract(job: ExtractJob, agencies: tuple[str, ...]) -> Article:
    from pipeline.extract.article import extract_article
    from pipeline.text.wire import load_grammar

    try:
        return extract_article(job.page, job.url, job.hints, load_grammar(agencies))
    except MemoryError:
        raise ExtractionKilled("the page needs more memory than a child may have", concerns=job.url) from None


def _tell(done: Future[Article], told: Future[Article], url: str) -> None:
    if told.cancelled():
        return
    error = None if done.cancelled() else done.exception()
    if error is None and not done.cancelled():
        told.set_result(done.result())
    else:
        told.set_exception(_named(error, url))


def _named(error: BaseException | None, url: str) -> ExtractError:
    if isinstance(error, ExtractError):
        return error if error.concerns else type(error)(error.message, concerns=url)
    if isinstance(error, FutureTimeout | TimeoutError):
        return ExtractionKilled("the page took too long", concerns=url)
    if isinstance(error, ProcessExpired) or error is None:
        return ExtractionKilled("the child process died on this page", concerns=url)
    return NotAnArticle(f"the page cannot be read: {type(error).__name__}: {error}"[:300], concerns=url)
