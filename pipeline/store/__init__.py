"""The store: stories and all that leads to them, in SQLite or PostgreSQL.

Writes are methods of :class:`Store`, one transaction a call; reads are in ``views`` and ``changes``.
"""

from __future__ import annotations

from pipeline.store.schema.engine import open_engine, open_reader
from pipeline.store.store import Store

__all__ = ["Store", "open_store", "read_store"]


def open_store(url: str, *, migrate: bool = True, create: bool = True) -> Store:
    """The store at a database URL, created and brought to this version's schema where needed.

    Raises :class:`pipeline.errors.StoreError` where it cannot be opened.
    """
    return Store(open_engine(url, migrate=migrate, create=create))


def read_store(url: str) -> Store:
    """The store at a database URL, to read it: nothing is created or migrated, and no right to write is needed.

    Raises :class:`pipeline.errors.StoreMissing` where there is none, :class:`pipeline.errors.SchemaUnknown` where its
    schema is not this version's, and :class:`pipeline.errors.StoreError` where it cannot be opened.
    """
    return Store(open_reader(url))
