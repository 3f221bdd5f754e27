"""Parquet: stories, versions, copies and changes, a file a day and table; what is not to be used in ``tombstones``."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import partial
from typing import Any

import pyarrow as pa
from pyarrow import parquet as pq

from pipeline.export.arrow_tables import table_of
from pipeline.export.dataset_card import croissant, readme
from pipeline.export.files import CountedFile, Manifest, Writer
from pipeline.export.jsonl import exporting
from pipeline.export.parquet_schema import CHANGES, TABLES, TOMBSTONES
from pipeline.read import Reader, Snapshot

# Rows of a row group, which are in memory at once: of texts, some 30 MB.
ROWS = 8192
COMPRESSION = "zstd"


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


def _path(name: str, day: date) -> str:
    return f"{name}/{day.isoformat()}.parquet"


def _day_writer(view: Snapshot, rows: Any, schema: pa.Schema, day: date) -> Writer:
    def write(file: CountedFile) -> int:
        batches = view.rows.raw(rows, day, ROWS)
        return write_table(file, schema, (table_of(batch, schema, day) for batch in batches))

    return write


def _write_tombstones(view: Snapshot, file: CountedFile) -> int:
    return write_table(file, TOMBSTONES, (table_of(batch, TOMBSTONES) for batch in view.rows.tombstones(ROWS)))


def _write_text(file: CountedFile, text: str) -> int:
    file.write(text.encode())
    return 1
