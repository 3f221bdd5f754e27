"""A real ``airflow standalone`` as child processes: started, waited for, and ended whole.

Ending it takes care: a SIGTERM to ``airflow standalone`` leaves scheduler, API server and workers running, and
each task forms a process group of its own. So all of it runs in one session under a small keeper, which ends every
process of the session as soon as its standard input closes: when :meth:`Standalone.stop` closes it, or when the
process that started it dies in whatever way.
"""

from __future__ import annotations

import fcntl
import os
import stat
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from pipeline.errors import CopydeskError
from pipeline.local_airflow.api import (
    PARTS,
    UNREACHABLE,
    USERS,
    AirflowApi,
    RunResult,
    is_passing,
    new_run_id,
    tail,
    task_log,
)  # fmt: skip
from pipeline.local_airflow.keeper import STOP_SECONDS, end_session, session_members
from pipeline.local_airflow.ports import HOST, free_port
from pipeline.local_airflow.progress import Progress, silent

STEP = 0.5
# `airflow standalone` has no option for it, but the log servers of scheduler and triggerer listen on every
# address of the machine. One machine reads its logs as files, so a shim that it finds on PATH leaves them out.
SHIM = """#!/bin/sh
case "$1" in
  scheduler|triggerer) exec {python} -m airflow "$@" --skip-serve-logs ;;
  *) exec {python} -m airflow "$@" ;;
esac
"""


class AirflowError(CopydeskError):
    """Airflow did not start, did not answer, or a run of a DAG failed."""


class Standalone:
    """An Airflow of our own below ``home``, on loopback, with these DAGs and plugins.

    ``env`` adds to the environment of every process of it, tasks included. A context manager: it starts on
    entering and is stopped on leaving. Raises :class:`AirflowError`, with the end of the log, where it fails.
    """

    def __init__(
        self, home: Path, dags: Path, plugins: Path, port: int | None = None, env: Mapping[str, str] | None = None
    ) -> None:
        self.home = home.absolute()
        self.port = port or free_port()
        self.log = self.home / "standalone.log"
        self.api = AirflowApi(self.url, self.home)
        self.folders = (dags.absolute(), plugins.absolute())
        self.extra = dict(env or {})
        self._keeper: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where the UI is."""
        return f"http://{HOST}:{self.port}"

    # ------------------------------------------------------------ processes

    def start(self) -> None:
        """Start it and return at once; see :meth:`wait_ready`. Raises AirflowError where one runs in this home."""
        with lock_home(self.home) as lock, self.log.open("ab") as log:
            lock.write(self.url)
            lock.flush()
            self._keeper = subprocess.Popen(
                [sys.executable, "-m", "pipeline.local_airflow.keeper", *self.command()],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self.environment(),
                cwd=self.home,
                start_new_session=True,
                pass_fds=[lock.fileno()],  # the lock is the keeper's from now on, and ends with it
            )

    def command(self) -> list[str]:
        """Return what the keeper runs."""
        return [str(_write_shim(self.home / "bin")), "standalone"]

    def environment(self) -> dict[str, str]:
        """Return the environment of all its processes; ``airflow`` commands run with it speak of this Airflow."""
        # without compiled files each of its dozen processes would compile all of Airflow anew
        left_out = ("AIRFLOW", "PYTHONDONTWRITEBYTECODE")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
        unproxied = ",".join(filter(None, [inherited.get("NO_PROXY", ""), HOST, "localhost"]))
        path = os.pathsep.join([str(self.home / "bin"), inherited.get("PATH", os.defpath)])
        return {
            **inherited,
            "PATH": path,
            "NO_PROXY": unproxied,
            "no_proxy": unproxied,
            "PYTHONUNBUFFERED": "1",
            **airflow_settings(self.home, *self.folders, self.port),
            **self.extra,
        }

    def stop(self) -> None:
        """End every process of it: TERM, then KILL. Raises AirflowError if one is left."""
        keeper, self._keeper = self._keeper, None
        if keeper is None:
            return
        if keeper.stdin:
            keeper.stdin.close()
        try:
            keeper.wait(4 * STOP_SECONDS)
        except subprocess.TimeoutExpired:
            end_session(keeper.pid, STOP_SECONDS)
        remaining = session_members(keeper.pid)
        if remaining:
            message = f"processes {remaining} of Airflow did not end"
            raise AirflowError(message, concerns=str(self.home), todo="end them")

    def is_running(self) -> bool:
        """Whether it has been started and has not ended by itself."""
        return self._keeper is not None and self._keeper.poll() is None

    # ------------------------------------------------------------ waiting

    def wait_ready(self, dags: Sequence[str] = (), progress: Progress = silent, limit: float | None = None) -> None:
        """Return when scheduler and UI are healthy and these DAGs are loaded; ``limit`` in seconds, else for ever."""
        total = len(PARTS) + len(dags)
        for _ in self.watch("start", limit):
            ready = self.api.healthy_parts()
            if ready == len(PARTS):
                ready += sum(self.api.has_dag(dag) for dag in dags)
            progress("starting Airflow", ready, total)
            if ready == total:
                return

    def trigger(self, dag_id: str) -> str:
        """Unpause the DAG, ask for a run now, and return the run's id."""
        run_id = new_run_id()
        for _ in self.watch(f"{dag_id} run {run_id}"):
            with _passing_errors():
                self.api.unpause(dag_id)
                self.api.start_run(dag_id, run_id)
                break
        return run_id

    def wait_run(self, dag_id: str, run_id: str, progress: Progress = silent, limit: float | None = None) -> RunResult:
        """Return a run at its end. ``progress`` gets the task under way, tasks ended and tasks known.

        Raises :class:`AirflowError`, with the log of the first failed task, where the run did not succeed.
        """
        for _ in self.watch(f"{dag_id} run {run_id}", limit):
            with _passing_errors():
                run = self.api.run(dag_id, run_id)
                progress(*run.standing)
                if run.has_ended:
                    return self._successful(run)
        raise AssertionError("unreachable: the watch raises at its end")

    def _successful(self, run: RunResult) -> RunResult:
        if run.state == "success":
            return run
        failed = [name for name, state in run.tasks.items() if state == "failed"]
        log = task_log(self.home, run, failed[0]) if failed else tail(self.log)
        raise AirflowError(
            f"the run failed in {', '.join(failed) or 'no task'}\n{log}",
            concerns=f"{run.dag_id} {run.run_id}",
            todo=f"see the log of the task in {self.url}",
        )

    def watch(self, subject: str, limit: float | None = None) -> Iterator[None]:
        """Yield once every STEP seconds. Raises AirflowError after ``limit`` seconds, or when Airflow has ended."""
        end = time.monotonic() + limit if limit else None
        while end is None or time.monotonic() < end:
            yield
            if self._keeper is None:
                raise AirflowError("Airflow was stopped", concerns=subject)
            with suppress(subprocess.TimeoutExpired):
                self._keeper.wait(STEP)
                raise self._error("Airflow ended by itself", subject)
        raise self._error(f"not done after {limit:.0f} seconds", subject)

    def _error(self, message: str, subject: str) -> AirflowError:
        return AirflowError(f"{message}\n{tail(self.log)}", concerns=subject, todo=f"see {self.log}")


def lock_home(home: Path) -> IO[str]:
    """Return the lock of an Airflow's folder, empty; it is let go when it is closed. Raises AirflowError if taken."""
    home.mkdir(parents=True, exist_ok=True)
    lock = (home / "standalone.lock").open("a+", encoding="utf-8")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        with lock:
            message = f"an Airflow runs there already: {lock.read().strip() or 'it is starting'}"
        raise AirflowError(message, concerns=str(home), todo="stop it first, or give another home") from None
    lock.truncate(0)
    return lock


class _passing_errors:
    """Swallow errors that pass by themselves on a busy machine; whoever watches asks again."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> bool:
        return isinstance(error, UNREACHABLE) and is_passing(error)


def airflow_settings(home: Path, dags: Path, plugins: Path, port: int) -> dict[str, str]:
    """Return Airflow's settings as environment variables: one machine, loopback, no examples, nothing sent home."""
    settings = {
        "CORE__DAGS_FOLDER": str(dags),
        "CORE__PLUGINS_FOLDER": str(plugins),
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "CORE__PARALLELISM": "4",
        "CORE__SIMPLE_AUTH_MANAGER_USERS": USERS,
        # A killed task is tried again within 90 seconds: these, and no delay of its retry. Airflow waits for 300.
        "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
        "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
        # A busy API server is waited for: after 5 seconds, as usual, a task would end.
        "WORKERS__EXECUTION_API_TIMEOUT": "30",
        "CORE__EXECUTION_API_SERVER_URL": f"http://{HOST}:{port}/execution/",
        "API__HOST": HOST,
        "API__PORT": str(port),
        "API__BASE_URL": f"http://{HOST}:{port}",
        "API__WORKERS": "1",
        "USAGE_DATA_COLLECTION__ENABLED": "False",
    }
    return {"AIRFLOW_HOME": str(home), **{f"AIRFLOW__{name}": value for name, value in settings.items()}}


def _write_shim(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    shim = folder / "airflow"
    shim.write_text(SHIM.format(python=f"'{sys.executable}'"), encoding="utf-8")
    shim.chmod(shim.stat().st_mode | stat.S_IXUSR)
    return shim
