"""What the package brings to an Airflow that it is installed into: found by its entry point, tried in a real one."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from pipeline.local_airflow import Standalone
from pipeline.local_airflow.keeper import session_members
from pipeline.store import open_store
from pipeline.store.reads.changes import days_of_changes
from tests.store.samples import NOW, one_story, stored_articles

pytestmark = pytest.mark.airflow
ROOT = Path(__file__).resolve().parents[2]
PROBE = """
import json
from airflow.providers_manager import ProvidersManager
from airflow.plugins_manager import get_fastapi_plugins, get_import_errors
from airflow.sdk import task
manager = ProvidersManager()
applications, _ = get_fastapi_plugins()
print("RESULT" + json.dumps({
    "hook": manager.hooks["copydesk"].hook_class_name,
    "decorator": task.copydesk_changes.__module__,
    "prefixes": [application["url_prefix"] for application in applications if "copydesk" in application["url_prefix"]],
    "errors": list(get_import_errors()),
}))
"""


def place_stories(url: str, start: int, count: int) -> None:
    """Store articles and give each a story of its own."""
    with open_store(url) as store:
        ids = stored_articles(store, count, start)
        with store.lease.acquire():
            for article_id in ids:
                store.stories.apply(one_story(article_id, article_id), NOW)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("provider")
    (folder / "feeds.toml").write_text(f'home = "{folder}/home"\nstore = "sqlite:///{folder}/copydesk.db"\n')
    (folder / "dags").mkdir()
    shutil.copy(Path(__file__).with_name("followed_dag.py"), folder / "dags")
    place_stories(f"sqlite:///{folder}/copydesk.db", 1, 2)
    return folder


def test_the_entry_point_brings_hook_task_and_page_once(tmp_path: Path) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    env |= {"AIRFLOW_HOME": str(tmp_path), "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins")}
    process = subprocess.run([sys.executable, "-c", PROBE], env=env, capture_output=True, text=True, timeout=120)
    lines = [line for line in process.stdout.splitlines() if line.startswith("RESULT")]
    assert lines, process.stderr[-3000:]
    assert json.loads(lines[0].removeprefix("RESULT")) == {
        "hook": "pipeline.airflow_provider.hook.CopydeskHook",
        "decorator": "pipeline.airflow_provider.changes_task",
        "prefixes": ["/copydesk/websub", "/copydesk"],
        "errors": [],
    }


class StateStore:
    """Airflow's state of an Asset, in memory."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    async def aget(self, key: str, default: Any = None) -> Any:
        return self.values.get(key, default)

    async def aset(self, key: str, value: Any) -> None:
        self.values[key] = value


def test_an_event_that_was_not_taken_comes_again_and_one_that_was_does_not(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COPYDESK_FEEDS", str(home / "feeds.toml"))
    from pipeline.airflow_provider import hook
    from pipeline.airflow_provider.changes_trigger import CURSOR, CopydeskChangesTrigger

    address = f"sqlite:///{home}/copydesk.db"
    monkeypatch.setattr(hook.CopydeskHook, "source", lambda self: address)
    state = StateStore()

    async def next_event() -> dict[str, Any]:
        trigger = CopydeskChangesTrigger(limit=1)
        trigger.asset_state_store = state  # type: ignore[assignment]
        return dict((await anext(aiter(trigger.run()))).payload)

    async def two_events() -> list[dict[str, Any]]:
        trigger = CopydeskChangesTrigger(limit=1)
        trigger.asset_state_store = state  # type: ignore[assignment]
        events = aiter(trigger.run())
        return [dict((await anext(events)).payload) for _ in range(2)]

    first_event = asyncio.run(next_event())
    assert first_event["stories"] == [1]
    assert CURSOR not in state.values
    repeated_event, second_event = asyncio.run(two_events())
    assert repeated_event == first_event
    assert (second_event["stories"], second_event["after"]) == ([2], first_event["cursor"])
    assert state.values[CURSOR] == first_event["cursor"]


def test_the_days_of_changes_are_those_of_their_stories_first_sight(home: Path) -> None:
    with open_store(f"sqlite:///{home}/copydesk.db") as store:
        days = days_of_changes(store, 0, 10_000)
    assert sum(days.values()) == 2
    assert all(len(day) == len("2026-01-01") for day in days)


@pytest.fixture(scope="module")
def airflow(home: Path) -> Iterator[Standalone]:
    (home / "out").mkdir()
    env = {"COPYDESK_FEEDS": str(home / "feeds.toml"), "FOLLOWED": str(home / "out"), "PYTHONPATH": str(ROOT)}
    with Standalone(home / "airflow", home / "dags", ROOT / "plugins", env=env) as running:
        running.wait_ready(("followed",))
        yield running


def seen_changes(airflow: Standalone, home: Path, story_id: int) -> list[int]:
    """Return the numbers of the changes that the DAG was told of, once it was told all of a story's three."""
    file = home / "out" / "stories"
    for _ in airflow.watch("followed"):
        lines = [line.split() for line in file.read_text().splitlines()] if file.exists() else []
        if sum(line[1] == str(story_id) for line in lines) == 3:
            return [int(line[0]) for line in lines]
    raise AssertionError("unreachable")


def test_the_log_starts_the_dag_and_a_killed_triggerer_loses_no_event(airflow: Standalone, home: Path) -> None:
    assert seen_changes(airflow, home, 2) == list(range(1, 7))
    triggerers = [process for process in members(airflow) if "triggerer" in " ".join(process.cmdline())]
    assert triggerers
    for process in triggerers:
        process.kill()
    place_stories(f"sqlite:///{home}/copydesk.db", 3, 1)
    command = [sys.executable, "-m", "airflow", "triggerer"]
    with subprocess.Popen(command, env=airflow.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          start_new_session=True) as triggerer:  # fmt: skip
        try:
            assert seen_changes(airflow, home, 3) == list(range(1, 10))
            run = airflow.api.runs("followed")[-1][0]
            assert set(airflow.wait_run("followed", run).tasks.values()) == {"success"}
        finally:
            triggerer.terminate()
    assert (home / "out" / "export" / "manifest.json").exists()


def members(airflow: Standalone) -> list[psutil.Process]:
    """Return the processes of an Airflow."""
    session = max((child.pid for child in psutil.Process().children()), key=lambda pid: len(session_members(pid)))
    return [psutil.Process(pid) for pid in session_members(session)]
