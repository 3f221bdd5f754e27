"""A reader of whatever a source names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.errors import SchemaUnknown, needs_extra
from pipeline.read.http_reader import HttpReader
from pipeline.read.reader import Reader
from pipeline.read.store_reader import StoreReader
from pipeline.store import read_store

if TYPE_CHECKING:
    from pipeline.read.folder_reader import ExportFolder


def open(source: str, *, token: str = "") -> Reader:
    """Return a reader of the store at a database URL, ``sqlite:///file`` or ``postgresql+psycopg://...``, of the API at
    an address, ``https://host/copydesk/api/v1``, where ``token`` lets in, or of an export of JSON lines or Parquet in a
    folder, local or at an address of fsspec.

    Raises StoreMissing where there is none, SchemaUnknown where it is of another version, StoreError where it cannot be
    opened or nothing answers, UsageError where the token is refused or the library that reads Parquet is not installed.
    """
    if source.startswith(("http://", "https://")):
        reader = HttpReader(source, token)
        reader.info()
        return reader
    if _is_database(source):
        return StoreReader(read_store(source))
    return _open_folder(source)


def _open_folder(address: str) -> Reader:
    from pipeline.read.folder_reader import ExportFolder, JsonLinesReader

    folder = ExportFolder(address)
    if (form := folder.manifest.get("format")) == "jsonl":
        return JsonLinesReader(folder)
    if form == "parquet":
        return _open_parquet(folder)
    problem = f"an export of {form}, which is not read here"
    raise SchemaUnknown(problem, concerns=address, todo="copydesk export jsonl --out ...")


def _open_parquet(folder: ExportFolder) -> Reader:
    with needs_extra("parquet", concerns=folder.address):
        from pipeline.read.parquet_reader import ParquetReader
    return ParquetReader(folder)


def _is_database(source: str) -> bool:
    """Return whether a source is no folder, and no address of a file system that fsspec knows."""
    from fsspec import available_protocols

    scheme, mark, _ = source.partition("://")
    return bool(mark) and scheme not in available_protocols()
