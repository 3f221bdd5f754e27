"""A backfill's stories beside those of the same documents one after another, and what both cost in processor time.

``python -m bench.backfill CORPUS.jsonl ...``: each corpus is clustered as ``copydesk cluster`` does it, and read and
placed by time slices as ``copydesk backfill`` does it. B-cubed compares the two, and each with the truth where
documents have it (``cluster``); ``--labels FILE`` has pairs judged by reading (``a``, ``b``, ``label``: Y is one
text, N another, U unsure). Each part runs in a process of its own, one after another, so that what others do on the
machine, and what an earlier part left in memory, is in no figure.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.commands import Rows, read
from bench.wires import last_stories
from pipeline.config import CanonicalConfig, MatchConfig
from pipeline.jsonl import read_documents, write_jsonl
from pipeline.match.corpus import cluster_documents
from pipeline.match.evaluate import Groups, Score, b_cubed
from pipeline.match.slices import JoinedSlices, TimeSlice, time_slices
from pipeline.steps.backfill.extraction import read_document_source
from pipeline.steps.backfill.placing import (
    WorkFolder,
    first_numbers,
    place_time_slice,
    read_places,
    save_first_seen,
)
from pipeline.steps.backfill.sources import open_source

SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True)
class Part:
    """What a part of the work cost: seconds of processor time, and the largest its process became, in bytes."""

    seconds: float
    peak: int


@dataclass(frozen=True, slots=True)
class Measured:
    """One corpus: document -> story each way, and the parts' cost by name."""

    one_by_one: dict[str, str]
    sliced: dict[str, str]
    parts: dict[str, Part]
    slices: int

    @property
    def speed(self) -> float:
        """Return the slices' speed a core as a share of that of documents that come one by one."""
        return self.parts["cluster"].seconds / sum(
            part.seconds for name, part in self.parts.items() if name != "cluster"
        )


def main() -> int:
    """Measure each corpus and print the table."""
    options = arguments()
    console = Console()
    for corpus in options.corpora:
        with tempfile.TemporaryDirectory() as folder:
            measured = measure(corpus, Path(folder), options.days, options.documents)
        show(corpus, measured, options.labels, console)
    return 0


def arguments() -> argparse.Namespace:
    """The command line."""
    epilog = "Example: python -m bench.backfill docs.jsonl --days 14"
    parser = argparse.ArgumentParser(description=__doc__, epilog=epilog)
    parser.add_argument("corpora", nargs="+", type=Path, help="JSON lines: id, outlet, published, title, text")
    parser.add_argument("--days", type=int, default=28, help="of a slice; default 28")
    parser.add_argument("--documents", type=int, default=250_000, help="of a slice at most; default 250,000")
    parser.add_argument("--labels", type=Path, help="JSON lines of judged pairs: a, b, label (Y, N)")
    return parser.parse_args()


def measure(corpus: Path, folder: Path, days: int, most: int) -> Measured:
    """Cluster a corpus both ways."""
    work, parts = WorkFolder(folder / "work"), dict[str, Part]()
    stories = folder / "stories.jsonl"
    parts["cluster"] = in_process(cluster_file, corpus, stories)
    parts["read"] = in_process(read_file, corpus, work)
    counts = work.articles.counts()
    slices = time_slices(counts, days, most)
    parts["first sightings"] = in_process(save_first_seen, work, slices, counts, MatchConfig())
    placing = [in_process(place_file_slice, work, time_slice, counts) for time_slice in slices]
    parts["place"] = Part(sum(part.seconds for part in placing), max(part.peak for part in placing))
    return Measured(last_stories(stories), sliced_stories(work, slices, counts), parts, len(slices))


def in_process(work: Callable[..., Any], *arguments: Any) -> Part:
    """Do work in a new process and return what it cost there, without its imports."""
    with ProcessPoolExecutor(1, SPAWN) as pool:
        imports = pool.submit(_cost).result()
        pool.submit(work, *arguments).result()
        cost = pool.submit(_cost).result()
    return Part(cost.seconds - imports.seconds, cost.peak)


def _cost() -> Part:
    return Part(time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)


def cluster_file(corpus: Path, out: Path) -> None:
    """Place documents one after another."""
    write_jsonl(out, cluster_documents(read_documents(corpus), MatchConfig()), "story")


def read_file(corpus: Path, work: WorkFolder) -> None:
    """Read documents to articles, as a backfill does."""
    read_document_source(open_source(corpus), work.path / "article")


def place_file_slice(work: WorkFolder, time_slice: TimeSlice, counts: dict[date, int]) -> None:
    """Place one slice, as a backfill does."""
    place_time_slice(work, time_slice, first_numbers(counts), MatchConfig(), CanonicalConfig())


def sliced_stories(work: WorkFolder, slices: list[TimeSlice], counts: dict[date, int]) -> dict[str, str]:
    """Return document -> the document that stands for its story, by their ids."""
    joined = JoinedSlices(sum(counts.values()))
    for time_slice in slices:
        joined.add(read_places(work, time_slice))
    names = ["", *_document_names(work, counts)]
    return {name: names[joined.opener(number)] for number, name in enumerate(names) if number}


def _document_names(work: WorkFolder, counts: dict[date, int]) -> Iterator[str]:
    for day in counts:
        yield from work.articles.table(day, ("at", "length", "id"))["id"].to_pylist()


def show(corpus: Path, measured: Measured, labels: Path | None, console: Console) -> None:
    """Print what one corpus gave."""
    title = f"{corpus.name}: {len(measured.sliced):,} documents, {measured.slices} slices"
    table = Table("", "one by one", "slices", title=title)
    groupings = (measured.one_by_one, measured.sliced)
    documents = read(corpus)
    if "cluster" in documents[0]:
        truth = {str(row["id"]): str(row["cluster"]) for row in documents}
        table.add_row("B-cubed against the truth: P, R, F1", *(_score(b_cubed(truth, groups)) for groups in groupings))
    table.add_row("B-cubed between them: P, R, F1", "", _score(b_cubed(*groupings)))
    pairs = read(labels) if labels else []
    for label in sorted({row["label"] for row in pairs} - {"U"}):
        table.add_row(f"judged pairs ({label}) joined", *(_joined(pairs, label, groups) for groups in groupings))
    for name, part in measured.parts.items():
        cells = (f"{part.seconds:.1f}", "") if name == "cluster" else ("", f"{part.seconds:.1f}")
        table.add_row(f"{name}, s of processor time", *cells)
        table.add_row(f"{name}, MB at most", *(f"{part.peak / 1e6:.0f}" if cell else "" for cell in cells))
    table.add_row("speed a core", "1", f"{measured.speed:.2f}")
    console.print(table)


def _score(score: Score) -> str:
    return f"{score.precision:.4f}, {score.recall:.4f}, {score.f1:.4f}"


def _joined(pairs: Rows, label: str, groups: Groups) -> str:
    joined = [groups[row["a"]] == groups[row["b"]] for row in pairs if row["label"] == label]
    return f"{sum(joined)} of {len(joined)}"


if __name__ == "__main__":
    sys.exit(main())
