"""The REST API of a local Airflow, asked as its admin; and the end of what a task wrote."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import ProxyHandler, Request, build_opener
from uuid import uuid4

USER = "admin"
USERS = "admin:admin,op:op,viewer:viewer"
TAIL_LINES = 40
# A server that is starved of processor time is asked again rather than given up.
ANSWER_SECONDS = 30.0
# What may pass by itself: no answer, an answer cut short, a 5xx. HTTPError is an OSError too; see `is_passing`.
UNREACHABLE = (OSError, HTTPException)
PARTS = ("metadatabase", "scheduler", "dag_processor")
ENDED = ("success", "failed")
ENDED_TASK = (*ENDED, "skipped", "upstream_failed", "removed")


@dataclass(frozen=True, slots=True)
class RunResult:
    """A DAG run: its state, and each task's (``poll[2]`` where mapped) with its state, in the order they ended."""

    dag_id: str
    run_id: str
    state: str
    tasks: Mapping[str, str]

    @property
    def has_ended(self) -> bool:
        """Whether no task of it will run any more."""
        return self.state in ENDED

    @property
    def standing(self) -> tuple[str, int, int]:
        """(a task under way or ``waiting``, tasks ended, tasks known)."""
        under_way = [name for name, state in self.tasks.items() if state in ("running", "queued", "scheduled")]
        ended = sum(state in ENDED_TASK for state in self.tasks.values())
        return (under_way[0] if under_way else "waiting", ended, len(self.tasks))


class AirflowApi:
    """The REST API at ``url``; the admin's password is read from Airflow's ``home``. Methods raise UNREACHABLE."""

    def __init__(self, url: str, home: Path) -> None:
        self.url = url
        self._home = home
        self._token = ""

    def password(self) -> str:
        """Return the admin's password, as Airflow made it up."""
        file = self._home / "simple_auth_manager_passwords.json.generated"
        return str(json.loads(file.read_text(encoding="utf-8"))[USER])

    def token(self) -> str:
        """Return a new bearer token of the admin."""
        login = {"username": USER, "password": self.password()}
        return str(_request(f"{self.url}/auth/token", body=login)["access_token"])

    def get(self, path: str) -> dict[str, Any]:
        """Return the answer to a GET."""
        return self._call(path, None, "GET")

    def healthy_parts(self) -> int:
        """Return how many of PARTS are healthy; 0 where nothing answers."""
        with suppress(*UNREACHABLE):
            health = _request(f"{self.url}/api/v2/monitor/health")
            return sum((health.get(name) or {}).get("status") == "healthy" for name in PARTS)
        return 0

    def has_dag(self, dag_id: str) -> bool:
        """Whether the DAG is loaded."""
        try:
            self.get(f"/api/v2/dags/{quote(dag_id)}")
        except UNREACHABLE as error:
            if (isinstance(error, HTTPError) and error.code == 404) or is_passing(error):
                return False
            raise
        return True

    def unpause(self, dag_id: str) -> None:
        """Let the DAG's runs begin."""
        self._call(f"/api/v2/dags/{quote(dag_id)}", {"is_paused": False}, "PATCH")

    def start_run(self, dag_id: str, run_id: str) -> None:
        """Ask for a run by this id; to ask again is nothing, so that a lost answer does no harm."""
        try:
            self._call(_runs_path(dag_id), {"logical_date": None, "dag_run_id": run_id}, "POST")
        except HTTPError as error:
            if error.code != 409:
                raise

    def run(self, dag_id: str, run_id: str) -> RunResult:
        """Return how a run stands."""
        path = f"{_runs_path(dag_id)}/{quote(run_id, safe='')}"
        state = str(self.get(path)["state"])
        rows = self.get(f"{path}/taskInstances?limit=1000")["task_instances"]
        in_time = sorted(rows, key=lambda row: row["end_date"] or "~")  # what failed first stands first
        return RunResult(dag_id, run_id, state, {_task_name(row): str(row["state"] or "none") for row in in_time})

    def runs(self, dag_id: str) -> list[tuple[str, str, str]]:
        """Return (id, type, state) of the DAG's runs, newest first."""
        rows = self.get(f"{_runs_path(dag_id)}?order_by=-id&limit=100")["dag_runs"]
        return [(row["dag_run_id"], row["run_type"], row["state"]) for row in rows]

    def _call(self, path: str, body: Mapping[str, Any] | None, method: str) -> dict[str, Any]:
        self._token = self._token or self.token()
        try:
            return _request(f"{self.url}{path}", body=body, token=self._token, method=method)
        except HTTPError as error:
            if error.code != 401:
                raise
            self._token = self.token()  # tokens end after a day
            return _request(f"{self.url}{path}", body=body, token=self._token, method=method)


def new_run_id() -> str:
    """Return an id for a run that a person asks for."""
    return f"copydesk__{uuid4().hex[:12]}"


def is_passing(error: BaseException) -> bool:
    """Whether a call is worth another try: Airflow is starting, or busy."""
    return not isinstance(error, HTTPError) or error.code >= 500


def task_log(home: Path, run: RunResult, task: str, lines: int = TAIL_LINES) -> str:
    """Return the end of what a task's last attempt wrote, a line an event."""
    name, _, index = task.partition("[")
    folder = home / "logs" / f"dag_id={run.dag_id}" / f"run_id={run.run_id}" / f"task_id={name}"
    if index:
        folder /= f"map_index={index.rstrip(']')}"
    attempts = sorted(folder.glob("attempt=*.log"))
    return tail(attempts[-1], lines, log_line) if attempts else "(no log)"


def tail(file: Path, lines: int = TAIL_LINES, read: Callable[[str], str] = str) -> str:
    """Return a file's last lines."""
    if not file.exists():
        return "(no log)"
    return "\n".join(map(read, file.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]))


def log_line(line: str) -> str:
    """Return the event of a task log's line with its errors: the lines are JSON records."""
    try:
        record = json.loads(line)
    except json.JSONDecodeError:
        return line
    return "  ".join([str(record.get("event", "")), *_error_lines(record.get("error_detail"))])


def _error_lines(details: Sequence[Mapping[str, Any]] | None) -> list[str]:
    """Return exceptions with their causes, and those inside an ExceptionGroup."""
    lines = []
    for error in details or ():
        lines.append(f"{error['exc_type']}: {error['exc_value']}")
        lines += [line for inside in error.get("exceptions") or () for line in _error_lines(inside)]
    return lines


def _runs_path(dag_id: str) -> str:
    return f"/api/v2/dags/{quote(dag_id)}/dagRuns"


def _task_name(row: Mapping[str, Any]) -> str:
    mapped = row.get("map_index", -1)
    return f"{row['task_id']}[{mapped}]" if mapped >= 0 else str(row["task_id"])


def _request(
    url: str, body: Mapping[str, Any] | None = None, token: str = "", method: str | None = None
) -> dict[str, Any]:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    sent = json.dumps(body).encode() if body is not None else None
    request = Request(url, data=sent, headers=headers, method=method)  # noqa: S310 - our own address
    with build_opener(ProxyHandler({})).open(request, timeout=ANSWER_SECONDS) as answer:
        return dict(json.load(answer))
