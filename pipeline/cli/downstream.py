"""``copydesk find`` and ``export``: whose story a page is, and stories handed over as files."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.options import AsJson, Commands, FeedsFile, config_of
from pipeline.cli.terminal import note, print_json, show_line
from pipeline.errors import UsageError
from pipeline.words import plural

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pipeline.export.files import ExportedFile, Manifest
    from pipeline.read import PagePlace, Reader

    Exporter = Callable[[Reader, str, str], Manifest]


class ExportFormat(StrEnum):
    """What an export is written as."""

    FEEDS = "feeds"
    JSONL = "jsonl"
    NINJS = "ninjs"
    PARQUET = "parquet"


def find(
    urls: Annotated[list[str], typer.Argument(help="Addresses of pages.")],
    feeds: FeedsFile = None,
    as_json: AsJson = False,
) -> None:
    """Whose story each page is, and who else has it. Exit 1 where none of the pages is in a story."""
    with _open_reader(feeds) as reader:
        places = reader.find(urls)
    if as_json:
        print_json(map(_place_record, places))
    else:
        for place in places:
            _show_place(place)
    if not any(place.head for place in places):
        raise typer.Exit(1)


def _place_record(place: PagePlace) -> dict[str, Any]:
    head = place.head
    return {
        "url": place.url,
        "outlet": place.outlet,
        "article": place.article,
        "story": head.story if head else None,
        "title": head.title if head else None,
        "status": head.status.value if head else None,
        "copies": [
            {"article": copy.article, "outlet": copy.outlet, "url": copy.url, "relation": copy.relation}
            for copy in place.copies
        ],
    }


def _show_place(place: PagePlace) -> None:
    if place.head is None:
        show_line(place.url, ": in no story" if place.outlet else ": not stored")
        return
    show_line(place.url, f": story {place.head.story}, ", place.head.title)
    for copy in place.copies:
        show_line("  ", copy.outlet, ", ", copy.relation, ", ", copy.url)


def export(
    form: Annotated[ExportFormat, typer.Argument(metavar="FORMAT", help="feeds, jsonl, ninjs or parquet.")],
    out: Annotated[str, typer.Option(help="A folder, or an fsspec address (s3://bucket/folder).")],
    since: Annotated[str, typer.Option(help="Only stories that changed behind this cursor.", metavar="CURSOR")] = "",
    base: Annotated[str, typer.Option(help="Of feeds: the address below which they will be served.")] = "",
    words: Annotated[list[str] | None, typer.Option(help="Of feeds: stories with all these words get a feed.")] = None,
    feeds: FeedsFile = None,
) -> None:
    """Hand all stories over as files of one view of the store; the manifest, written last, has the next cursor."""
    searches = words or []
    _check_options(form, since, base, searches)
    write = _feeds_exporter(base, searches) if form is ExportFormat.FEEDS else _exporter(form)
    with _open_reader(feeds) as reader:
        manifest = write(reader, out, since)
    for name, files in _by_table(manifest.files).items():
        note(f"{name}: {plural(sum(file.rows for file in files), 'row', 'rows')}")
    show_line(manifest.cursor)


def _check_options(form: ExportFormat, since: str, base: str, searches: Sequence[str]) -> None:
    if form is ExportFormat.FEEDS and since:
        raise UsageError("feeds are written whole", concerns="--since", todo="leave it out")
    if form is not ExportFormat.FEEDS and (base or searches):
        raise UsageError("only feeds have them", concerns="--base, --words", todo="leave them out")


def _feeds_exporter(base: str, searches: Sequence[str]) -> Exporter:
    from pipeline.export.feeds import export_feeds

    return lambda reader, out, _since: export_feeds(reader, out, base, searches)


def _exporter(form: ExportFormat) -> Exporter:
    if form is ExportFormat.JSONL:
        from pipeline.export.jsonl import export_jsonl

        return export_jsonl
    if form is ExportFormat.NINJS:
        from pipeline.export.ninjs import export_ninjs

        return export_ninjs
    try:
        from pipeline.export.parquet import export_parquet
    except ModuleNotFoundError as error:
        problem, todo = f"{error.name} is not installed", "pip install 'copydesk[parquet]'"
        raise UsageError(problem, concerns=form.value, todo=todo) from error
    return export_parquet


def _by_table(files: Iterable[ExportedFile]) -> dict[str, list[ExportedFile]]:
    tables: dict[str, list[ExportedFile]] = {}
    for file in files:
        tables.setdefault(file.name.partition("/")[0], []).append(file)
    return tables


def _open_reader(feeds: FeedsFile) -> Reader:
    from pipeline import read

    return read.open(config_of(feeds).store)


COMMANDS: Commands = (
    ("find", "copydesk find https://outlet.example/story --json", find),
    ("export", "copydesk export jsonl --out stories/", export),
)
