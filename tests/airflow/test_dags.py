"""The DAG files: they load, load fast, and hold the shape that the docs tell."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("trafilatura", "datasketch", "scipy", "feedparser", "aiohttp", "pebble")
# A process of its own: Airflow reads its settings and makes its folder when it is imported.
PROBE = """
import json, sys
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(dag_folder=sys.argv[1])
dags = {
    dag.dag_id: {
        "tasks": {t.task_id: {"after": sorted(t.upstream_task_ids), "rule": str(t.trigger_rule.value),
                              "mapped": t.is_mapped, "retries": t.retries, "doc": t.doc_md} for t in dag.tasks},
        "params": sorted(dag.params),
        "catchup": dag.catchup, "runs": dag.max_active_runs, "doc": bool(dag.doc_md),
    }
    for dag in bag.dags.values()
}
print("RESULT" + json.dumps({"errors": bag.import_errors, "dags": dags, "modules": sorted(sys.modules)}))
"""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    env |= {"AIRFLOW_HOME": str(tmp_path_factory.mktemp("airflow")), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    process = subprocess.run(
        [sys.executable, "-c", PROBE, str(ROOT / "dags")], env=env, capture_output=True, text=True, timeout=120
    )
    lines = [line for line in process.stdout.splitlines() if line.startswith("RESULT")]
    assert lines, process.stderr[-3000:]
    return dict(json.loads(lines[0].removeprefix("RESULT")))


def test_every_dag_file_loads(loaded: dict[str, Any]) -> None:
    assert loaded["errors"] == {}
    assert set(loaded["dags"]) == {"ingest", "maintain", "example_daily_corpus", "example_downstream"}


def test_loading_them_brings_in_nothing_heavy(loaded: dict[str, Any]) -> None:
    assert "pipeline.config" in loaded["modules"]
    assert {name for name in loaded["modules"] if name.split(".")[0] in HEAVY} == set()
    assert "pipeline.steps" not in loaded["modules"]


def test_one_run_at_a_time_and_none_for_the_past(loaded: dict[str, Any]) -> None:
    for name, dag in loaded["dags"].items():
        assert dag["runs"] == 1, name
        assert dag["catchup"] is False, name
        assert dag["doc"], name


def test_each_task_of_ingest_says_what_to_do_when_it_is_red(loaded: dict[str, Any]) -> None:
    assert all(task["doc"] for task in loaded["dags"]["ingest"]["tasks"].values())


def test_runs_take_parameters(loaded: dict[str, Any]) -> None:
    params = {name: dag["params"] for name, dag in loaded["dags"].items()}
    assert params["ingest"] == ["dry_run", "feeds", "poll_now"]
    assert params["maintain"] == ["dry_run", "outlet"]


def test_ingest_goes_from_feeds_to_the_change_log(loaded: dict[str, Any]) -> None:
    tasks = loaded["dags"]["ingest"]["tasks"]
    after = {name: task["after"] for name, task in tasks.items() if name != "all_is_well"}
    assert after == {
        "due_feeds": [],
        "poll": ["due_feeds"],
        "due_pages": ["poll"],
        "fetch": ["due_pages"],
        "revisit": ["fetch"],
        "cluster": ["revisit"],
        "publish": ["cluster"],
        "notify": ["cluster"],
    }
    assert [name for name, task in tasks.items() if task["mapped"]] == ["poll", "fetch"]
    assert {tasks[name]["rule"] for name in ("due_pages", "cluster")} == {"all_done"}
    assert all(task["retries"] == 2 for name, task in tasks.items() if name != "all_is_well")
