"""Two Celery workers run the DAGs on the newsstand, as ``deploy/`` starts them; one of them is killed."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from newsstand.demo import prepare
from newsstand.server import RunningNewsstand, running_newsstand
from pipeline.config import Config, load
from pipeline.store import open_store
from pipeline.store.reads import views
from tests.deploy.celery_airflow import Cluster, database, running_cluster

BROKER = 9
# Of each worker, and pages of a task. A worker with a free slot may be killed with a task taken that it has not
# begun, which waits until Airflow gives it out again, ten minutes later.
SLOTS, PAGES = 1, 60
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
        feeds = prepare(home, stand)
        feeds.write_text(feeds.read_text("utf-8").replace("[schedule]", f"[schedule]\npage_batch = {PAGES}"), "utf-8")
        config = replace(load(feeds, {}), store=store)
        yield stack.enter_context(running_cluster(config, airflow_store, BROKER, ["first", "second"], SLOTS)), config


def fetches_at_work(cluster: Cluster, run: str) -> list[dict[str, Any]]:
    return [row for row in cluster.task_rows(run, "fetch") if row["state"] == "running"]


def test_a_killed_workers_task_is_tried_again_by_the_other(cluster: tuple[Cluster, Config]) -> None:
    parts, config = cluster
    run = parts.airflow.trigger("ingest")
    for _ in parts.airflow.watch("fetches at work on both workers", 600):
        at_work = fetches_at_work(parts, run)
        if len(at_work) > SLOTS:
            break
    parts.workers[0].kill()
    killed_at = datetime.now(UTC)
    parts.airflow.wait_run("ingest", run, limit=580)
    rows = parts.task_rows(run, "fetch")
    second_tries = [row for row in rows if row["try_number"] > 1]
    assert second_tries
    starts = [datetime.fromisoformat(row["start_date"]) for row in second_tries]
    waits = [(start - killed_at).total_seconds() for start in starts]
    print(f"tried again {[round(wait) for wait in waits]} seconds after their worker was killed")
    assert max(waits) < AIRFLOWS_OWN
    with open_store(config.store) as store:
        counts = views.table_counts(store)
    assert counts["copy"] == counts["article"] > 40
    assert counts["entry"] > 50
