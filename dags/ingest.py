"""Poll what is due, fetch what is new, look again at what may be edited, place it, and tell downstream jobs.

The work is done by `pipeline.steps`.

Only ids and counts travel between tasks, never text: all state lives in the store, so each task may die or run twice.
A batch that fails holds up no other: what follows runs all the same, and the run counts as failed.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset, CronTriggerTimetable, dag, task

from pipeline.config import Config, load

if TYPE_CHECKING:
    from pipeline.model import StepReport

STORIES = Asset("copydesk_stories", uri="copydesk://stories")
MOST_BATCHES = 1000  # Airflow refuses to map over more than 1024; the next run takes the rest
# Also where nothing was due: a mapping over an empty list counts as skipped.
EVEN_SO = "all_done"


def config() -> Config:
    """The config that `COPYDESK_FEEDS` names."""
    return load(None, os.environ)


def told(report: StepReport) -> dict[str, int]:
    """The step's failures into the task's log, its counts into XCom."""
    for problem in report.problems:
        print(problem)
    return {"done": report.done, "failed": report.failed, **report.counts}


@dag(
    # timedelta(0): a new installation waits for the next tick; anything else starts a run for the tick before it
    schedule=CronTriggerTimetable("*/5 * * * *", timezone="UTC", run_immediately=timedelta(0)),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(seconds=20), "execution_timeout": timedelta(minutes=30)},
    tags=["copydesk"],
    doc_md=__doc__,
)
def ingest() -> None:
    """Due feeds, poll, due pages, fetch, revisit, cluster, publish."""

    @task
    def due_feeds() -> list[list[int]]:
        from pipeline import steps

        return steps.due_feeds(config(), datetime.now(UTC))[:MOST_BATCHES]

    @task(max_active_tis_per_dagrun=2)
    def poll(feed_ids: list[int]) -> dict[str, int]:
        from pipeline import steps

        return told(steps.poll(config(), feed_ids, datetime.now(UTC)))

    @task(trigger_rule=EVEN_SO)
    def due_pages() -> list[list[int]]:
        from pipeline import steps

        return steps.due_pages(config(), datetime.now(UTC))[:MOST_BATCHES]

    @task(max_active_tis_per_dagrun=2)
    def fetch(entry_ids: list[int]) -> dict[str, int]:
        from pipeline import steps

        return told(steps.fetch(config(), entry_ids, datetime.now(UTC)))

    @task(trigger_rule=EVEN_SO)
    def revisit() -> dict[str, int]:
        from pipeline import steps

        return told(steps.revisit(config(), datetime.now(UTC)))

    @task(trigger_rule=EVEN_SO)
    def cluster() -> dict[str, int]:
        from pipeline import steps

        return told(steps.cluster(config(), datetime.now(UTC)))

    @task(outlets=[STORIES])
    def publish(ti: Any = None, outlet_events: Any = None) -> dict[str, int]:
        from airflow.sdk.exceptions import AirflowSkipException

        from pipeline import steps

        report = steps.publish(config(), datetime.now(UTC))
        # A second try cannot know whether the first had already read the changes: it tells once too often.
        if not report.counts["changes"] and ti.try_number == 1:
            raise AirflowSkipException("nothing changed: no Asset event")
        outlet_events[STORIES].extra = {"changes": report.counts["changes"], "last": report.counts["last"]}
        return told(report)

    @task(trigger_rule="one_failed", retries=0)
    def all_is_well() -> None:
        raise RuntimeError("a task of this run failed: see its log. What it left is taken up by the next run.")

    feeds = due_feeds()
    polled = poll.expand(feed_ids=feeds)
    pages = due_pages()
    fetched = fetch.expand(entry_ids=pages)
    seen_again = revisit()
    placed = cluster()
    polled >> pages
    fetched >> seen_again >> placed
    placed >> publish()
    [feeds, polled, pages, fetched, seen_again, placed] >> all_is_well()


ingest()
