"""``copydesk backfill``: archives into the store."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline import records
from pipeline.cli import tables
from pipeline.cli.options import AsJson, Commands, FeedsFile, config_of, now
from pipeline.cli.terminal import note, print_json, progress_bars, show_line
from pipeline.config.settings import EngineName

if TYPE_CHECKING:
    from pipeline.steps.backfill.sources import Source

# Articles of a slice at most: more would not fit into a child's memory.
MOST_DOCUMENTS = 1_000_000
# Pages without an article that are named in the end.
SHOWN_PROBLEMS = 20


def backfill(
    sources: Annotated[
        list[Path],
        typer.Argument(
            help=".warc, .warc.gz, .wacz: pages. .jsonl, .parquet: id, outlet, published, title, text.",
            exists=True,
            dir_okay=False,
            readable=True,
        ),
    ],
    engine: Annotated[
        EngineName, typer.Option(help="What reads and places: this machine, or Spark.")
    ] = EngineName.LOCAL,
    workers: Annotated[int, typer.Option(help="Processes of this machine; default: as many as processors.", min=0)] = 0,
    days: Annotated[int, typer.Option(help="Days of a slice; each is placed by one process.", min=1)] = 28,
    documents: Annotated[int, typer.Option(help="Articles of a slice at most.", min=1, max=MOST_DOCUMENTS)] = 250_000,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would be read, and do nothing.")] = False,
    feeds: FeedsFile = None,
    as_json: AsJson = False,
) -> None:
    """Archives into the store: their articles, the stories that these form, and a change for each.

    The same command goes on where one that was stopped ended. An article that is stored already stays as it is, and
    stories of the archive are joined to stored ones only by such articles: give it days that the store has not seen.
    """
    from pipeline.steps.backfill import BackfillOptions, open_sources, run_backfill

    config = config_of(feeds)
    opened = open_sources(sources)
    if dry_run:
        _show_sources(opened, as_json=as_json)
        return
    options = BackfillOptions(workers or len(os.sched_getaffinity(0)), days, documents, engine)
    with progress_bars(quiet=as_json) as progress:
        report = run_backfill(config, opened, options, now(), progress)
    if as_json:
        print_json([records.report_record(report)])
        return
    for problem in report.problems[:SHOWN_PROBLEMS]:
        show_line(problem)
    show_line(tables.counts_text(report.counts))


def _show_sources(sources: list[Source], *, as_json: bool) -> None:
    from pipeline.steps.backfill.sources import count_records

    rows = [{"source": str(source.path), "kind": source.kind.value, "records": count_records(source),
             "bytes": source.path.stat().st_size} for source in sources]  # fmt: skip
    if as_json:
        print_json(rows)
        return
    for row in rows:
        note(f"{row['source']}: {row['kind']}, {row['records'] or 'unknown':} records, {row['bytes']:,} bytes")


COMMANDS: Commands = (("backfill", "copydesk backfill 2024.warc.gz corpus.jsonl --workers 8", backfill),)
