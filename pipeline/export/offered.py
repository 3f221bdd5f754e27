"""Whole exports in the folders of one address, and their files, for those who fetch them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from posixpath import basename
from typing import Any

import fsspec

from pipeline.export.files import MANIFEST

# Bytes of a file that are read at once.
CHUNK = 1 << 18


def list_manifests(address: str) -> dict[str, dict[str, Any]]:
    """Return the manifests of the exports in the folders of ``address``, by the folders' names; '' has none. An export
    that was interrupted has no manifest, and is left out."""
    if not address:
        return {}
    files, path = fsspec.url_to_fs(address)
    folders = [str(entry["name"]) for entry in files.ls(path, detail=True)] if files.isdir(path) else []
    places = {basename(folder.rstrip("/")): f"{folder.rstrip('/')}/{MANIFEST}" for folder in sorted(folders)}
    return {name: json.loads(files.cat_file(place)) for name, place in places.items() if files.isfile(place)}


def read_chunks(address: str, name: str, file: str) -> Iterator[bytes]:
    """Yield the bytes of a file of the export ``name`` in the folder ``address``, as its manifest names it."""
    files, path = fsspec.url_to_fs(address)
    with files.open(f"{path.rstrip('/')}/{name}/{file}", "rb") as stream:
        while chunk := stream.read(CHUNK):
            yield chunk
