"""A link from each task of Copydesk's DAGs to the page that shows what it did."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import attrs
from airflow.sdk import BaseOperatorLink

if TYPE_CHECKING:
    from airflow.sdk.types import TaskInstanceKey

# Where what a task did is listed; of entries: those that came to stand so since the run began.
FEEDS, STORIES, VIEWS, OUTLETS, DESK = "/feeds", "/stories", "/views", "/outlets", "/"
PAGES = {
    ("ingest", "due_feeds"): FEEDS,
    ("ingest", "poll"): "/entries?stand=new",
    ("ingest", "due_pages"): "/entries?stand=waiting",
    ("ingest", "fetch"): "/entries?stand=read",
    ("ingest", "revisit"): STORIES,
    ("ingest", "cluster"): "/entries?stand=placed",
    ("ingest", "publish"): STORIES,
    ("ingest", "notify"): VIEWS,
    ("ingest", "all_is_well"): DESK,
    ("maintain", "prune"): DESK,
    ("maintain", "replay"): OUTLETS,
}
# Without a time in its name a run is taken for one of the last day.
BEFORE = timedelta(days=1)


def task_page(dag_id: str, task_id: str, run_id: str, now: datetime) -> str:
    """Return the path of the page that shows what a task did; '' for tasks of other DAGs."""
    path = PAGES.get((dag_id, task_id), "")
    if not path.startswith("/entries"):
        return path
    return f"{path}&{urlencode({'since': run_time(run_id, now).isoformat()})}"


def run_time(run_id: str, now: datetime) -> datetime:
    """Return the time that a run's name ends in, as ``scheduled__2026-01-31T00:05:00+00:00`` does."""
    try:
        time = datetime.fromisoformat(run_id.rpartition("__")[2])
    except ValueError:
        return now - BEFORE
    return time.astimezone(UTC) if time.tzinfo else now - BEFORE


@attrs.define()
class CopydeskLink(BaseOperatorLink):
    """The button on a task's page; ``address`` is that of Copydesk's pages inside Airflow's."""

    address: str

    @property
    def name(self) -> str:
        """The button's words."""
        return "What it did, in Copydesk"

    def get_link(self, operator: Any, *, ti_key: TaskInstanceKey) -> str:
        """Return the address of the page, '' where the task is none of Copydesk's."""
        path = task_page(ti_key.dag_id, ti_key.task_id, ti_key.run_id, datetime.now(UTC))
        return f"{self.address}{path}" if path else ""
