"""Column types and naming that all tables share: UTC times, paragraphs, ids, constraints."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    TypeDecorator,
)


class UtcDateTime(TypeDecorator[datetime]):
    """Column type of an aware datetime, stored in UTC and read as UTC; SQLite stores it without a zone, as text."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any] | None:
        return _as_text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None] | None:
        return _from_text if dialect.name == "sqlite" else super().result_processor(dialect, coltype)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _as_text(value: datetime | None) -> str | None:
    """Format a time as SQLAlchemy does, which formats field by field and takes six times as long."""
    return None if value is None else value.astimezone(UTC).isoformat(" ", "microseconds")[:26]


def _from_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value + "+00:00")


_DECODER = json.JSONDecoder()
# Decoded texts kept in memory (some 8 KB each), and the longest stored text that is kept, in characters.
CACHED_TEXTS, LONGEST_CACHED = 2048, 16_000


def read_json(stored: str) -> Any:
    """Decode JSON that the store wrote, without blanks around it. Raises ValueError where it is not JSON.

    json.loads takes longer to look for blanks than to decode a short list.
    """
    return _DECODER.raw_decode(stored)[0]


def write_json(value: Any) -> str:
    """Encode a value as the store keeps JSON: characters of every script as they are, so that SQL finds them.

    A lone half of a surrogate pair, which UTF-8 cannot hold, makes the whole value ASCII with escapes.
    """
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value)
    return text


class Paragraphs(TypeDecorator[tuple[str, ...]]):
    """Column type of a text's paragraphs: a tuple of strings, stored as a JSON list.

    Copies of a story are read again for each that joins it: the reads return the same objects as before, so that
    neither comparing nor caching them reads the text.
    """

    impl = JSON
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], tuple[str, ...] | None] | None:
        return _paragraphs if dialect.name == "sqlite" else super().result_processor(dialect, coltype)

    def process_result_value(self, value: Sequence[str] | None, dialect: Dialect) -> tuple[str, ...] | None:
        return None if value is None else tuple(value)


def _paragraphs(stored: str | None) -> tuple[str, ...] | None:
    if stored is None:
        return None
    return _cached_paragraphs(stored) if len(stored) <= LONGEST_CACHED else tuple(read_json(stored))


@lru_cache(maxsize=CACHED_TEXTS)
def _cached_paragraphs(stored: str) -> tuple[str, ...]:
    return tuple(read_json(stored))


BigId = BigInteger().with_variant(Integer, "sqlite")
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMES)


def id_column() -> Column[int]:
    """Return the primary key ``id``, a 64-bit integer that the database counts up."""
    return Column("id", BigId, primary_key=True, autoincrement=True)


def reference(name: str, target: str, **options: Any) -> Column[int]:
    """Return a foreign key to ``target`` (``table.column``); ``options`` are those of Column."""
    return Column(name, BigId, ForeignKey(target), **options)


def moment_columns(name: str, *, index: bool = False) -> list[Column[Any]]:
    """Return a Moment's columns: the time as written, its precision, what it was read from, and its UTC instant.

    Times as written have offsets: only the instants are in order of time. ``index``: of the instants.
    """
    written = [Column(name, String(40)), Column(f"{name}_precision", String(8)), Column(f"{name}_basis", String(10))]
    return [*written, Column(f"{name}_utc", UtcDateTime, index=index)]


def table(name: str, *parts: Any) -> Table:
    """Return a table whose ids are never reused, even after a row is deleted (SQLite would reuse the last one)."""
    return Table(name, metadata, *parts, sqlite_autoincrement=True)
