"""JSON lines: a story a line with all its parts, and the kills."""

from __future__ import annotations

import msgspec

from pipeline.export.files import Folder, Manifest
from pipeline.read import Reader


def export_jsonl(reader: Reader, address: str, since: str = "") -> Manifest:
    """Write ``stories.jsonl``, ``kills.jsonl`` and the manifest, of one view of the store; the same view gives the same
    bytes.

    ``since`` is a cursor: stories that did not change behind it are left out, the kills are all. Raises
    UsageError for an address that is none, and CursorForeign, CursorAhead or CursorGone.
    """
    with reader.snapshot(since) as view:
        folder = Folder(address)
        folder.remove_manifest()
        stories = folder.write_lines("stories.jsonl", map(msgspec.json.encode, view.states))
        kills = folder.write_lines("kills.jsonl", map(msgspec.json.encode, view.kills))
    manifest = Manifest(view.info.store, view.info.schema, since, view.info.cursor, (stories, kills))
    folder.write_manifest(manifest)
    return manifest
