"""The pages of a corpus through ``ingest`` of a real standalone Airflow: ``python -m bench.road --corpus DIR``.

The newsstand serves them; the whole DAG runs, and runs again. Printed are how many pages became copies, why others did
not, the mean 4-gram F1 of the stored texts beside trafilatura's own on the same pages, and what the second run added.
Ends with 1 where more than three pages failed, one has neither text nor reason, trafilatura is better, or anything
was added.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from bench.extraction import bare, four_gram_f1, read_set
from newsstand.demo import STEADY, prepare
from newsstand.server import running_newsstand
from pipeline.config import Config, load
from pipeline.local_airflow import Standalone, for_config
from pipeline.model import EntryStatus
from pipeline.store import Store, open_store
from pipeline.store.reads import views
from pipeline.store.schema.tables import article, copy, entry

MOST_FAILED = 3


@dataclass(frozen=True, slots=True)
class Road:
    """Texts and failures by page id, and rows that a second run added by table."""

    texts: Mapping[str, str]
    failed: Mapping[str, str]
    added: Mapping[str, int]


def main() -> int:
    """Measure, print, and say whether the bounds hold."""
    parser = argparse.ArgumentParser(description=__doc__, epilog="Example: python -m bench.road --corpus DIR")
    parser.add_argument("--corpus", type=Path, required=True, help="a set with truth.jsonl and html/*.gz")
    corpus = parser.parse_args().corpus
    with tempfile.TemporaryDirectory() as folder:
        return verdict(corpus, travelled(corpus, Path(folder) / "home"))


def travelled(corpus: Path, home: Path) -> Road:
    """Both runs of the DAG over the corpus."""
    with running_newsstand(corpus=corpus) as stand:
        feeds = prepare(home, stand)
        config = load(feeds, {})
        with for_config(config, feeds) as airflow:
            airflow.wait_ready(("ingest",))
            first = _ingested(airflow, config)
            second = _ingested(airflow, config)
    with open_store(config.store) as store:
        return Road(_texts(store), _failed(store), {name: second[name] - first[name] for name in STEADY})


def _ingested(airflow: Standalone, config: Config) -> dict[str, int]:
    airflow.wait_run("ingest", airflow.trigger("ingest"))
    with open_store(config.store) as store:
        return views.table_counts(store)


def _texts(store: Store) -> dict[str, str]:
    """Of those that are copies, the standfirst first."""
    query = select(entry.c.url, article.c.deck, article.c.body).join(article, article.c.entry_id == entry.c.id)
    query = query.join(copy, copy.c.article_id == article.c.id)
    with store.reading() as db:
        return {_page(row.url): "\n".join(filter(None, [row.deck, *row.body])) for row in db.execute(query)}


def _failed(store: Store) -> dict[str, str]:
    rows = [row for row in views.entry_rows(store, 100_000) if row.status is not EntryStatus.CLUSTERED and row.outcome]
    return {_page(row.url): f"{row.outcome}: {row.detail}" for row in rows}


def _page(url: str) -> str:
    return url.rpartition("/")[2]


def verdict(corpus: Path, road: Road) -> int:
    """Print the table and say whether the bounds hold."""
    pages = list(read_set(corpus))
    ours = four_gram_f1([(row["body"], road.texts.get(row["id"], "")) for row, _ in pages])
    theirs = four_gram_f1([(row["body"], bare(page, "")) for row, page in pages])
    lost = [row["id"] for row, _ in pages if row["id"] not in road.texts and row["id"] not in road.failed]
    table = Table("Pages", "Copies", "Failed", "Lost", "F1", "trafilatura's F1", "Added by a second run")
    table.add_row(
        f"{len(pages)}", f"{len(road.texts)}", f"{len(road.failed)}", f"{len(lost)}", f"{ours:.3f}", f"{theirs:.3f}",
        f"{sum(road.added.values())}",
    )  # fmt: skip
    Console().print(table, road.failed or "")
    is_passed = len(road.failed) <= MOST_FAILED and not lost and ours >= theirs and not any(road.added.values())
    return 0 if is_passed else 1


if __name__ == "__main__":
    sys.exit(main())
