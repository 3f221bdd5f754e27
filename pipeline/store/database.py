"""An engine with its transactions, and what every part of the store has in common."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from sqlalchemy import Connection, Engine, literal, select
from sqlalchemy.exc import SQLAlchemyError

from pipeline.errors import StoreError, WriteConflict
from pipeline.store.retry import is_conflict
from pipeline.store.schema.engine import hide_secrets
from pipeline.store.search_index import erase_forgotten


class Database:
    """An engine with its transactions."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._reader = engine.execution_options(reading=True, **_snapshot(engine))

    @property
    def safe_url(self) -> str:
        """Return the store's address without its secrets."""
        return hide_secrets(self.engine.url.render_as_string(hide_password=False))

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """Yield a connection whose statements each are a transaction. Raises StoreError where the database refuses."""
        with stored_errors(self.engine), self.engine.connect() as connection:
            yield connection.execution_options(isolation_level="AUTOCOMMIT")

    def is_available(self) -> bool:
        """Return whether the database answers."""
        try:
            with self.reading() as db:
                return db.scalar(select(literal(1))) == 1
        except StoreError:
            return False

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    def compact(self) -> None:
        """Rewrite the database without what was deleted: its bytes stay in the files until then. Takes minutes where
        there is much, and room for a second copy. PostgreSQL locks each table meanwhile. Raises StoreError."""
        if self.engine.dialect.name != "sqlite":
            with self.connection() as db:
                db.exec_driver_sql("VACUUM FULL")
            return
        with self.transaction() as db:
            erase_forgotten(db)
        with stored_errors(self.engine), closing(self.engine.raw_connection()) as connection:
            try:
                for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
                    connection.cursor().execute(statement)
            except sqlite3.Error as error:
                todo = "end what reads the store for long, and run the command again"
                raise StoreError(str(error), concerns=self.safe_url, todo=todo) from error

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection that reads one consistent view: what was committed when it read first, whatever is
        written meanwhile. Raises StoreError where the database refuses."""
        with stored_errors(self.engine), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Yield a connection whose writes commit together or not at all. Raises StoreError."""
        with stored_errors(self.engine), self.engine.begin() as connection:
            yield connection


def _snapshot(engine: Engine) -> dict[str, str]:
    """Return the options of a transaction that reads one snapshot. One of SQLite always does; PostgreSQL's own default
    takes a new one for each statement."""
    return {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}


@contextmanager
def stored_errors(engine: Engine) -> Iterator[None]:
    """Raise the database's errors as :class:`StoreError`, or WriteConflict where another writer was met."""
    try:
        yield
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        address = hide_secrets(engine.url.render_as_string(hide_password=False))
        kind = WriteConflict if is_conflict(error) else StoreError
        raise kind(reason, concerns=address, todo="nothing was written; the step may run again") from error


class Subject:
    """One subject's part of the store. Each method is one transaction of the database that all parts share."""

    def __init__(self, database: Database) -> None:
        self._database = database
