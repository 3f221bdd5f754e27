"""A reader of whatever a source names."""

from __future__ import annotations

from pipeline.read.http_reader import HttpReader
from pipeline.read.reader import Reader
from pipeline.read.store_reader import StoreReader
from pipeline.store import read_store


def open(source: str, *, token: str = "") -> Reader:
    """Return a reader of the store at a database URL, ``sqlite:///file`` or ``postgresql+psycopg://...``, of the API at
    an address, ``https://host/copydesk/api/v1``, where ``token`` lets in, or of an export of JSON lines in a folder,
    local or at an address of fsspec.

    Raises StoreMissing where there is none, SchemaUnknown where it is of another version, StoreError where it cannot be
    opened or nothing answers, UsageError where the token is refused.
    """
    if source.startswith(("http://", "https://")):
        reader = HttpReader(source, token)
        reader.info()
        return reader
    if _is_database(source):
        return StoreReader(read_store(source))
    from pipeline.read.folder_reader import FolderReader

    return FolderReader(source)


def _is_database(source: str) -> bool:
    """Return whether a source is no folder, and no address of a file system that fsspec knows."""
    from fsspec import available_protocols

    scheme, mark, _ = source.partition("://")
    return bool(mark) and scheme not in available_protocols()
