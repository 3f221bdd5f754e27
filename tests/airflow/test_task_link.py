"""The link from a task to what it did: to a page that is there, for each task of Copydesk's DAGs and for no other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from starlette.testclient import TestClient

from pipeline.airflow_provider.task_link import BEFORE, PAGES, CopydeskLink, run_time, task_page
from pipeline.store import open_store
from pipeline.web.app import create_app

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
RUN = "scheduled__2026-03-14T09:25:00+00:00"


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


def test_the_button_has_the_address_of_the_pages_in_their_frame() -> None:
    link = CopydeskLink("/plugin/copydesk/copydesk")
    key = SimpleNamespace(dag_id="ingest", task_id="publish", run_id=RUN)
    assert link.get_link(None, ti_key=key) == "/plugin/copydesk/copydesk/stories"  # type: ignore[arg-type]
    foreign_key = SimpleNamespace(dag_id="other", task_id="publish", run_id=RUN)
    assert link.get_link(None, ti_key=foreign_key) == ""  # type: ignore[arg-type]
