"""What all tables are made of: UTC times, paragraphs, ids, names of constraints."""

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
    """An aware datetime, stored as UTC; SQLite has no zones of its own."""

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
    """As SQLAlchemy writes it, which formats field by field at six times the cost."""
    return None if value is None else value.astimezone(UTC).isoformat(" ", "microseconds")[:26]


def _from_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value + "+00:00")


_DECODER = json.JSONDecoder()
# Of texts that are not longer, so many are kept as they were read: some 8 KB each.
KEPT, KEPT_LENGTH = 2048, 16_000


def read_json(stored: str) -> Any:
    """What the store wrote has no blanks around it, which json.loads looks for longer than it reads a short list."""
    return _DECODER.raw_decode(stored)[0]


class Paragraphs(TypeDecorator[tuple[str, ...]]):
    """A text's paragraphs, stored as a list. Copies of a story are read again for each that joins it: then they are the
    very objects that were read before, which are told to be equal, and found in what is kept of them, at a glance."""

    impl = JSON
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], tuple[str, ...] | None] | None:
        return _paragraphs if dialect.name == "sqlite" else super().result_processor(dialect, coltype)

    def process_result_value(self, value: Sequence[str] | None, dialect: Dialect) -> tuple[str, ...] | None:
        return None if value is None else tuple(value)


def _paragraphs(stored: str | None) -> tuple[str, ...] | None:
    if stored is None:
        return None
    return _read_before(stored) if len(stored) <= KEPT_LENGTH else tuple(read_json(stored))


@lru_cache(maxsize=KEPT)
def _read_before(stored: str) -> tuple[str, ...]:
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
    """A row's number, never used again."""
    return Column("id", BigId, primary_key=True, autoincrement=True)


def reference(name: str, target: str, **options: Any) -> Column[int]:
    """The id of a row of another table."""
    return Column(name, BigId, ForeignKey(target), **options)


def moment_columns(name: str) -> list[Column[Any]]:
    """A Moment: as it was written, how finely it is known, and what it was read from."""
    return [Column(name, String(40)), Column(f"{name}_precision", String(8)), Column(f"{name}_basis", String(10))]


def table(name: str, *parts: Any) -> Table:
    """A table whose ids are never used again."""
    return Table(name, metadata, *parts, sqlite_autoincrement=True)
