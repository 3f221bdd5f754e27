"""How much sooner two Celery workers of one slot each fetch and extract a corpus than one: in one cluster, by turns.

    python -m tests.deploy.two_workers ../shared/data/extraction/wcxb

Prints a JSON line a run: workers, tasks, seconds from the first task's start to the last one's end; then the ratio.
"""

from __future__ import annotations

import json
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from sqlalchemy import NullPool, create_engine, text

from newsstand.demo import prepare
from newsstand.server import running_newsstand
from pipeline.config import load
from pipeline.store import open_store
from tests.deploy.celery_airflow import Cluster, database, running_cluster

BROKER = 10
# One child process a task: a worker of one slot is one core's work.
SETTINGS = """
[schedule]
first = 1
least = 1
most = 1
page_batch = {batch}
feed_batch = 1000
"""
BATCHES = 4
ROUNDS = 1


def empty(store: str) -> None:
    """Make the store a new one."""
    with create_engine(store, poolclass=NullPool, isolation_level="AUTOCOMMIT").connect() as db:
        for schema in ("public", "copydesk_v1"):
            db.execute(text(f"DROP SCHEMA IF EXISTS {schema} CASCADE"))
        db.execute(text("CREATE SCHEMA public"))
    open_store(store).close()


def fetch_seconds(cluster: Cluster) -> tuple[int, float]:
    """Return how many tasks fetched in a new run, and the seconds from the first's start to the last's end."""
    run = cluster.airflow.trigger("ingest")
    cluster.airflow.wait_run("ingest", run)
    rows = cluster.task_rows(run, "fetch")
    starts = [datetime.fromisoformat(row["start_date"]) for row in rows]
    ends = [datetime.fromisoformat(row["end_date"]) for row in rows]
    return len(rows), (max(ends) - min(starts)).total_seconds()


def measure(cluster: Cluster, store: str) -> list[float]:
    """Return the seconds of one worker, of two, of one, ..., each run into a new store."""
    seconds = []
    for turn in range(2 * ROUNDS):
        second = cluster.add_worker(f"second-{turn}") if turn % 2 else None
        empty(store)
        tasks, took = fetch_seconds(cluster)
        print(json.dumps({"workers": 1 + turn % 2, "tasks": tasks, "seconds": round(took, 1)}), flush=True)
        seconds.append(took)
        if second:
            second.stop()
    return seconds


def main(corpus: Path) -> None:
    """Measure, and print."""
    pages = len((corpus / "truth.jsonl").read_text(encoding="utf-8").splitlines())
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "home"
        airflow_store = stack.enter_context(database("copydesk_deploy_two_airflow"))
        store = stack.enter_context(database("copydesk_deploy_two_store"))
        stand = stack.enter_context(running_newsstand(corpus=corpus))
        feeds = prepare(home, stand)
        written = feeds.read_text(encoding="utf-8").partition("\n[schedule]")[0]
        single = written.replace("[extract]\n", "[extract]\nworkers = 1\n")
        feeds.write_text(single + SETTINGS.format(batch=-(-pages // BATCHES)), encoding="utf-8")
        config = replace(load(feeds, {}), store=store)
        cluster = stack.enter_context(running_cluster(config, airflow_store, BROKER, ["first"]))
        seconds = measure(cluster, store)
    ratios = [single / double for single, double in list(pairwise(seconds))[::2]]
    print(json.dumps({"pages": pages, "ratios": [round(ratio, 2) for ratio in ratios]}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
