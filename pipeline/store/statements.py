"""Statements that SQLite and PostgreSQL both take: upserts, many rows at once, long lists of numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Dialect,
    Insert,
    Table,
    bindparam,
    func,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from pipeline.store.bulk_load import convert, copy_rows, is_bulk, reserve_numbers

T = TypeVar("T")
# SQLite refuses statements with more variables than 32,766; PostgreSQL's limit is 65,535.
MOST_IN = 5000


def insert(connection: Connection, table: Table) -> Any:
    """Return an INSERT that can have ON CONFLICT, in the connection's dialect."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def insert_all(connection: Connection, statement: Insert | Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert many rows in one round trip, with the columns of the first; execute nothing where there are no rows."""
    if not rows or (isinstance(statement, Table) and copy_rows(connection, statement, rows)):
        return
    direct = _direct(statement, tuple(rows[0]), connection.dialect) if isinstance(statement, Table) else None
    if direct:
        connection.exec_driver_sql(direct.text, direct.filled(rows))
    else:
        connection.execute(statement if isinstance(statement, Insert) else statement.insert(), list(rows))


def lock_names(connection: Connection, names: Iterable[str]) -> None:
    """Lock these names until this transaction ends, in one order for all, so that no two wait for each other. SQLite
    has one writer at a time anyway."""
    if connection.dialect.name == "postgresql":
        for name in sorted(set(names)):
            connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


class _Direct(NamedTuple):
    """An INSERT as the driver takes it: its text, and its parameters' columns, each with its values' converter."""

    text: str
    columns: Sequence[tuple[str, Callable[[Any], Any] | None]]

    def filled(self, rows: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
        columns = ([row[name] for row in rows] for name, _ in self.columns)
        converters = (converter for _, converter in self.columns)
        return list(zip(*map(convert, columns, converters), strict=True))


@lru_cache(maxsize=128)
def _direct(table: Table, names: tuple[str, ...], dialect: Dialect) -> _Direct | None:
    """Return the INSERT for the driver itself: SQLAlchemy builds each row's parameters anew, which takes longer than
    SQLite takes to insert it. None where it must: columns with its own defaults, drivers with named parameters."""
    compiled = table.insert().compile(dialect=dialect, column_keys=names)
    if compiled.insert_prefetch or not compiled.positiontup:
        return None
    types = [table.c[name].type.dialect_impl(dialect) for name in compiled.positiontup]
    return _Direct(
        str(compiled), [(n, t.bind_processor(dialect)) for n, t in zip(compiled.positiontup, types, strict=True)]
    )


def insert_numbered(connection: Connection, key: Column[int], rows: Sequence[dict[str, Any]]) -> list[int]:
    """Insert many rows into the table of ``key``, which the database numbers. Return their numbers, in their order.

    For SQLite, SQLAlchemy would insert a row at a time to be sure of the order. A SQLite transaction is the only
    writer, and its rows are numbered in their order.
    """
    if not rows:
        return []
    if is_bulk(connection, rows):
        numbers = reserve_numbers(connection, key, len(rows))
        insert_all(connection, key.table, [{key.name: n, **row} for n, row in zip(numbers, rows, strict=True)])
        return numbers
    if connection.dialect.name == "postgresql":
        statement = key.table.insert().returning(key, sort_by_parameter_order=True)
        return list(connection.scalars(statement, list(rows)))
    last = connection.scalar(select(func.max(key))) or 0
    insert_all(connection, key.table, rows)
    return list(connection.scalars(select(key).where(key > last).order_by(key)))


def in_parts(values: Iterable[T]) -> Iterator[list[T]]:
    """Yield the distinct values in lists short enough for an IN clause."""
    distinct = list(dict.fromkeys(values))
    for start in range(0, len(distinct), MOST_IN):
        yield distinct[start : start + MOST_IN]


class _ParameterRows(FunctionElement[int]):
    """The numbers of one parameter, as rows."""

    inherit_cache = True


@compiles(_ParameterRows)
def _rows_of_json(element: _ParameterRows, compiler: SQLCompiler, **options: Any) -> str:
    return f"(SELECT value FROM json_each({compiler.process(element.clauses, **options)}))"  # noqa: S608 - no value


@compiles(_ParameterRows, "postgresql")
def _rows_of_array(element: _ParameterRows, compiler: SQLCompiler, **options: Any) -> str:
    return f"(SELECT unnest({compiler.process(element.clauses, **options)}))"


def among(numbers: ColumnElement[int], name: str = "ids") -> ColumnElement[bool]:
    """Return the condition that a number is among those of the parameter ``name``. Unlike an IN list the statement is
    the same for ten and for ten thousand numbers: SQLAlchemy compiles it once, and SQLite parses it once."""
    parameter = bindparam(name, type_=JSON().with_variant(ARRAY(BigInteger), "postgresql"))
    return numbers.bool_op("IN")(_ParameterRows(parameter))
