"""A DAG that a watcher of the change log starts, with all that the provider brings: a test gives it to Airflow."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from airflow.sdk import Asset, AssetWatcher, dag, task

from pipeline.airflow_provider.changes_sensor import CopydeskChangesSensor
from pipeline.airflow_provider.changes_trigger import CopydeskChangesTrigger
from pipeline.airflow_provider.export_operator import CopydeskExportOperator

if TYPE_CHECKING:
    from pipeline.read import ChangePage

LOG = Asset("copydesk_log", watchers=[AssetWatcher(name="log", trigger=CopydeskChangesTrigger(poll_interval=0.5))])


@dag(schedule=[LOG], catchup=False, max_active_runs=1)
def followed() -> None:
    """Write the stories of each change to a file, wait for a change, export."""

    @task.copydesk_changes(consumer="test")
    def write_stories(page: ChangePage) -> None:
        with (Path(os.environ["FOLLOWED"]) / "stories").open("a") as file:
            file.writelines(f"{line.seq} {line.story_id}\n" for line in page.lines)

    export = CopydeskExportOperator(task_id="export", form="jsonl", out=f"{os.environ.get('FOLLOWED', '')}/export")
    write_stories() >> CopydeskChangesSensor(task_id="wait", poll_interval=0.5) >> export


followed()
