"""`ingest` against the newsstand: in one process by `dag.test()`, then in a real standalone Airflow."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

import psutil
import pytest
from pyarrow import parquet

from newsstand.demo import prepare
from newsstand.server import RunningNewsstand, running_newsstand
from pipeline import read
from pipeline.config import Config, load
from pipeline.local_airflow import Standalone, for_config, task_log
from pipeline.local_airflow.keeper import session_members
from pipeline.model import StoryStatus
from pipeline.store import open_store
from pipeline.store.reads import views

pytestmark = pytest.mark.airflow
ROOT = Path(__file__).resolve().parents[2]
STEADY = ("entry", "article", "copy", "story", "version", "change")
ROUTES = (
    "/copydesk/", "/copydesk/stories", "/copydesk/story/1", "/copydesk/feeds", "/copydesk/feed/1", "/copydesk/copy/1",
    "/copydesk/outcomes", "/copydesk/static/copydesk.css", "/copydesk/static/icon.svg", "/copydesk/static/theme.js",
)  # fmt: skip
RUN_IN_ONE_PROCESS = """
import sys
from airflow.dag_processing.dagbag import DagBag
dag = DagBag(dag_folder=sys.argv[1]).dags["ingest"]
print("STATE", dag.test().state)
"""


@pytest.fixture(scope="module")
def stand() -> Iterator[RunningNewsstand]:
    with running_newsstand(hour=48, speed=0, slow=0) as running:
        yield running


def config_in(home: Path, stand: RunningNewsstand) -> Config:
    return load(prepare(home, stand), {})


def table_counts(config: Config) -> dict[str, int]:
    with open_store(config.store) as store:
        return views.table_counts(store)


def test_ingest_in_one_process(stand: RunningNewsstand, tmp_path: Path) -> None:
    config = config_in(tmp_path / "home", stand)
    airflow = for_config(config, config.home / "feeds.toml")
    env = airflow.environment()
    for words in (["-m", "airflow", "db", "migrate"], ["-m", "airflow", "dags", "reserialize"]):
        subprocess.run([sys.executable, *words], env=env, capture_output=True, check=True, timeout=120)
    ended = subprocess.run(
        [sys.executable, "-c", RUN_IN_ONE_PROCESS, str(ROOT / "dags")],
        env=env,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert "STATE success" in ended.stdout, (ended.stdout + ended.stderr)[-4000:]
    counts = table_counts(config)
    assert counts["entry"] > 50
    assert counts["copy"] == counts["article"] > 40
    assert 0 < counts["story"] < counts["copy"]


@pytest.fixture(scope="module")
def config(stand: RunningNewsstand, tmp_path_factory: pytest.TempPathFactory) -> Config:
    return config_in(tmp_path_factory.mktemp("standalone") / "home", stand)


@pytest.fixture(scope="module")
def airflow(config: Config) -> Iterator[Standalone]:
    with for_config(config, config.home / "feeds.toml") as running:
        running.wait_ready(("ingest", "maintain", "example_daily_corpus", "example_downstream"))
        yield running


@pytest.fixture(scope="module")
def first_run(airflow: Standalone) -> dict[str, str]:
    run = airflow.trigger("ingest")
    return dict(airflow.wait_run("ingest", run).tasks) | {"run": run}


def status(airflow: Standalone, path: str, token: str = "") -> int:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        with build_opener(ProxyHandler({})).open(Request(airflow.url + path, headers=headers), timeout=30) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code


def test_dags_and_plugin_load(airflow: Standalone) -> None:
    assert airflow.api.get("/api/v2/importErrors")["import_errors"] == []
    assert airflow.api.get("/api/v2/plugins/importErrors")["import_errors"] == []


def test_a_first_run_stores_and_places_what_the_stand_has(first_run: dict[str, str], config: Config) -> None:
    # at a tick of five minutes the scheduled run may have come first: then this one had nothing to publish
    assert first_run["publish"] in ("success", "skipped")
    assert first_run["all_is_well"] == "skipped"
    counts = table_counts(config)
    assert counts["entry"] > 50
    assert counts["copy"] == counts["article"] > 40


@pytest.mark.parametrize("path", ROUTES)
def test_the_page_asks_for_airflows_login(airflow: Standalone, first_run: dict[str, str], path: str) -> None:
    assert status(airflow, path) == 401
    assert status(airflow, path, airflow.api.token()) == 200
    assert status(airflow, path, "not.a.token") in (401, 403)


def test_the_asset_starts_the_downstream_job(airflow: Standalone, first_run: dict[str, str]) -> None:
    run = airflow.wait_run("example_downstream", run_started_by_asset(airflow))
    log = task_log(airflow.home, run, "read_changes", lines=100_000)
    assert "story-created" in log


def test_each_day_of_the_change_log_starts_the_daily_corpus(
    airflow: Standalone, first_run: dict[str, str], config: Config
) -> None:
    rows: list[dict[str, Any]] = []
    # Each run of ingest that changed a story of the day starts one that writes it anew.
    for _ in airflow.watch("example_daily_corpus"):
        files = (config.home / "corpus").glob("*.parquet")
        rows = [row for file in files for row in parquet.read_table(file).to_pylist()]
        if len(rows) == live_stories(config):
            break
    assert all(row["title"] and row["outlets"] for row in rows)
    assert {kind for _, kind, _ in airflow.api.runs("example_daily_corpus")} == {"asset_triggered"}


def live_stories(config: Config) -> int:
    with read.open(config.store) as reader, reader.snapshot() as view:
        return sum(state.head.status is StoryStatus.LIVE for state in view.states)


def run_started_by_asset(airflow: Standalone, dag: str = "example_downstream") -> str:
    for _ in airflow.watch(dag):
        runs = [run for run, kind, _ in airflow.api.runs(dag) if kind.startswith("asset")]
        if runs:
            return runs[-1]
    raise AssertionError("unreachable")


def test_a_run_with_nothing_new_changes_nothing_and_tells_nobody(
    airflow: Standalone, first_run: dict[str, str], config: Config
) -> None:
    airflow.wait_run("example_downstream", run_started_by_asset(airflow))
    before, runs_before = table_counts(config), len(airflow.api.runs("example_downstream"))
    tasks = airflow.wait_run("ingest", airflow.trigger("ingest")).tasks
    assert tasks["publish"] == "skipped"
    after = table_counts(config)
    assert {table: after[table] for table in STEADY} == {table: before[table] for table in STEADY}
    assert len(airflow.api.runs("example_downstream")) == runs_before


def test_nothing_is_left_when_it_stops(airflow: Standalone, first_run: dict[str, str]) -> None:
    session = max((child.pid for child in psutil.Process().children()), key=lambda pid: len(session_members(pid)))
    assert len(session_members(session)) > 5
    airflow.stop()
    assert session_members(session) == []
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", airflow.port)) != 0
