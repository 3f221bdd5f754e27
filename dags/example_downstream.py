"""A search index that is kept in step with the stories: SQLite's FTS5, in `search.db` below Copydesk's home.

The Asset's event says only that something changed. What changed stands in the change log, which the task reads on from
its own cursor, so a job that was paused, or that missed an event, loses nothing. The cursor stands in the index's own
database and is committed with the rows: each change is written exactly once.

Red task: read its log. A cursor that is foreign, ahead or gone means that the store was restored or replaced: delete
`search.db` and clear the task, and the index is made anew.
"""

from __future__ import annotations

import os
import sqlite3
from typing import TYPE_CHECKING

from airflow.sdk import dag, task

from pipeline.airflow_provider.assets import STORIES

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.read import ChangePage


class Index:
    """Titles and texts of the stories in force, by their ids, and the cursor behind the last change."""

    def __init__(self, file: Path) -> None:
        self.db = sqlite3.connect(file, isolation_level=None)
        self.db.execute("CREATE VIRTUAL TABLE IF NOT EXISTS text USING fts5(title, body)")
        self.db.execute("CREATE TABLE IF NOT EXISTS place (id INTEGER PRIMARY KEY, cursor TEXT)")

    def cursor(self) -> str:
        """Return the cursor that was committed last, '' where there is none."""
        return next(iter(self.db.execute("SELECT cursor FROM place")), ("",))[0]

    def write(self, page: ChangePage) -> None:
        """Write what the page says, and its cursor, in one commit."""
        self.db.execute("BEGIN")
        for line in page.lines:
            print(line.seq, line.kind.value, f"story {line.story_id}")
        for story_id, state in page.states.items():
            self.db.execute("DELETE FROM text WHERE rowid = ?", (story_id,))
            texts = [(text.title, "\n".join(text.body)) for text in state.versions if text.in_force and text.body]
            self.db.executemany(
                "INSERT INTO text(rowid, title, body) VALUES (?, ?, ?)", [(story_id, *text) for text in texts]
            )
        self.db.execute("REPLACE INTO place VALUES (1, ?)", (page.cursor,))
        self.db.execute("COMMIT")


@dag(
    schedule=[STORIES],
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2},
    tags=["copydesk"],
    doc_md=__doc__,
)
def example_downstream() -> None:
    """Follow the change log."""

    @task
    def read_changes() -> int:
        from pipeline import read
        from pipeline.airflow_provider.hook import CopydeskHook
        from pipeline.config import load

        with CopydeskHook().get_conn() as reader:
            return read.follow(reader, Index(load(None, os.environ).home / "search.db"))

    read_changes()


example_downstream()
