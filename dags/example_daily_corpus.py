"""A corpus of stories, a Parquet file a day, in `corpus/` below Copydesk's home.

Started for each day on which a changed story was first seen, with the day as its partition key, and writes that day
anew from one view of the store. Needs pyarrow: `pip install 'copydesk[parquet]'`.

Red task: read its log; clear it, and the day is written again.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import PartitionedAssetTimetable, dag, task

from pipeline.airflow_provider.assets import DAYS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.read import StoryHead, StoryReader


def stories_of(reader: StoryReader, day: datetime) -> Iterator[StoryHead]:
    """Yield the live stories that were first seen on a day."""
    from pipeline.read import StoryFilter

    filters = StoryFilter(since=day, until=day + timedelta(days=1))
    after: str | None = ""
    while after is not None:
        page = reader.stories(filters, after=after, limit=1000)
        yield from page.stories
        after = page.after


def rows_of(reader: StoryReader, day: datetime) -> Iterator[dict[str, Any]]:
    """Yield a row a story: its text in force, with who has it."""
    for head in stories_of(reader, day):
        state = reader.story(head.story)
        text = next(text for text in state.versions if text.in_force)
        outlets = sorted({copy.outlet for copy in state.copies})
        yield {"uri": head.uri, "title": text.title, "body": list(text.body or ()), "outlets": outlets}


@dag(
    schedule=PartitionedAssetTimetable(assets=DAYS),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2},
    tags=["copydesk"],
    doc_md=__doc__,
)
def example_daily_corpus() -> None:
    """Write a day's file."""

    @task
    def write_day(dag_run: Any = None) -> int:
        import pyarrow
        from pyarrow import parquet

        from pipeline.airflow_provider.hook import CopydeskHook
        from pipeline.config import load

        day = datetime.strptime(dag_run.partition_key, "%Y-%m-%d").replace(tzinfo=UTC)
        folder = Path(load(None, os.environ).home) / "corpus"
        folder.mkdir(parents=True, exist_ok=True)
        with CopydeskHook().get_conn() as reader:
            # What is merged or withdrawn while the day is read changes nothing in this view.
            rows = list(rows_of(reader.at(reader.info().cursor), day))
        part = folder / f"{dag_run.partition_key}.part"
        parquet.write_table(pyarrow.Table.from_pylist(rows), part)
        part.replace(part.with_suffix(".parquet"))
        return len(rows)

    write_day()


example_daily_corpus()
