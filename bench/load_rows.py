"""Rows a second that `copydesk backfill` loads into PostgreSQL, by COPY and by INSERT, in turns.

``python -m bench.load_rows SERVER CORPUS.jsonl``: the corpus is read and placed once; its slices are then loaded
into new databases of the server (``postgresql+psycopg://user@host``), which are dropped. Rows are those of all tables.
Seconds are of the wall clock, for server and process take turns; beside them this process's share in processor time.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from unittest import mock

from sqlalchemy import NullPool, create_engine, func, select, text

from pipeline.config import Config, load
from pipeline.match.slices import time_slices
from pipeline.steps import backfill
from pipeline.steps.backfill.sources import open_source
from pipeline.store import bulk_load, open_store
from pipeline.store.schema.columns import metadata

DATABASE = "copydesk_bench_load"


def main() -> int:
    """Read, place, load in turns, and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("server", help="of the new databases")
    parser.add_argument("corpus", type=Path, help="JSON lines as `copydesk cluster` takes them")
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        config = replace(load(None, {"COPYDESK_HOME": home}), store=f"{options.server}/{DATABASE}")
        loads = PlacedCorpus(config, options.corpus)
        rates: dict[str, list[float]] = {"INSERT": [], "COPY": []}
        for name in list(rates) * options.turns:
            rates[name].append(loads.turn(name, options.server))
    print(", ".join(f"{name} {median(of_name):,.0f} rows/s" for name, of_name in rates.items()))
    return 0


class PlacedCorpus:
    """A corpus whose articles are read and placed, in files of a folder."""

    def __init__(self, config: Config, corpus: Path) -> None:
        self._config, now = config, datetime.now(UTC)
        options, sources = backfill.BackfillOptions(), [open_source(corpus)]
        self._folder = backfill.work_folder(config, sources, options)
        engine = backfill.open_engine(config, self._folder, options, lambda *_: None)
        backfill.read_sources(self._folder, sources, engine)
        self._counts = self._folder.articles.counts()
        self._slices = time_slices(self._counts, options.days, options.documents)
        backfill.place_slices(config, self._folder, self._slices, self._counts, engine, lambda *_: None)
        self._now = now

    def turn(self, name: str, server: str) -> float:
        """Load into a new database. Return rows a second."""
        least = bulk_load.LEAST_COPIED if name == "COPY" else sys.maxsize
        with new_database(server), mock.patch.object(bulk_load, "LEAST_COPIED", least):
            open_store(self._config.store).close()
            began, processor = time.perf_counter(), time.process_time()
            backfill.load_slices(self._config, self._folder, self._slices, self._counts, self._now, lambda *_: None)
            seconds, processor = time.perf_counter() - began, time.process_time() - processor
            rows = count_rows(self._config.store)
        spent = f"{seconds:.1f} s ({processor:.1f} of this process)"
        print(f"{name}: {rows:,} rows in {spent}, {rows / seconds:,.0f} a second", flush=True)
        return rows / seconds


@contextmanager
def new_database(server: str) -> Iterator[None]:
    """Make the database, and drop it at the end."""
    engine = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as db:
        db.execute(text(f"CREATE DATABASE {DATABASE}"))
        try:
            yield
        finally:
            db.execute(text(f"DROP DATABASE {DATABASE} WITH (FORCE)"))


def count_rows(store: str) -> int:
    """Return the rows of all tables."""
    with create_engine(store, poolclass=NullPool).connect() as db:
        return sum(db.scalar(select(func.count()).select_from(table)) or 0 for table in metadata.sorted_tables)


if __name__ == "__main__":
    sys.exit(main())
