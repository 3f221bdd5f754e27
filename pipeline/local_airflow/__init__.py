"""A real ``airflow standalone`` as child processes: started, asked over its REST API, and ended whole.

Ending it takes care: a SIGTERM to ``airflow standalone`` leaves scheduler, API server and workers running, and
each task forms a process group of its own. So all of it runs in one session under a small keeper, which ends every
process of the session as soon as its standard input closes: when :meth:`Standalone.stop` closes it, or when the
process that started it dies in whatever way.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import ProxyHandler, Request, build_opener

from pipeline.config import FEEDS_VARIABLE, HOME_VARIABLE, STORE_VARIABLE, Config, load
from pipeline.errors import ConfigError, CopydeskError
from pipeline.local_airflow.keeper import STOP_SECONDS, end_session, session_members

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
USER = "admin"
USERS = "admin:admin,op:op,viewer:viewer"
READY_SECONDS = 180.0
STEP = 0.5
TAIL = 40
DONE = ("success", "failed")
# `airflow standalone` has no option for it, but the log servers of scheduler and triggerer listen on every
# address of the machine. One machine reads its logs as files, so a shim that it finds on PATH leaves them out.
SHIM = """#!/bin/sh
case "$1" in
  scheduler|triggerer) exec {python} -m airflow "$@" --skip-serve-logs ;;
  *) exec {python} -m airflow "$@" ;;
esac
"""

# (what is under way, how much is done, of how much); a total of 0 means that nobody knows
Progress = Callable[[str, int, int], None]


class AirflowError(CopydeskError):
    """Airflow did not start, did not answer, or a run of a DAG failed."""


@dataclass(frozen=True, slots=True)
class RunResult:
    """A finished DAG run: its state, and each task's (``poll[2]`` where mapped) with its state."""

    dag_id: str
    run_id: str
    state: str
    tasks: Mapping[str, str]


def silent(_what: str, _done: int, _total: int) -> None:
    """The progress that nobody watches."""


def free_port() -> int:
    """A port of the loopback that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


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
        self._folders = (dags.absolute(), plugins.absolute())
        self._extra = dict(env or {})
        self._keeper: subprocess.Popen[bytes] | None = None
        self._token = ""

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
        """Start it and return at once; see :meth:`wait_ready`."""
        self.home.mkdir(parents=True, exist_ok=True)
        shim = _write_shim(self.home / "bin")
        with self.log.open("ab") as log:
            self._keeper = subprocess.Popen(
                [sys.executable, "-m", "pipeline.local_airflow.keeper", str(shim), "standalone"],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self.environment(),
                cwd=self.home,
                start_new_session=True,
            )

    def environment(self) -> dict[str, str]:
        """The environment of all its processes; ``airflow`` commands run with it speak of this Airflow."""
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
            **_settings(self.home, *self._folders, self.port),
            **self._extra,
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
        left = session_members(keeper.pid)
        if left:
            raise AirflowError(f"processes {left} of Airflow did not end", concerns=str(self.home), todo="end them")

    def running(self) -> bool:
        """Whether it has been started and has not ended by itself."""
        return self._keeper is not None and self._keeper.poll() is None

    def processes(self) -> list[int]:
        """Ids of all its processes."""
        return session_members(self._keeper.pid) if self._keeper else []

    def log_tail(self, lines: int = TAIL) -> str:
        """The end of what its processes wrote."""
        return _tail(self.log, lines)

    # ------------------------------------------------------------ what it is asked

    def wait_ready(self, dags: Sequence[str] = (), timeout: float = READY_SECONDS, progress: Progress = silent) -> None:
        """Return when scheduler and UI are healthy and these DAGs are known."""
        wanted = ("metadatabase", "scheduler", "dag_processor", *dags)
        for _ in self.watch(timeout, "start"):
            ready = self._ready(dags)
            progress("starting Airflow", ready, len(wanted))
            if ready == len(wanted):
                return

    def _ready(self, dags: Sequence[str]) -> int:
        with suppress(OSError):
            health = _ask(f"{self.url}/api/v2/monitor/health")
            parts = [health.get(name) or {} for name in ("metadatabase", "scheduler", "dag_processor")]
            healthy = sum(bool(part.get("status") == "healthy") for part in parts)
            return healthy + (len(self._known(dags)) if healthy == len(parts) else 0)
        return 0

    def _known(self, dags: Sequence[str]) -> list[str]:
        return [dag for dag in dags if self._found(f"/api/v2/dags/{quote(dag)}")]

    def _found(self, path: str) -> bool:
        try:
            self.get(path)
        except HTTPError as error:
            if error.code == 404:
                return False
            raise
        return True

    def password(self) -> str:
        """The admin's password, as Airflow made it up."""
        file = self.home / "simple_auth_manager_passwords.json.generated"
        return str(json.loads(file.read_text(encoding="utf-8"))[USER])

    def token(self) -> str:
        """A bearer token of the admin."""
        login = {"username": USER, "password": self.password()}
        return str(_ask(f"{self.url}/auth/token", body=login)["access_token"])

    def get(self, path: str) -> dict[str, Any]:
        """What the REST API answers. Raises urllib's HTTPError."""
        return self._call(path, None, "GET")

    def _call(self, path: str, body: Mapping[str, Any] | None, method: str) -> dict[str, Any]:
        self._token = self._token or self.token()
        return _ask(f"{self.url}{path}", body=body, token=self._token, method=method)

    def trigger(self, dag_id: str) -> str:
        """Unpause the DAG and ask for a run now; returns the run's id."""
        dag = f"/api/v2/dags/{quote(dag_id)}"
        self._call(dag, {"is_paused": False}, "PATCH")
        return str(self._call(f"{dag}/dagRuns", {"logical_date": None}, "POST")["dag_run_id"])

    def wait_run(self, dag_id: str, run_id: str, timeout: float, progress: Progress = silent) -> RunResult:
        """The run's end. ``progress`` gets the task under way, tasks ended and tasks known.

        Raises :class:`AirflowError`, with the log of the first failed task, where the run did not succeed.
        """
        run = f"/api/v2/dags/{quote(dag_id)}/dagRuns/{quote(run_id, safe='')}"
        for _ in self.watch(timeout, f"{dag_id} run {run_id}"):
            state = str(self.get(run)["state"])
            tasks = self._tasks(run)
            progress(*_standing(tasks))
            if state in DONE:
                return self._ended(RunResult(dag_id, run_id, state, tasks))
        raise AssertionError("unreachable: the watch raises at its end")

    def runs(self, dag_id: str) -> list[tuple[str, str, str]]:
        """(id, type, state) of the DAG's runs, newest first."""
        rows = self.get(f"/api/v2/dags/{quote(dag_id)}/dagRuns?order_by=-id&limit=100")["dag_runs"]
        return [(row["dag_run_id"], row["run_type"], row["state"]) for row in rows]

    def _tasks(self, run: str) -> dict[str, str]:
        rows = self.get(f"{run}/taskInstances?limit=1000")["task_instances"]
        in_time = sorted(rows, key=lambda row: row["end_date"] or "~")  # what failed first stands first
        return {_task_name(row): str(row["state"] or "none") for row in in_time}

    def _ended(self, result: RunResult) -> RunResult:
        if result.state == "success":
            return result
        failed = [name for name, state in result.tasks.items() if state == "failed"]
        shown = self.task_log(result.dag_id, result.run_id, failed[0]) if failed else self.log_tail()
        raise AirflowError(
            f"the run failed in {', '.join(failed) or 'no task'}\n{shown}",
            concerns=f"{result.dag_id} {result.run_id}",
            todo=f"see the log of the task in {self.url}",
        )

    def task_log(self, dag_id: str, run_id: str, task: str, lines: int = TAIL) -> str:
        """The end of what a task's last attempt wrote."""
        name, _, index = task.partition("[")
        folder = self.home / "logs" / f"dag_id={dag_id}" / f"run_id={run_id}" / f"task_id={name}"
        if index:
            folder /= f"map_index={index.rstrip(']')}"
        attempts = sorted(folder.glob("attempt=*.log"))
        return _tail(attempts[-1], lines, _said) if attempts else "(no log)"

    def watch(self, timeout: float, what: str) -> Iterator[None]:
        """Once every STEP seconds, until ``timeout``; ends at once if Airflow does."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            yield
            if self._keeper is None:
                raise AirflowError("Airflow was stopped", concerns=what)
            with suppress(subprocess.TimeoutExpired):
                self._keeper.wait(STEP)
                raise AirflowError(f"Airflow ended by itself\n{self.log_tail()}", concerns=what, todo=f"see {self.log}")
        raise AirflowError(
            f"not done after {timeout:.0f} seconds\n{self.log_tail()}", concerns=what, todo=f"see {self.log}"
        )


def _settings(home: Path, dags: Path, plugins: Path, port: int) -> dict[str, str]:
    settings = {
        "CORE__DAGS_FOLDER": str(dags),
        "CORE__PLUGINS_FOLDER": str(plugins),
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "CORE__PARALLELISM": "4",
        "CORE__SIMPLE_AUTH_MANAGER_USERS": USERS,
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


def _ask(url: str, body: Mapping[str, Any] | None = None, token: str = "", method: str | None = None) -> dict[str, Any]:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    sent = json.dumps(body).encode() if body is not None else None
    request = Request(url, data=sent, headers=headers, method=method)  # noqa: S310 - our own address
    with build_opener(ProxyHandler({})).open(request, timeout=30) as answer:
        return dict(json.load(answer))


def _task_name(row: Mapping[str, Any]) -> str:
    mapped = row.get("map_index", -1)
    return f"{row['task_id']}[{mapped}]" if mapped >= 0 else str(row["task_id"])


def _standing(tasks: Mapping[str, str]) -> tuple[str, int, int]:
    ended = ("success", "failed", "skipped", "upstream_failed", "removed")
    under_way = [name for name, state in tasks.items() if state in ("running", "queued", "scheduled")]
    done = sum(state in ended for state in tasks.values())
    return (under_way[0] if under_way else "waiting", done, len(tasks))


def _tail(file: Path, lines: int, read: Callable[[str], str] = str) -> str:
    if not file.exists():
        return "(no log)"
    return "\n".join(map(read, file.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]))


def _said(line: str) -> str:
    """What a line of a task's log says: they are JSON records."""
    try:
        record = json.loads(line)
    except json.JSONDecodeError:
        return line
    return "  ".join([str(record.get("event", "")), *_errors(record.get("error_detail"))])


def _errors(details: Sequence[Mapping[str, Any]] | None) -> list[str]:
    """Exceptions with their causes, and those inside an ExceptionGroup."""
    said = []
    for error in details or ():
        said.append(f"{error['exc_type']}: {error['exc_value']}")
        said += [inner for inside in error.get("exceptions") or () for inner in _errors(inside)]
    return said


# ---------------------------------------------------------------- make up


@contextmanager
def interruptible() -> Iterator[None]:
    """A closed terminal and a TERM end the block as Ctrl-C does, so that whoever started things stops them."""

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, interrupt) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def stay(airflow: Standalone) -> None:
    """Until Ctrl-C. Raises AirflowError if Airflow ends by itself."""
    while airflow.running():
        time.sleep(STEP)
    raise AirflowError(f"Airflow ended by itself\n{airflow.log_tail()}", concerns="airflow", todo=f"see {airflow.log}")


def for_config(config: Config, feeds: Path) -> Standalone:
    """An Airflow with this project's DAGs and plugins, below the config's home, on this config alone."""
    env = {FEEDS_VARIABLE: str(feeds.absolute()), HOME_VARIABLE: str(config.home), STORE_VARIABLE: config.store}
    return Standalone(config.home / "airflow", ROOT / "dags", ROOT / "plugins", env=env)


def up(feeds: Path, progress: Progress | None = None) -> None:
    """A local Airflow that polls the feeds of this file every five minutes, until Ctrl-C.

    Raises :class:`ConfigError` where the file is missing or wrong, :class:`AirflowError` where Airflow fails.
    """
    config = load(feeds, os.environ)
    if not config.feeds:
        raise ConfigError("names no feed", concerns=str(feeds), todo="add one, see feeds.example.toml")
    airflow = for_config(config, feeds)
    say = progress or told()
    with suppress(KeyboardInterrupt), interruptible(), airflow:
        airflow.wait_ready(("ingest",), progress=say)
        airflow.trigger("ingest")
        print(f"\nCopydesk polls {len(config.feeds)} feeds. {address(airflow)}\nCtrl-C stops it.", flush=True)
        stay(airflow)


def address(airflow: Standalone) -> str:
    """Where the UI is and who may log in, for a person."""
    return f"UI: {airflow.url}/plugin/copydesk  login: {USER} / {airflow.password()}"


def told() -> Progress:
    """Prints a line whenever something moves; a terminal gets no more than that."""
    last: list[tuple[str, int]] = []

    def say(what: str, done: int, total: int) -> None:
        if not last or last[0] != (what, done):
            last[:] = [(what, done)]
            print(f"{what}: {done} of {total}", flush=True)

    return say
