"""``copydesk cluster``: stories in any corpus."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.jsonl import Record, count_lines, read_documents, write_jsonl
from pipeline.cli.options import Commands, FeedsFile, config_of
from pipeline.cli.terminal import Advance, note, progress_bars

STEP = 50


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
    from pipeline.match.corpus import cluster_documents

    config = config_of(feeds)
    total = count_lines(file)
    with progress_bars() as progress:
        placed = cluster_documents(read_documents(file), config.match, config.canonical)
        stories = write_jsonl(out, _with_progress(placed, total, progress), "story")
    note(f"{total:,} documents, {stories:,} stories: {out}")


def _with_progress(records: Iterator[Record], total: int, progress: Advance) -> Iterator[Record]:
    for number, record in enumerate(records, 1):
        if number % STEP == 0 or number == total:
            progress("cluster", number, total)
        yield record


COMMANDS: Commands = (("cluster", "copydesk cluster docs.jsonl --out stories.jsonl", cluster),)
