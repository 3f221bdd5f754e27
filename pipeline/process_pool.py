"""Work on bytes from outside, in child processes with bounds on processor time and memory.

What kills a child (a tag with 100,000 attributes, 60 MB of paragraphs) fails its own page or feed; pebble replaces
the child and the rest of the batch goes on. Children come from a fork server that has imported what they need, so
each starts in milliseconds, and never inherits this process's threads, sockets or database connections.

A child's time is its own processor time: on a busy machine a good page takes as much of it as on an idle one.
"""

from __future__ import annotations

import ctypes
import fcntl
import multiprocessing
import multiprocessing.util
import resource
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.popen_forkserver import Popen
from multiprocessing.process import AuthenticationString, BaseProcess  # type: ignore[attr-defined]
from pathlib import Path
from queue import Full, Queue
from threading import Event, Lock, Thread
from types import ModuleType, TracebackType
from typing import IO, Any, NamedTuple, ParamSpec, Self, TypeVar

from pebble import ProcessExpired, ProcessPool

from pipeline.errors import CopydeskError

TASKS_A_CHILD = 500
# Folders of the fork servers' sockets, one a process, under the system's temporary folder.
FOLDER_PREFIX = "copydesk-"
LOCK_NAME = "in-use"
PR_SET_PDEATHSIG = 1
# Results that a child that reads ahead may have ready; seconds within which its thread here sees that nobody asks.
AHEAD, STOP_SECONDS = 3, 0.2
T = TypeVar("T")
P = ParamSpec("P")
Translate = Callable[[BaseException | None], CopydeskError]


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """Seconds a child may have for one piece of work: of processor time, and on the clock for what sleeps."""

    cpu: float
    wall: float


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


class SocketFolder:
    """The folder of this process's fork server, and what processes that were killed left of theirs."""

    _lock = Lock()
    _in_use: IO[str] | None = None

    @classmethod
    def ensure(cls) -> None:
        """Give multiprocessing a folder that can be told from others', once a process; remove abandoned ones."""
        with cls._lock:
            if cls._in_use is not None:
                return
            remove_abandoned_folders(Path(tempfile.gettempdir()))
            folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX))
            cls._in_use = _locked_file(folder)
            multiprocessing.current_process()._config["tempdir"] = str(folder)  # type: ignore[attr-defined]
            multiprocessing.util.Finalize(None, shutil.rmtree, args=(folder, True), exitpriority=-100)


def _locked_file(folder: Path) -> IO[str]:
    """Make the folder's lock file. It gets its name when it is locked: other processes that start at the same moment
    would take the folder for abandoned else."""
    unnamed = folder / f"{LOCK_NAME}.new"
    file = unnamed.open("w", encoding="ascii")
    fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    unnamed.rename(folder / LOCK_NAME)
    return file


def remove_abandoned_folders(parent: Path) -> list[Path]:
    """Remove the socket folders in ``parent`` that no living process holds locked; return them."""
    abandoned = [folder for folder in parent.glob(f"{FOLDER_PREFIX}*") if _is_abandoned(folder)]
    for folder in abandoned:
        shutil.rmtree(folder, ignore_errors=True)
    return abandoned


def _is_abandoned(folder: Path) -> bool:
    """Return whether a folder has its lock file and no process holds it. One without is not ours, or is being made."""
    try:
        with (folder / LOCK_NAME).open("r+", encoding="ascii") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def start_server(preload: Sequence[str]) -> None:
    """Start the fork server, which imports these modules while its caller goes on. Costs the caller nothing.

    There is one for the whole process: what it imported first is what its children start with.
    """
    SocketFolder.ensure()
    forkserver.set_forkserver_preload(["pipeline.process_pool", *preload])
    forkserver.ensure_running()


def _let_have_children(process: BaseProcess) -> None:
    """Let this process start children of multiprocessing, whoever made it.

    A pool's child is a daemon to multiprocessing; Airflow's worker may be one itself, and daemons may have none. A
    Celery worker is billiard's process, whose key multiprocessing does not hand to a child.
    """
    config = process._config  # type: ignore[attr-defined]
    config["daemon"] = False
    config["authkey"] = AuthenticationString(process.authkey)


class Children:
    """A pool of bounded children; use as a context manager."""

    def __init__(
        self, workers: int, memory: int, preload: Sequence[str], prepare: Callable[[], object] | None = None
    ) -> None:
        """``memory``: bytes of data a child may have; ``prepare`` runs in each child before its first work."""
        _let_have_children(multiprocessing.current_process())
        start_server(preload)
        self.memory = memory
        self._settings: dict[str, Any] = {
            "max_workers": workers,
            "max_tasks": TASKS_A_CHILD,
            "initializer": _start_child,
            "initargs": (memory, prepare),
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

    def run(
        self, work: Callable[P, T], limits: TimeLimits, translate: Translate, *args: P.args, **kwargs: P.kwargs
    ) -> Future[T]:
        """Return the future result of ``work``, which a child does within ``limits``.

        Its exception is what ``translate`` makes of the one that was raised: one that :func:`cause_of_death` explains,
        None where the work was called off, or the work's own.
        """
        try:
            running = self._schedule(work, limits, args, kwargs)
        except RuntimeError:
            self._renew()
            running = self._schedule(work, limits, args, kwargs)
        result: Future[T] = Future()
        running.add_done_callback(lambda future: _pass_on(future, result, translate))
        return result

    def _schedule(
        self, work: Callable[..., T], limits: TimeLimits, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Future[T]:
        return self._pool.schedule(_timed, args=(limits.cpu, work, args, kwargs), timeout=limits.wall)

    def _renew(self) -> None:
        """pebble gives its pool up where a child dies while work is on the way to it: what was waiting has failed by
        then, and what comes gets a new pool."""
        self._pool.stop()
        self._pool.join()
        self._pool = ProcessPool(**self._settings, context=_Context())


def read_ahead(
    preload: Sequence[str], produce: Callable[P, Iterable[T]], *args: P.args, **kwargs: P.kwargs
) -> Generator[T, None, None]:
    """Yield what ``produce`` yields in a child process, which goes on meanwhile, up to :data:`AHEAD` results.

    Its exception is raised here. Raises CopydeskError where the child died. ``preload``: the modules that it needs.
    """
    start_server(preload)
    context = _Context()
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_send_all, args=(sender, produce, args, kwargs), daemon=True)
    child.start()
    sender.close()
    results: Queue[_Result] = Queue(AHEAD)
    stopped = Event()
    Thread(target=_receive_all, args=(receiver, results, stopped), daemon=True).start()
    try:
        while (result := results.get()).has_value:
            yield result.value
        if result.error:
            raise result.error
    finally:
        stopped.set()
        child.terminate()
        child.join()


class _Result(NamedTuple):
    """A value, or the end, with the error that brought it about."""

    has_value: bool
    value: Any = None
    error: BaseException | None = None


def _send_all(
    sender: Connection, produce: Callable[..., Iterable[Any]], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    _end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group: the reader ends this process
    try:
        for value in produce(*args, **kwargs):
            sender.send(_Result(True, value))
        sender.send(_Result(False))
    except Exception as error:  # noqa: BLE001 - the reader raises it, whatever it is
        sender.send(_Result(False, error=error))


def _receive_all(receiver: Connection, results: Queue[_Result], stopped: Event) -> None:
    has_ended = False
    while not has_ended and not stopped.is_set():
        try:
            result = receiver.recv()
        except (EOFError, OSError):
            result = _Result(False, error=CopydeskError("the child process that reads ahead died"))
        has_ended = not result.has_value
        while not stopped.is_set():
            with suppress(Full):
                results.put(result, timeout=STOP_SECONDS)
                break


def _start_child(memory: int, prepare: Callable[[], object] | None) -> None:
    """Prepare a child before its first job: bound its memory (bytes), allow no core file, then call ``prepare``.

    On Linux the child is killed when its parent, the fork server, ends; the server ends with this process.
    """
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _end_with_parent()
    if prepare:
        prepare()


def _end_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _timed(cpu: float, work: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> T:
    """Do the work in the child, or die of SIGPROF when it has taken ``cpu`` seconds of processor time.

    The kernel counts and ends the child by the signal's default action, in the middle of a call into C too, where no
    handler in Python would run.
    """
    signal.setitimer(signal.ITIMER_PROF, cpu)
    try:
        return work(*args, **kwargs)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def cause_of_death(error: BaseException | None) -> str:
    """Return why a child gave no answer, '' where ``error`` is its work's own."""
    if isinstance(error, TimeoutError):
        return "took too long on the clock"
    if isinstance(error, ProcessExpired):
        return "took too long" if error.exitcode == -signal.SIGPROF else f"its child process died ({error.exitcode})"
    return "" if error else "was called off"


def _pass_on(future: Future[Any], result: Future[Any], translate: Translate) -> None:
    if result.cancelled():
        return
    error = None if future.cancelled() else future.exception()
    if error is None and not future.cancelled():
        result.set_result(future.result())
    else:
        result.set_exception(translate(error))
