"""Two Celery workers run the DAGs on the newsstand, as ``deploy/`` starts them; one of them is killed."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from newsstand.demo import prepare
from newsstand.server import RunningNewsstand, running_newsstand
from pipeline.config import Config, load
from pipeline.store import open_store
from pipeline.store.reads import views
from tests.deploy.celery_airflow import Cluster, database, running_cluster

BROKER = 9
# What Airflow waits for without our settings; a task that is tried again sooner has them.
AIRFLOWS_OWN = 300.0


def is_listening(port: int) -> bool:
    """Whether something on this machine listens there."""
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


pytestmark = [
    pytest.mark.airflow,
    pytest.mark.skipif(not is_listening(6379), reason="no Redis at 127.0.0.1:6379, which carries Celery's messages"),
    pytest.mark.skipif(not is_listening(5432), reason="no PostgreSQL at 127.0.0.1:5432"),
]


@pytest.fixture(scope="module")
def stand() -> Iterator[RunningNewsstand]:
    with running_newsstand(hour=48, speed=0, slow=3) as running:
        yield running


@pytest.fixture(scope="module")
def cluster(stand: RunningNewsstand, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Cluster, Config]]:
    home = tmp_path_factory.mktemp("celery") / "home"
    with ExitStack() as stack:
        airflow_store = stack.enter_context(database("copydesk_deploy_airflow"))
        store = stack.enter_context(database("copydesk_deploy_store"))
        config = replace(load(prepare(home, stand), {}), store=store)
        yield stack.enter_context(running_cluster(config, airflow_store, BROKER, ["first", "second"])), config


def fetches_at_work(cluster: Cluster, run: str) -> list[dict[str, Any]]:
    return [row for row in cluster.task_rows(run, "fetch") if row["state"] == "running"]


def seconds_between(first: str, second: str) -> float:
    return (datetime.fromisoformat(second) - datetime.fromisoformat(first)).total_seconds()


def test_a_killed_workers_task_is_tried_again_by_the_other(cluster: tuple[Cluster, Config]) -> None:
    parts, config = cluster
    run = parts.airflow.trigger("ingest")
    for _ in parts.airflow.watch("two fetches at work", 600):
        at_work = fetches_at_work(parts, run)
        if len(at_work) == 2:
            break
    parts.workers[0].kill()
    parts.airflow.wait_run("ingest", run, limit=580)
    rows = parts.task_rows(run, "fetch")
    [second_try] = [row for row in rows if row["try_number"] > 1]
    assert second_try["map_index"] in {row["map_index"] for row in at_work}
    first_try = next(row for row in at_work if row["map_index"] == second_try["map_index"])
    assert seconds_between(first_try["start_date"], second_try["start_date"]) < AIRFLOWS_OWN
    with open_store(config.store) as store:
        counts = views.table_counts(store)
    assert counts["copy"] == counts["article"] > 40
    assert counts["entry"] > 50
