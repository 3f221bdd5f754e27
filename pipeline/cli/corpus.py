"""``copydesk cluster``: stories in any corpus."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.options import Commands, FeedsFile, config_of
from pipeline.cli.terminal import Advance, note, progress_bars
from pipeline.cycles import collecting_seldom
from pipeline.jsonl import Record, count_lines, read_documents, write_jsonl

if TYPE_CHECKING:
    from pipeline.match.reading import ReadDocument

STEP = 50
# Documents from which on a second process reads while the first places, and what it imports.
READ_AHEAD_FROM, PROCESSES = 500, 2
PRELOAD = ("pipeline.cli.corpus", "pipeline.match.reading")
# Reading and placing make no cycles: looking for them as often as Python does took a tenth of the time.
NEW_OBJECTS = 200_000


def cluster(
    file: Annotated[
        Path,
        typer.Argument(
            help="JSON lines: id, outlet, published, title, text; or what extract-many wrote.",
            exists=True,
            dir_okay=False,
            readable=True,
        ),
    ],
    out: Annotated[Path, typer.Option(help="Where the result goes: id, story, relation, score, reason and more.")],
    feeds: FeedsFile = None,
) -> None:
    """Stories in any corpus, read in time order, one document at a time as they would arrive."""
    total = count_lines(file)
    batches = read_batches_of(file, total)
    from pipeline.match.corpus import cluster_batches

    config = config_of(feeds)
    with progress_bars() as progress, collecting_seldom(NEW_OBJECTS):
        placed = cluster_batches(batches, config.match, config.canonical)
        stories = write_jsonl(out, _with_progress(placed, total, progress), "story")
    note(f"{total:,} documents, {stories:,} stories: {out}")


def read_batches_of(file: Path, total: int) -> Iterator[list[ReadDocument]]:
    """Return the file's ``total`` documents, read while others are placed: in a child, if that is worth it."""
    if total < READ_AHEAD_FROM or len(os.sched_getaffinity(0)) < PROCESSES:
        return batches_of(file)
    from pipeline.process_pool import read_ahead, start_server

    start_server(PRELOAD)
    return read_ahead(PRELOAD, batches_of, file)


def batches_of(file: Path) -> Iterator[list[ReadDocument]]:
    """Yield the documents of a file in batches, read."""
    from pipeline.match.reading import read_batches

    with collecting_seldom(NEW_OBJECTS):
        yield from read_batches(read_documents(file))


def _with_progress(records: Iterator[Record], total: int, progress: Advance) -> Iterator[Record]:
    for number, record in enumerate(records, 1):
        if number % STEP == 0 or number == total:
            progress("cluster", number, total)
        yield record


COMMANDS: Commands = (("cluster", "copydesk cluster docs.jsonl --out stories.jsonl", cluster),)
