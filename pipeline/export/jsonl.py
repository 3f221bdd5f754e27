"""JSON lines: a story a line with all its parts, and the kills."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from pipeline.export.files import Export, Folder, Heading, Manifest
from pipeline.read import Reader, Snapshot

KILLS = "kills.jsonl"
STORIES = "stories.jsonl"


@contextmanager
def exporting(
    reader: Reader, address: str, form: str, since: str = "", **options: Any
) -> Iterator[tuple[Snapshot, Export]]:
    """Yield a view of the store and an export of it, whose kills are written already.

    ``since`` is a cursor: stories that did not change behind it are left out, the kills are all. Raises UsageError for
    an address that is none, and CursorForeign, CursorAhead or CursorGone.
    """
    with reader.snapshot(since) as view:
        info = view.info
        heading = Heading(form, info.store, info.schema, info.cursor.partition(".")[0], since, info.cursor, options)
        export = Export(Folder(address), heading)
        export.write_lines(KILLS, map(json_line, view.kills))
        yield view, export


def export_jsonl(reader: Reader, address: str, since: str = "") -> Manifest:
    """Write ``stories.jsonl``, ``kills.jsonl`` and the manifest, of one view of the store. Raises as
    :func:`exporting`."""
    with exporting(reader, address, "jsonl", since) as (view, export):
        export.write_lines(STORIES, map(json_line, view.states))
    return export.finish()


def json_line(record: Any) -> bytes:
    """Return a record as JSON in UTF-8; of a lone half of a surrogate pair, which that cannot hold, a question mark."""
    try:
        return msgspec.json.encode(record)
    except UnicodeEncodeError:
        return json.dumps(msgspec.to_builtins(record), ensure_ascii=False, separators=(",", ":")).encode(
            "utf-8", "replace"
        )
