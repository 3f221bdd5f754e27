"""Many rows at once into a table of PostgreSQL, by COPY: the server parses no statement and its parameters for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, Dialect, Table, func, select
from sqlalchemy.exc import DBAPIError

from pipeline.store.schema.sql_views import POSTGRESQL

# Rows from which COPY is used; below, an INSERT takes no longer.
LEAST_COPIED = 50


class ColumnValues(NamedTuple):
    """A column, its default where the rows leave it out, and what makes its values the driver's."""

    name: str
    is_given: bool
    default: Any
    converter: Callable[[Any], Any] | None

    def values(self, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
        """Return the column's value of each row."""
        values = [row[self.name] for row in rows] if self.is_given else [self.default] * len(rows)
        return convert(values, self.converter)


def convert(values: list[Any], converter: Callable[[Any], Any] | None) -> list[Any]:
    """Return the values as the driver takes them; an object in many rows, as a write's time, is converted once."""
    if converter is None:
        return values
    distinct = {id(value): value for value in values}
    converted = {key: converter(value) for key, value in distinct.items()}
    return [converted[id(value)] for value in values]


def is_bulk(db: Connection, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether the database has COPY, and the rows are enough for it."""
    return db.dialect.name == POSTGRESQL and len(rows) >= LEAST_COPIED


def copy_rows(db: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Insert rows, with the columns of the first, by COPY. Return whether they are in: False where they are no bulk, or
    a column that they leave out has a default that is computed."""
    columns = _columns(table, tuple(rows[0]), db.dialect) if is_bulk(db, rows) else None
    if columns is None:
        return False
    quote = db.dialect.identifier_preparer.quote
    names = ", ".join(quote(column.name) for column in columns)
    statement = f"COPY {quote(table.name)} ({names}) FROM STDIN"
    driver: Any = db.connection.driver_connection
    with _database_errors(db, statement), driver.cursor() as cursor, cursor.copy(statement) as stream:
        for values in zip(*(column.values(rows) for column in columns), strict=True):
            stream.write_row(values)
    return True


def reserve_numbers(db: Connection, key: Column[int], amount: int) -> list[int]:
    """Take so many new numbers from the sequence of a table's key, in their order."""
    sequence = func.pg_get_serial_sequence(key.table.name, key.name)
    return list(db.scalars(select(func.nextval(sequence)).select_from(func.generate_series(1, amount))))


@lru_cache(maxsize=128)
def _columns(table: Table, names: tuple[str, ...], dialect: Dialect) -> list[ColumnValues] | None:
    """Return the columns that a row fills: those with these names, and those with a default that is no server's."""
    columns = [column for column in table.c if column.name in names or column.default is not None]
    if any(column.name not in names and not getattr(column.default, "is_scalar", False) for column in columns):
        return None
    converters = [column.type.dialect_impl(dialect).bind_processor(dialect) for column in columns]
    defaults = [getattr(column.default, "arg", None) for column in columns]
    return [
        ColumnValues(column.name, column.name in names, default, converter)
        for column, default, converter in zip(columns, defaults, converters, strict=True)
    ]


@contextmanager
def _database_errors(db: Connection, statement: str) -> Iterator[None]:
    """Raise the driver's errors as those of a statement that SQLAlchemy executes."""
    driver: Any = db.dialect.loaded_dbapi
    try:
        yield
    except driver.Error as error:
        is_cut = db.dialect.is_disconnect(error, db.connection.driver_connection, None)
        if is_cut:
            db.invalidate(error)
        raise DBAPIError.instance(
            statement,
            None,
            error,
            driver.Error,
            hide_parameters=True,
            connection_invalidated=is_cut,
            dialect=db.dialect,
        ) from error
