"""``copydesk find``, ``diff`` and ``export``: whose story a page is, how two versions differ, stories as files."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from pipeline.cli.options import AsJson, Commands, FeedsFile, StoryId, config_of
from pipeline.cli.terminal import joined, note, plain, print_json, show_line
from pipeline.errors import UsageError
from pipeline.words import plural

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rich.text import Text

    from pipeline.export.files import ExportedFile, Manifest
    from pipeline.read import PagePlace, Reader
    from pipeline.read.word_diff import Piece


class ExportFormat(StrEnum):
    """What an export is written as."""

    FEEDS = "feeds"
    JSONL = "jsonl"
    NINJS = "ninjs"
    PARQUET = "parquet"
    WARC = "warc"


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


def diff(
    story_id: StoryId,
    old: Annotated[int | None, typer.Argument(metavar="OLD", help="A version; without it the one before.")] = None,
    new: Annotated[int | None, typer.Argument(metavar="NEW", help="A version; without it the one in force.")] = None,
    feeds: FeedsFile = None,
    as_json: AsJson = False,
) -> None:
    """What changed between two versions of a story, word by word: gone in [-...-], new in {+...+}."""
    from dataclasses import asdict

    from pipeline.read.version_diff import compare_versions

    with _open_reader(feeds) as reader:
        difference = compare_versions(reader, story_id, old, new)
    if as_json:
        print_json([asdict(difference)])
        return
    show_line(f"story {story_id}, version {difference.new} against {difference.old or 'none before'}")
    for paragraph in difference.paragraphs:
        show_line(*(_marked_piece(piece) for piece in paragraph))


def _marked_piece(piece: Piece) -> Text:
    # As `git diff --word-diff` marks words, since colours go when the output does.
    mark = {"ins": ("{+", "+}", "green"), "del": ("[-", "-]", "red"), "": ("", "", "")}[piece.mark]
    words = piece.text.rstrip()
    return joined(plain(f"{mark[0]}{words}{mark[1]}", mark[2]), piece.text[len(words) :])


def export(
    form: Annotated[ExportFormat, typer.Argument(metavar="FORMAT", help="What the files are.")],
    out: Annotated[str, typer.Option(help="A folder, or an fsspec address (s3://bucket/folder).")],
    since: Annotated[
        str, typer.Option(help="jsonl, ninjs, parquet: only what changed behind this cursor.", metavar="CURSOR")
    ] = "",
    base: Annotated[str, typer.Option(help="feeds: the address below which they will be served.")] = "",
    words: Annotated[
        list[str] | None, typer.Option(help="feeds: give the stories that have all these words a feed; repeatable.")
    ] = None,
    story: Annotated[
        list[int] | None, typer.Option(help="warc: a story whose pages are wanted; repeatable.", metavar="ID")
    ] = None,
    feeds: FeedsFile = None,
) -> None:
    """Hand stories over as files of one view of the store; the manifest, written last, has the next cursor."""
    from pipeline import read

    config = config_of(feeds)
    options = ExportOptions(out, since, base, tuple(words or ()), tuple(story or ()), config.archive)
    _check_options(form, options)
    write = _exporter(form)
    with read.open(config.store) as reader:
        manifest = write(reader, options)
    for name, files in _by_table(manifest.files).items():
        note(f"{name}: {plural(sum(file.rows for file in files), 'row', 'rows')}")
    show_line(manifest.cursor)


class ExportOptions(NamedTuple):
    """Where an export goes, and what else its format is asked for."""

    out: str
    since: str
    base: str
    words: tuple[str, ...]
    story: tuple[int, ...]
    archive: str


# The options that a format has.
FORMAT_OPTIONS = {ExportFormat.FEEDS: ("base", "words"), ExportFormat.WARC: ("story",)}


def _check_options(form: ExportFormat, options: ExportOptions) -> None:
    allowed = FORMAT_OPTIONS.get(form, ("since",))
    for name in ("since", "base", "words", "story"):
        if getattr(options, name) and name not in allowed:
            todo = f"leave it out: {form.value} has {', '.join(f'--{option}' for option in allowed)}"
            raise UsageError(f"{form.value} does not have it", concerns=f"--{name}", todo=todo)


def _export_feeds(reader: Reader, options: ExportOptions) -> Manifest:
    from pipeline.export.feeds import export_feeds

    return export_feeds(reader, options.out, options.base, options.words)


def _export_warc(reader: Reader, options: ExportOptions) -> Manifest:
    from pipeline.export.warc import export_warc

    return export_warc(reader, options.archive, options.out, options.story)


EXPORTERS = {ExportFormat.FEEDS: _export_feeds, ExportFormat.WARC: _export_warc}


def _exporter(form: ExportFormat) -> Callable[[Reader, ExportOptions], Manifest]:
    if form in EXPORTERS:
        return EXPORTERS[form]
    from pipeline.export.forms import exporter

    write = exporter(form.value)
    return lambda reader, options: write(reader, options.out, options.since)


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
    ("diff", "copydesk diff 12 1 2", diff),
    ("export", "copydesk export jsonl --out stories/", export),
)
