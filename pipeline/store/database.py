"""An engine with its transactions, and what every part of the store has in common."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from pipeline.errors import StoreError, WriteConflict
from pipeline.store.retry import is_conflict
from pipeline.store.schema.engine import shown


class Database:
    """An engine with its transactions."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._reader = engine.execution_options(reading=True)

    @property
    def shown(self) -> str:
        """The store's address without its password."""
        return shown(self.engine.url.render_as_string(hide_password=False))

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A connection whose statements each are a transaction. Raises StoreError for what the database refuses."""
        with stored_errors(self.engine), self.engine.connect() as connection:
            yield connection.execution_options(isolation_level="AUTOCOMMIT")

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view. Raises StoreError for what the database refuses."""
        with stored_errors(self.engine), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """All or nothing. Raises StoreError for what the database refuses."""
        with stored_errors(self.engine), self.engine.begin() as connection:
            yield connection


@contextmanager
def stored_errors(engine: Engine) -> Iterator[None]:
    """The database's own errors as ours."""
    try:
        yield
    except SQLAlchemyError as error:
        said = str(getattr(error, "orig", None) or error).splitlines()[0]
        where = shown(engine.url.render_as_string(hide_password=False))
        kind = WriteConflict if is_conflict(error) else StoreError
        raise kind(said, concerns=where, todo="nothing was written; the step may run again") from error


class Subject:
    """One subject's part of the store. Each method is one transaction of the database that all parts share."""

    def __init__(self, database: Database) -> None:
        self._database = database
