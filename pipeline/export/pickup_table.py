"""Pick-ups as a table in Parquet, of the columns of their record in docs/records.md."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

import pyarrow as pa
from pyarrow import parquet as pq

from pipeline.export.parquet_schema import WORD

ROWS = 8192
SCHEMA = pa.schema([
    ("story", pa.int64()), ("story_title", pa.string()), ("status", WORD), ("article", pa.int64()), ("outlet", WORD),
    ("url", pa.string()), ("published", pa.string()), ("minutes", pa.float64()), ("relation", WORD),
    ("headline_changed", pa.bool_()), ("share_kept", pa.float64()), ("words_added", pa.int32()), ("credit", WORD),
    ("agency", WORD), ("paragraphs_dropped", pa.int32()), ("corrected_after", pa.float64()), ("still_up", pa.bool_()),
    ("title", pa.string()), ("canonical", pa.bool_()),
])  # fmt: skip


def pickup_table(records: Iterable[Mapping[str, Any]]) -> bytes:
    """Return the records as the bytes of a Parquet file, a row each."""
    rows, file = iter(records), io.BytesIO()
    with pq.ParquetWriter(file, SCHEMA, compression="zstd") as writer:
        while batch := list(islice(rows, ROWS)):
            writer.write_table(pa.Table.from_pylist(batch, schema=SCHEMA))
    return file.getvalue()
