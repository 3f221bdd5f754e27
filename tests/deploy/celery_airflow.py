"""A real Airflow with the CeleryExecutor: the commands and settings of ``deploy/`` on this machine's databases."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import NullPool, create_engine, text

from pipeline.config import Config
from pipeline.local_airflow import Standalone, for_config
from pipeline.local_airflow.api import UNREACHABLE
from pipeline.local_airflow.keeper import end_session, session_members

ROOT = Path(__file__).resolve().parents[2]
SERVER = "postgresql+psycopg://root@127.0.0.1:5432"
REDIS = "redis://127.0.0.1:6379"
# Parts that run as long as the cluster does, by their names in compose.yaml.
PARTS = ("api-server", "scheduler", "dag-processor")
# Its login has no users of its own here.
LOGIN = "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager"
KEYS = {
    "AIRFLOW__API_AUTH__JWT_SECRET": "j" * 32,
    "AIRFLOW__API__SECRET_KEY": "s" * 32,
    "AIRFLOW__CORE__FERNET_KEY": "ZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmY=",
}


def env_file() -> dict[str, str]:
    """Return the settings of deploy/airflow.env."""
    lines = (ROOT / "deploy" / "airflow.env").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def service_command(name: str) -> list[str]:
    """Return what a service of deploy/compose.yaml runs."""
    services = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))["services"]
    return [str(word) for word in services[name]["command"]]


@contextmanager
def database(name: str) -> Iterator[str]:
    """Yield the address of a new database of this machine's PostgreSQL, which is dropped at the end.

    Two runs of the tests do not meet: the database's name begins with ``name``.
    """
    name = f"{name}_{uuid.uuid4().hex[:12]}"
    server = create_engine(f"{SERVER}/postgres", isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with server.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
        try:
            yield f"{SERVER}/{name}"
        finally:
            connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
    server.dispose()


@dataclass
class Worker:
    """A Celery worker under a keeper of its own."""

    name: str
    keeper: subprocess.Popen[bytes]

    def kill(self) -> None:
        """End it as a machine ends that loses its power: every process of it at once, keeper first."""
        members = session_members(self.keeper.pid)
        for pid in [self.keeper.pid, *(pid for pid in members if pid != self.keeper.pid)]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.keeper.wait(30)

    def stop(self) -> None:
        """End it, with all that is left of its session."""
        if self.keeper.stdin:
            self.keeper.stdin.close()
        end_session(self.keeper.pid, 5.0)
        self.keeper.wait(30)


class CeleryAirflow(Standalone):
    """The parts of compose.yaml, each a process here."""

    def command(self) -> list[str]:
        """Return a shell that migrates both databases and runs the parts."""
        super().command()  # writes the `airflow` that is found first
        parts = " & ".join(" ".join(service_command(name)) for name in PARTS)
        return ["sh", "-c", f"{service_command('migrate')[-1]} && {{ {parts} & wait; }}"]

    def environment(self) -> dict[str, str]:
        """Return the environment of every part; ``copydesk`` is that of these tests."""
        settings = super().environment()
        first, rest = settings["PATH"].split(os.pathsep, 1)
        return settings | {"PATH": os.pathsep.join([first, str(Path(sys.executable).parent), rest])}


@dataclass
class Cluster:
    """An Airflow and its workers."""

    airflow: CeleryAirflow
    workers: list[Worker] = field(default_factory=list)

    def add_worker(self, name: str, slots: int = 1) -> Worker:
        """Start a worker with so many slots; its log is below Airflow's home."""
        words = [
            *service_command("worker"),
            "--celery-hostname",
            name,
            "--concurrency",
            str(slots),
            "--skip-serve-logs",
        ]
        with (self.airflow.home / f"{name}.log").open("ab") as log:
            keeper = subprocess.Popen(
                [sys.executable, "-m", "pipeline.local_airflow.keeper", *words],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self.airflow.environment(),
                cwd=self.airflow.home,
                start_new_session=True,
            )
        worker = Worker(name, keeper)
        self.workers.append(worker)
        return worker

    def task_rows(self, run: str, task: str, dag: str = "ingest") -> list[dict[str, Any]]:
        """Return the task's instances of a run; none where a busy Airflow does not answer."""
        path = f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances?limit=1000"
        with suppress(*UNREACHABLE):
            return [row for row in self.airflow.api.get(path)["task_instances"] if row["task_id"] == task]
        return []


def cluster_settings(airflow_store: str, store: str, broker: int, slots: int) -> dict[str, str]:
    """Return the environment of every part, beside what a local Airflow has; ``slots`` are those of all workers."""
    return {
        **env_file(),
        **KEYS,
        "AIRFLOW__CORE__AUTH_MANAGER": LOGIN,
        # A test's own run is the first: none that the clock starts has done its work before.
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "True",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": airflow_store,
        "AIRFLOW__CELERY__BROKER_URL": f"{REDIS}/{broker}",
        "COPYDESK_STORE": store,
        "COPYDESK_TASKS": str(slots),
    }


@contextmanager
def running_cluster(
    config: Config, airflow_store: str, broker: int, workers: Sequence[str], slots: int = 1, most_workers: int = 2
) -> Iterator[Cluster]:
    """Yield a cluster on the config, ready, with these workers; all of it has ended when the block is left.

    ``slots`` are a worker's; a run has as many tasks of a kind at work as ``most_workers`` have slots.
    """
    local = for_config(config, config.home / "feeds.toml")
    settings = cluster_settings(airflow_store, config.store, broker, slots * most_workers)
    airflow = CeleryAirflow(local.home, *local.folders, local.port, {**local.extra, **settings})
    cluster = Cluster(airflow)
    with ExitStack() as stack, airflow:
        airflow.wait_ready(("ingest",), limit=300)
        for name in workers:
            stack.callback(cluster.add_worker(name, slots).stop)
        yield cluster
