"""A reader of whatever a source names."""

from __future__ import annotations

from pipeline.read.reader import Reader
from pipeline.read.store_reader import StoreReader
from pipeline.store import read_store


def open(source: str) -> Reader:
    """Return a reader of the store at a database URL, ``sqlite:///file`` or ``postgresql+psycopg://...``.

    Raises StoreMissing where there is none, SchemaUnknown where it is of another version, StoreError where it cannot be
    opened.
    """
    return StoreReader(read_store(source))
