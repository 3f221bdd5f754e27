"""The link from a task to what it did: to a page that is there, for each task of Copydesk's DAGs and for no other."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from pipeline.airflow_provider.task_link import BEFORE, PAGES, run_time, task_page
from pipeline.store import open_store
from pipeline.web.app import create_app

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
RUN = "scheduled__2026-03-14T09:25:00+00:00"
# Airflow's own code asks its plugins for the links of a task, as its page of a task does.
PROBE = """
from types import SimpleNamespace
from airflow.dag_processing.dagbag import DagBag
from airflow.serialization.serialized_objects import DagSerialization
import sys
for dag in DagBag(dag_folder=sys.argv[1]).dags.values():
    for task in DagSerialization.from_dict(DagSerialization.to_dict(dag)).tasks:
        key = SimpleNamespace(dag_id=dag.dag_id, task_id=task.task_id, run_id="scheduled__2026-03-14T09:25:00+00:00")
        links = {name: task.get_extra_links(SimpleNamespace(key=key), name) for name in task.extra_links}
        print("LINK", dag.dag_id, task.task_id, links.get("What it did, in Copydesk") or "-")
"""


@pytest.mark.parametrize(("dag_id", "task_id"), PAGES)
def test_it_leads_to_a_page(tmp_path: Path, dag_id: str, task_id: str) -> None:
    with open_store(f"sqlite:///{tmp_path / 'copydesk.db'}") as store:
        client = TestClient(create_app(lambda: store, lambda: None, lambda: NOW))
        assert client.get(task_page(dag_id, task_id, RUN, NOW)).status_code == 200


def test_entries_are_those_since_the_run_began() -> None:
    assert task_page("ingest", "fetch", RUN, NOW) == "/entries?stand=read&since=2026-03-14T09%3A25%3A00%2B00%3A00"
    assert task_page("other", "fetch", RUN, NOW) == ""


@pytest.mark.parametrize("run_id", ["", "by hand", "manual__", "manual__2026-03-14T09:25:00"])
def test_a_run_without_a_time_is_taken_for_one_of_the_last_day(run_id: str) -> None:
    assert run_time(run_id, NOW) == NOW - BEFORE
    assert run_time("manual__2026-03-14T10:25:00+02:00_a", NOW) == NOW - timedelta(days=1)


def test_airflow_has_a_link_for_each_task_of_ours_alone(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    env = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    env |= {"AIRFLOW_HOME": str(tmp_path), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    process = subprocess.run(
        [sys.executable, "-c", PROBE, str(root / "dags")], env=env, capture_output=True, text=True, timeout=240
    )
    lines = [line.split(" ", 3)[1:] for line in process.stdout.splitlines() if line.startswith("LINK ")]
    links = {(dag_id, task_id): link for dag_id, task_id, link in lines}
    assert links, process.stderr[-3000:]
    assert {key for key, link in links.items() if link != "-"} == set(PAGES)
    assert links["ingest", "publish"] == "/plugin/copydesk/copydesk/stories"
