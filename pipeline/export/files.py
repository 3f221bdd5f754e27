"""Files of an export at an fsspec address: under another name until they are whole, the manifest last."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

import fsspec

from pipeline.errors import UsageError

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A file as the manifest names it; ``sha256`` in hex, ``rows`` its lines."""

    name: str
    sha256: str
    rows: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an export holds: of which store, from which cursor (``since``, '' for all) to which, in which files."""

    store: str
    schema: str
    since: str
    cursor: str
    files: tuple[ExportedFile, ...]


class Folder:
    """Where an export goes. Raises UsageError for an address that names no file system that is there."""

    def __init__(self, address: str) -> None:
        try:
            self._files, self._path = fsspec.url_to_fs(address)
        except (ImportError, ValueError) as error:
            raise UsageError(str(error), concerns=address, todo="name a folder, or an address of fsspec") from error
        self._files.makedirs(self._path, exist_ok=True)

    def write_lines(self, name: str, lines: Iterable[bytes]) -> ExportedFile:
        """Write a file of lines, which takes the place of one before only when it is whole."""
        digest, rows, size = hashlib.sha256(), 0, 0
        part = self._place(f"{name}.part")
        with self._files.open(part, "wb") as file:
            for line in lines:
                file.write(line + b"\n")
                digest.update(line + b"\n")
                rows, size = rows + 1, size + len(line) + 1
        self._files.mv(part, self._place(name))
        return ExportedFile(name, digest.hexdigest(), rows, size)

    def write_manifest(self, manifest: Manifest) -> None:
        """Write the manifest, behind all files: an export without one was interrupted."""
        self.write_lines(MANIFEST, [json.dumps(asdict(manifest), indent=1).encode()])

    def remove_manifest(self) -> None:
        """Remove the manifest of an export before, whose files are about to be written anew."""
        if self._files.exists(self._place(MANIFEST)):
            self._files.rm(self._place(MANIFEST))

    def _place(self, name: str) -> str:
        return f"{self._path.rstrip('/')}/{name}"
