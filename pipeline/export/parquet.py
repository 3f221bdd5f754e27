"""Parquet: stories, versions, copies and changes, a file a day and table; what is not to be used in ``tombstones``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date
from functools import partial
from typing import Any

import msgspec
import pyarrow as pa
from pyarrow import parquet as pq

from pipeline.export.dataset_card import croissant, readme
from pipeline.export.files import CountedFile, Manifest, Writer
from pipeline.export.jsonl import exporting
from pipeline.export.parquet_schema import CHANGES, TABLES, TOMBSTONES
from pipeline.read import Reader, Snapshot

# Rows of a row group, which are in memory at once: of texts, some 30 MB.
ROWS = 8192
COMPRESSION = "zstd"
_DECODE_TEXTS = msgspec.json.Decoder(list[list[str] | None]).decode
_DECODE_NUMBERS = msgspec.json.Decoder(list[list[int] | None]).decode


def export_parquet(reader: Reader, address: str, since: str = "") -> Manifest:
    """Write the tables, ``kills.jsonl``, the dataset's card and the manifest, of one view of the store.

    A file holds what belongs to a day: of stories, versions and copies that of the story's first sight, of changes that
    on which they were written. Raises as ``exporting`` does.
    """
    with exporting(reader, address, "parquet", since) as (view, export):
        for day in view.rows.story_days():
            tables = TABLES.items()
            export.write({_path(name, day): _day_writer(view, rows, schema, day) for name, (rows, schema) in tables})
        for day in view.rows.change_days():
            export.write({_path("changes", day): _day_writer(view, "change", CHANGES, day)})
        export.write({"tombstones.parquet": partial(_write_tombstones, view)})
        languages = view.rows.languages()
    export.write({"README.md": lambda file: _write_text(file, readme(export.heading, export.files, languages))})
    export.write({"croissant.json": lambda file: _write_text(file, croissant(export.heading, export.files))})
    return export.finish()


def write_table(file: CountedFile, schema: pa.Schema, tables: Iterable[pa.Table]) -> int:
    """Write tables of one schema, a row group each, and return their rows. Bytes are the same for the same tables."""
    rows = 0
    with pq.ParquetWriter(file, schema, compression=COMPRESSION) as writer:
        for table in tables:
            writer.write_table(table, row_group_size=ROWS)
            rows += table.num_rows
    return rows


def table_of(rows: Sequence[Sequence[Any]], schema: pa.Schema, day: date | None = None) -> pa.Table:
    """Return rows of a view as a table: of the day, where the schema has it as its first column."""
    columns = [*zip(*rows, strict=True)]
    if day is not None:
        columns.insert(0, (day,) * len(rows))
    return pa.Table.from_arrays(
        [_array(column, field.type) for column, field in zip(columns, schema, strict=True)], schema=schema
    )


def _path(name: str, day: date) -> str:
    return f"{name}/{day.isoformat()}.parquet"


def _day_writer(view: Snapshot, rows: Any, schema: pa.Schema, day: date) -> Writer:
    def write(file: CountedFile) -> int:
        batches = view.rows.values(rows, day, ROWS)
        return write_table(file, schema, (table_of(batch, schema, day) for batch in batches))

    return write


def _write_tombstones(view: Snapshot, file: CountedFile) -> int:
    return write_table(file, TOMBSTONES, (table_of(batch, TOMBSTONES) for batch in view.rows.tombstones(ROWS)))


def _write_text(file: CountedFile, text: str) -> int:
    file.write(text.encode())
    return 1


def _array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    if pa.types.is_list(kind):
        return _list_array(pa.array(values, pa.string()), kind)
    if pa.types.is_timestamp(kind) and any(isinstance(value, str) for value in values):
        # Of SQLite: in UTC, without a zone.
        return pa.array(values, pa.string()).cast(pa.timestamp(kind.unit)).cast(kind)
    if pa.types.is_boolean(kind):
        return pa.array([None if value is None else bool(value) for value in values], kind)
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
