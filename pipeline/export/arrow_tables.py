"""Rows as a database gives them, as tables of Arrow."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec
import pyarrow as pa
from pyarrow import csv

from pipeline.read.raw_rows import RawRows

# An empty text is in quotes, null is nothing at all.
_CELLS: Any = {
    "null_values": [""], "strings_can_be_null": True, "quoted_strings_can_be_null": False,
    "true_values": ["t"], "false_values": ["f"],
}  # fmt: skip
_DECODE_TEXTS = msgspec.json.Decoder(list[list[str] | None]).decode
_DECODE_NUMBERS = msgspec.json.Decoder(list[list[int] | None]).decode


def table_of(rows: RawRows, schema: pa.Schema, day: date | None = None) -> pa.Table:
    """Return rows as a table: of the day, where the schema has it as its first column."""
    fields = [field for field in schema if day is None or field.name != "day"]
    columns = _parsed(rows, fields) if isinstance(rows, bytes) else _converted(rows, fields)
    days = [] if day is None else [pa.repeat(pa.scalar(day, pa.date32()), len(columns[0]))]
    return pa.Table.from_arrays([*days, *columns], schema=schema)


def _parsed(lines: bytes, fields: Sequence[pa.Field]) -> list[pa.Array]:
    """Return the columns of lines of CSV; a list is JSON."""
    types = {field.name: pa.string() if pa.types.is_list(field.type) else field.type for field in fields}
    table = csv.read_csv(
        pa.BufferReader(lines),
        csv.ReadOptions(column_names=list(types), use_threads=False, block_size=len(lines) + 1),
        csv.ParseOptions(newlines_in_values=True),
        csv.ConvertOptions(column_types=types, **_CELLS),
    )
    columns = zip((column.combine_chunks() for column in table.columns), fields, strict=True)
    return [_list_array(column, field.type) if pa.types.is_list(field.type) else column for column, field in columns]


def _converted(rows: Sequence[Sequence[Any]], fields: Sequence[pa.Field]) -> list[pa.Array]:
    """Return the columns of SQLite's values: a list is JSON, a time a text in UTC without a zone, truth 0 or 1."""
    return [_array(values, field.type) for values, field in zip(zip(*rows, strict=True), fields, strict=True)]


def _array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    if pa.types.is_list(kind):
        return _list_array(pa.array(values, pa.string()), kind)
    if pa.types.is_dictionary(kind):
        return pa.array(values, kind.value_type).dictionary_encode()
    if pa.types.is_timestamp(kind):
        return pa.array(values, pa.string()).cast(pa.timestamp(kind.unit)).cast(kind)
    if pa.types.is_boolean(kind):
        return pa.array(values, pa.int8()).cast(kind)
    return pa.array(values, kind)


def _list_array(values: pa.Array, kind: pa.DataType) -> pa.Array:
    """Return lists that the database gives as JSON. Of bylines, support and fields that changed most are alike: each is
    decoded once."""
    distinct = values.dictionary_encode()
    return pa.array(_lists(distinct.dictionary.to_pylist(), kind.value_type), kind).take(distinct.indices)


def _lists(values: Sequence[str | None], kind: pa.DataType) -> Sequence[list[Any] | None]:
    """Return lists of texts or numbers, which the database gives as JSON; at once, since that is faster."""
    lists = f"[{','.join(value or 'null' for value in values)}]"
    if kind != pa.string():
        return _DECODE_NUMBERS(lists)
    try:
        return _DECODE_TEXTS(lists)
    except msgspec.DecodeError:
        # A lone half of a surrogate pair, which no UTF-8 can hold.
        return [value and [text.encode("utf-8", "replace").decode() for text in value] for value in json.loads(lists)]
