"""``copydesk extract``, ``extract-many``, ``lines`` and ``fetch``: single pages and lines, without the store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline import records
from pipeline.cli import tables
from pipeline.cli.options import Allow, AsJson, Commands, Country, FeedsFile, config_of
from pipeline.cli.terminal import OUT, note, print_json, progress_bars, show_line
from pipeline.errors import ExtractError
from pipeline.jsonl import Record, read_jsonl, write_jsonl
from pipeline.model import LineVerdict, PageHints

if TYPE_CHECKING:
    from pipeline.extract.many import PageFile, PageResult

POSITIONS = ("first", "last", "middle")


def extract(
    file: Annotated[Path, typer.Argument(help="The page as fetched.", exists=True, dir_okay=False, readable=True)],
    url: Annotated[str, typer.Option(help="The address it was fetched from.")],
    outlet: Annotated[str, typer.Option(help="The outlet's name.")] = "",
    country: Country = "",
    explain: Annotated[
        bool, typer.Option("--explain", help="Each line of the page with the probability that it is the story's.")
    ] = False,
    feeds: FeedsFile = None,
    as_json: AsJson = False,
) -> None:
    """One page: title, byline, agency, dates, body, and all that was taken off with its rule."""
    from pipeline.extract.many import read_page_file
    from pipeline.extract.sandbox import ExtractJob, Sandbox

    config = config_of(feeds)
    page = read_page_file(file, config.fetch.max_bytes)
    with Sandbox(replace(config.extract, workers=1)) as sandbox:
        job = ExtractJob(page, url, PageHints(outlet=outlet, country=country))
        if explain:
            _show_verdicts(sandbox.explain(job).result(), as_json=as_json)
            return
        article = sandbox.submit(job).result()
    record = records.article_record(article)
    if as_json:
        print_json([record])
        return
    for line in tables.article_lines(record):
        show_line(line)
    OUT.print(tables.spans_table(record["spans"]))


def _show_verdicts(verdicts: list[LineVerdict], *, as_json: bool) -> None:
    listed = [records.verdict_record(verdict) for verdict in verdicts]
    if as_json:
        print_json(listed)
    else:
        OUT.print(tables.verdicts_table(listed))


def extract_many(
    file: Annotated[
        Path, typer.Argument(help="JSON lines: id, url, outlet, html_path.", exists=True, dir_okay=False, readable=True)
    ],
    out: Annotated[Path, typer.Option(help="Where the records go, in the same order.")],
    feeds: FeedsFile = None,
) -> None:
    """Many pages of many outlets; what each outlet's pages repeat is learned from all of them first.

    A relative html_path is read below the folder of FILE. The records are what copydesk cluster reads.
    """
    from pipeline.extract.many import extract_many

    config = config_of(feeds)
    pages = [_page_file(row, file.parent) for row in read_jsonl(file, ("id", "url", "html_path"))]
    failures: list[str] = []
    with progress_bars() as progress:
        results = extract_many(pages, config.extract, config.fetch.max_bytes, progress, len(pages))
        write_jsonl(out, _page_records(results, failures), "id")
    note(f"{len(pages):,} pages, {len(failures):,} without an article: {out}")


def _page_file(row: Record, folder: Path) -> PageFile | PageResult[PageFile]:
    from pipeline.extract.many import PageFile, failed_page, page_path

    page = PageFile(row["id"], str(row["url"]), str(row.get("outlet") or ""), Path(str(row["html_path"])))
    try:
        return replace(page, file=page_path(str(row["html_path"]), folder))
    except ExtractError as error:
        return failed_page(page, error)


def _page_records(results: Iterator[PageResult[PageFile]], failures: list[str]) -> Iterator[Record]:
    for result in results:
        if result.error:
            failures.append(result.page.id)
        yield records.page_record(result.page.id, result.article, result.error)


def lines(
    file: Annotated[
        Path,
        typer.Argument(help="JSON lines: id, line, and position if you like.", exists=True, dir_okay=False),
    ],
    out: Annotated[Path, typer.Option(help="Where the result goes: id, spans.")],
    feeds: FeedsFile = None,
) -> None:
    """What the grammar of agency lines says of single lines, for whoever adds an agency."""
    write_jsonl(out, _line_records(file, config_of(feeds).extract.agencies), "id")


def _line_records(file: Path, agencies: tuple[str, ...]) -> Iterator[Record]:
    from pipeline.text.grammar import load_grammar
    from pipeline.text.wire import line_spans

    grammar = load_grammar(agencies)
    for row in read_jsonl(file, ("id", "line")):
        positions = [row["position"]] if row.get("position") else POSITIONS
        readings = (line_spans(row["line"], position, grammar) for position in positions)
        yield records.line_record(row["id"], next((spans for spans in readings if spans), ()))


def fetch(
    urls: Annotated[list[str], typer.Argument(help="What to fetch.")],
    allow: Allow = None,
    deadline: Annotated[float | None, typer.Option(help="Seconds for each, all in all.", min=0.1)] = None,
    feeds: FeedsFile = None,
    as_json: AsJson = False,
) -> None:
    """Each URL exactly as the poller would fetch it."""
    from pipeline import steps

    fetched_records = [
        records.fetch_record(result)
        for result in steps.fetch_urls(config_of(feeds), urls, tuple(allow or ()), deadline)
    ]
    if as_json:
        print_json(fetched_records)
        return
    for record in fetched_records:
        show_line(tables.fetch_line(record))


COMMANDS: Commands = (
    ("fetch", "copydesk fetch https://outlet.example/feed.xml --json", fetch),
    ("extract", "copydesk extract page.html --url https://outlet.example/story --json", extract),
    ("extract-many", "copydesk extract-many pages.jsonl --out articles.jsonl", extract_many),
    ("lines", "copydesk lines lines.jsonl --out spans.jsonl", lines),
)
