"""Files of an export at an fsspec address: under another name until they are whole, the manifest last."""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from typing import IO, Any

import fsspec

from pipeline.errors import UsageError

MANIFEST = "manifest.json"
# What is whole of an export that is under way; with a name that readers of folders of Parquet leave out.
STARTED = "_started.json"
# A path below the folder.
FILE_NAME = re.compile(r"\w[\w.=-]*(/\w[\w.=-]*)*")


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A file as the manifest names it, by its path in the folder; ``sha256`` in hex, ``rows`` its records."""

    name: str
    sha256: str
    rows: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Heading:
    """What is exported: of which store and log (``epoch``), from which cursor (``since``, '' for all) to which.

    ``options`` are what else the format was asked for. Exports of one heading are the same bytes.
    """

    format: str
    store: str
    schema: str
    epoch: str
    since: str
    cursor: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an export holds: its heading, and its files in the order of their names."""

    heading: Heading
    files: tuple[ExportedFile, ...]

    @property
    def cursor(self) -> str:
        """Return the cursor from which to go on."""
        return self.heading.cursor

    def record(self) -> dict[str, Any]:
        """Return the manifest as JSON has it."""
        return {**asdict(self.heading), "files": [asdict(file) for file in self.files]}


class CountedFile(io.RawIOBase):
    """A file to write, which adds up the size and the SHA-256 of its bytes."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._digest, self.size = file, hashlib.sha256(), 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.size

    def write(self, content: Any) -> int:
        """Write all of the bytes."""
        self._file.write(content)
        self._digest.update(content)
        self.size += len(content)
        return len(content)

    def described(self, name: str, rows: int) -> ExportedFile:
        """Return the file as the manifest has it."""
        return ExportedFile(name, self._digest.hexdigest(), rows, self.size)


FILE_FIELDS = tuple(field.name for field in fields(ExportedFile))
# Writes a file's bytes and returns how many records they are.
Writer = Callable[[CountedFile], int]


class Folder:
    """Where an export goes. Raises UsageError for an address that names no file system that is there."""

    def __init__(self, address: str) -> None:
        try:
            self._files, self._path = fsspec.url_to_fs(address)
        except (ImportError, ValueError) as error:
            raise UsageError(str(error), concerns=address, todo="name a folder, or an address of fsspec") from error
        self._files.makedirs(self._path, exist_ok=True)

    @contextmanager
    def writing(self, name: str) -> Iterator[CountedFile]:
        """Yield a file, which takes the place of one before when the block ends, and only then."""
        part = self._place(f"{name}.part")
        self._files.makedirs(part.rpartition("/")[0], exist_ok=True)
        with self._files.open(part, "wb") as file:
            yield CountedFile(file)
        self._files.mv(part, self._place(name))

    def write_json(self, name: str, value: object, indent: int | None = None) -> None:
        """Write a file of one JSON value; ``indent`` is for what persons read, and takes four times as long."""
        with self.writing(name) as file:
            file.write(json.dumps(value, indent=indent).encode() + b"\n")

    def read_json(self, name: str) -> dict[str, Any]:
        """Return what a file of JSON holds, nothing where there is no such file, or it is none of an export."""
        place = self._place(name)
        try:
            value = json.loads(self._files.cat_file(place)) if self._files.exists(place) else {}
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}

    def size(self, name: str) -> int | None:
        """Return a file's size in bytes, None where it is not there."""
        place = self._place(name)
        return int(self._files.size(place)) if self._files.exists(place) else None

    def remove(self, name: str) -> None:
        """Remove a file, and what is left of its writing, where they are there."""
        for place in (self._place(name), self._place(f"{name}.part")):
            if self._files.exists(place):
                self._files.rm_file(place)

    def _place(self, name: str) -> str:
        return f"{self._path.rstrip('/')}/{name}"


class Export:
    """An export under way. Interrupted and run again it goes on behind the last file that was whole, as long as the
    store is as it was; else it begins anew. Files of an export before, in the same folder, are removed at its end."""

    def __init__(self, folder: Folder, heading: Heading) -> None:
        self._folder, self.heading = folder, heading
        earlier = [record for name in (STARTED, MANIFEST) if (record := folder.read_json(name))]
        self._files = next((_whole_files(record) for record in earlier if self._is_same(record)), {})
        self._stale = {name for record in earlier for name in _names(record)} - self._files.keys()
        self._record(())
        folder.remove(MANIFEST)

    @property
    def files(self) -> tuple[ExportedFile, ...]:
        """Return the files that are whole, in the order of their names."""
        return tuple(self._files[name] for name in sorted(self._files))

    def write(self, writers: Mapping[str, Writer]) -> None:
        """Write files, by their names: those that belong together, which are written again all or none."""
        if all(self._is_whole(name) for name in writers):
            return
        self._record(writers)
        for name, writer in writers.items():
            with self._folder.writing(name) as file:
                rows = writer(file)
            self._files[name] = file.described(name, rows)

    def write_lines(self, name: str, lines: Iterable[bytes]) -> None:
        """Write a file of lines, a record each."""
        self.write({name: lambda file: sum(bool(file.write(line + b"\n")) for line in lines)})

    def finish(self) -> Manifest:
        """Write the manifest, behind all files: an export without one was interrupted."""
        for name in sorted(self._stale - self._files.keys()):
            self._folder.remove(name)
        manifest = Manifest(self.heading, self.files)
        self._folder.write_json(MANIFEST, manifest.record(), indent=1)
        self._folder.remove(STARTED)
        return manifest

    def _is_same(self, record: Mapping[str, Any]) -> bool:
        # As it is read back: a tuple of options is a list there.
        return all(record.get(name) == value for name, value in json.loads(json.dumps(asdict(self.heading))).items())

    def _is_whole(self, name: str) -> bool:
        file = self._files.get(name)
        return file is not None and self._folder.size(name) == file.bytes

    def _record(self, names: Iterable[str]) -> None:
        """Write down what is whole, and whose writing begins."""
        self._stale |= set(names)
        files = [{name: getattr(file, name) for name in FILE_FIELDS} for file in self._files.values()]
        self._folder.write_json(STARTED, {**asdict(self.heading), "files": files, "stale": sorted(self._stale)})


def _whole_files(record: Mapping[str, Any]) -> dict[str, ExportedFile]:
    return {row["name"]: ExportedFile(**row) for row in record["files"]}


def _names(record: Mapping[str, Any]) -> list[str]:
    """Return the files that a record of an export names, none of which is outside its folder."""
    files = record.get("files")
    names = [row.get("name") for row in files if isinstance(row, dict)] if isinstance(files, list) else []
    stale = record.get("stale")
    names += stale if isinstance(stale, list) else []
    return [name for name in names if isinstance(name, str) and FILE_NAME.fullmatch(name)]
