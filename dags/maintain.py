"""Once a day: drop old polls, and pages of the archive that are past their time (stories are never pruned); then learn
what each outlet's pages repeat, and clean what is stored by it.

**A task is red.** `prune`: the log names a file of the archive that cannot be deleted, or the database that does not
answer; it goes on where it stopped with the next try. `replay`: another process may hold the lock on placing
(`copydesk locks`). What a day leaves, the next one takes up.

**Trigger with config.** `outlet`: learn and clean this outlet alone, as after a ruling on its lines; nothing is pruned.
`dry_run`: do nothing.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import Param, dag, task

from pipeline.airflow_provider.metrics import send_from_task
from pipeline.airflow_provider.traces import trace_task
from pipeline.config import Config, load


def load_config() -> Config:
    """Return the config that `COPYDESK_FEEDS` names; what the task measures goes with Airflow's metrics and traces from
    now on."""
    send_from_task()
    trace_task()
    return load(None, os.environ)


@dag(
    schedule="17 3 * * *",
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=10)},
    tags=["copydesk"],
    doc_md=__doc__,
    params={
        "outlet": Param("", type="string", description="learn and clean this outlet alone"),
        "dry_run": Param(False, type="boolean", description="do nothing"),
    },
)
def maintain() -> None:
    """Retention, then replay."""

    @task
    def prune(params: Any = None) -> dict[str, int]:
        if params["outlet"] or params["dry_run"]:
            return {}
        from pipeline.steps.maintain import apply_retention

        return apply_retention(load_config(), datetime.now(UTC)).counts

    @task
    def replay(params: Any = None) -> dict[str, int]:
        if params["dry_run"]:
            return {}
        from pipeline.steps.replay import replay_articles

        return replay_articles(load_config(), datetime.now(UTC), params["outlet"]).counts

    prune() >> replay()


maintain()
