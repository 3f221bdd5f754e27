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

T = TypeVar("T")
# SQLite refuses statements with more variables than 32,766; PostgreSQL's limit is 65,535.
MOST_IN = 5000


def insert(connection: Connection, table: Table) -> Any:
    """INSERT with ON CONFLICT, in the dialect at hand."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def insert_all(connection: Connection, statement: Insert | Table, rows: Sequence[dict[str, Any]]) -> None:
    """Many rows in one round trip, with the columns of the first; no rows, no statement."""
    if not rows:
        return
    direct = _direct(statement, tuple(rows[0]), connection.dialect) if isinstance(statement, Table) else None
    if direct:
        connection.exec_driver_sql(direct.text, direct.filled(rows))
    else:
        connection.execute(statement if isinstance(statement, Insert) else statement.insert(), list(rows))


def lock_names(connection: Connection, names: Iterable[str]) -> None:
    """Let other transactions that lock one of these names wait until this one ends, in one order for all. SQLite has
    one writer at a time anyway."""
    if connection.dialect.name == "postgresql":
        for name in sorted(set(names)):
            connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


class _Direct(NamedTuple):
    """An INSERT as the driver takes it: its text, and the columns of its places, each with what converts its values."""

    text: str
    columns: Sequence[tuple[str, Callable[[Any], Any] | None]]

    def filled(self, rows: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
        columns = ([row[name] for row in rows] for name, _ in self.columns)
        made = (converted for _, converted in self.columns)
        return list(zip(*map(_converted, columns, made), strict=True))


def _converted(values: list[Any], made: Callable[[Any], Any] | None) -> list[Any]:
    """What the driver takes of these; what stands in many rows, as the time of a write does, is converted once."""
    if made is None:
        return values
    distinct = {id(value): value for value in values}
    ready = {key: made(value) for key, value in distinct.items()}
    return [ready[id(value)] for value in values]


@lru_cache(maxsize=128)
def _direct(table: Table, names: tuple[str, ...], dialect: Dialect) -> _Direct | None:
    """SQLAlchemy makes the parameters of every row anew, which costs SQLite more than to insert it. None where it must:
    of columns with defaults of its own, and of drivers that take parameters by name."""
    made = table.insert().compile(dialect=dialect, column_keys=names)
    if made.insert_prefetch or not made.positiontup:
        return None
    types = [table.c[name].type.dialect_impl(dialect) for name in made.positiontup]
    return _Direct(str(made), [(n, t.bind_processor(dialect)) for n, t in zip(made.positiontup, types, strict=True)])


def insert_numbered(connection: Connection, key: Column[int], rows: Sequence[dict[str, Any]]) -> list[int]:
    """Many rows into the table of ``key``, which the database counts; their numbers, in their order.

    For SQLite, SQLAlchemy would insert a row at a time to be sure of the order. There the transaction has the database
    to itself, and numbers are given in the order of the rows.
    """
    if not rows:
        return []
    if connection.dialect.name == "postgresql":
        given = key.table.insert().returning(key, sort_by_parameter_order=True)
        return list(connection.scalars(given, list(rows)))
    last = connection.scalar(select(func.max(key))) or 0
    insert_all(connection, key.table, rows)
    return list(connection.scalars(select(key).where(key > last).order_by(key)))


def in_parts(values: Iterable[T]) -> Iterator[list[T]]:
    """Distinct values in lists short enough for an IN clause."""
    distinct = list(dict.fromkeys(values))
    for start in range(0, len(distinct), MOST_IN):
        yield distinct[start : start + MOST_IN]


class _Every(FunctionElement[int]):
    """The numbers of one parameter, as rows."""

    inherit_cache = True


@compiles(_Every)
def _of_json(element: _Every, compiler: SQLCompiler, **options: Any) -> str:
    return f"(SELECT value FROM json_each({compiler.process(element.clauses, **options)}))"  # noqa: S608 - no value


@compiles(_Every, "postgresql")
def _of_array(element: _Every, compiler: SQLCompiler, **options: Any) -> str:
    return f"(SELECT unnest({compiler.process(element.clauses, **options)}))"


def among(numbers: ColumnElement[int], name: str = "ids") -> ColumnElement[bool]:
    """One of the whole numbers that the parameter ``name`` lists. Unlike an IN list it makes the same statement of ten
    and of ten thousand, that can be written down once: SQLAlchemy and SQLite then read it once."""
    given = bindparam(name, type_=JSON().with_variant(ARRAY(BigInteger), "postgresql"))
    return numbers.bool_op("IN")(_Every(given))
