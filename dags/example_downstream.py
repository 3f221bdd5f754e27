"""How a job of yours follows the stories: started by the Asset, it reads the change log on from its own cursor.

An event says only that something changed. What changed stands in the log, so a job that was paused, or that missed
an event, loses nothing. The cursor moves on after the work: a run that dies reads the same changes again.
"""

from __future__ import annotations

import os

from airflow.sdk import Asset, dag, task

from pipeline.config import load

STORIES = Asset("copydesk_stories", uri="copydesk://stories")
CONSUMER = "example_downstream"


@dag(
    schedule=[STORIES],
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2},
    tags=["copydesk"],
    doc_md=__doc__,
)
def example_downstream() -> None:
    """Read, work, move on."""

    @task
    def read_changes() -> int:
        from pipeline import steps

        config, read = load(None, os.environ), 0
        while changes := steps.changes_since(config, CONSUMER, 1000):
            for change in changes:
                print(change.seq, change.kind.value, f"story {change.story_id}")
            steps.advance_cursor(config, CONSUMER, changes[-1].seq)
            read += len(changes)
        return read

    read_changes()


example_downstream()
