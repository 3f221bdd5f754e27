"""Every format of export, called in one way, for tests that hold for all of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pipeline.export.files import Manifest
from pipeline.read import Reader


def jsonl(reader: Reader, address: str, since: str = "") -> Manifest:
    from pipeline.export.jsonl import export_jsonl

    return export_jsonl(reader, address, since)


def parquet(reader: Reader, address: str, since: str = "") -> Manifest:
    from pipeline.export.parquet import export_parquet

    return export_parquet(reader, address, since)


def ninjs(reader: Reader, address: str, since: str = "") -> Manifest:
    from pipeline.export.ninjs import export_ninjs

    return export_ninjs(reader, address, since)


def feeds(reader: Reader, address: str, since: str = "") -> Manifest:
    from pipeline.export.feeds import export_feeds

    # They are whole always: other words are another export of the same folder.
    return export_feeds(reader, address, words=["paragraph"] if since else ["paragraph", "title"])


Exporter = Callable[[Reader, str, str], Manifest]
EXPORTS: dict[str, Exporter] = {"jsonl": jsonl, "parquet": parquet, "ninjs": ninjs, "feeds": feeds}


def files_of(folder: Path) -> dict[str, bytes]:
    """Return all files below a folder, by their paths in it."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
