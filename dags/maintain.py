"""Once a day: drop old polls, and pages of the archive that are past their time (stories are never pruned); then learn
what each outlet's pages repeat, and clean what is stored by it."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

from airflow.sdk import dag, task

from pipeline.config import load


@dag(
    schedule="17 3 * * *",
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=10)},
    tags=["copydesk"],
    doc_md=__doc__,
)
def maintain() -> None:
    """Retention, then replay."""

    @task
    def prune() -> dict[str, int]:
        from pipeline.steps.maintain import apply_retention

        return apply_retention(load(None, os.environ), datetime.now(UTC)).counts

    @task
    def replay() -> dict[str, int]:
        from pipeline.steps.replay import replay_articles

        return replay_articles(load(None, os.environ), datetime.now(UTC)).counts

    prune() >> replay()


maintain()
