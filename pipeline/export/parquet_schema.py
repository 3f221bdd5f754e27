"""The tables of the Parquet export: columns of the SQL views, with their types."""

from __future__ import annotations

import pyarrow as pa

TIME = pa.timestamp("us", tz="UTC")
# Few values, over and over.
WORD = pa.dictionary(pa.int32(), pa.string())
TEXTS = pa.list_(pa.string())
NUMBERS = pa.list_(pa.int64())

DAY = ("day", pa.date32())
STORIES = pa.schema([
    DAY, ("story", pa.int64()), ("uri", pa.string()), ("status", WORD), ("successor", pa.int64()),
    ("revision", pa.int32()), ("title", pa.string()), ("agency", WORD), ("lang", WORD), ("first_seen", TIME),
    ("updated", TIME), ("version", pa.int32()), ("kind", WORD), ("digest", pa.string()), ("article", pa.int64()),
    ("outlet", WORD), ("url", pa.string()), ("byline", TEXTS), ("deck", pa.string()), ("place", WORD),
    ("section", WORD), ("published", pa.string()), ("published_utc", TIME), ("published_precision", WORD),
    ("copies", pa.int32()), ("outlets", pa.int32()),
])  # fmt: skip
VERSIONS = pa.schema([
    DAY, ("story", pa.int64()), ("version", pa.int32()), ("kind", WORD), ("article", pa.int64()),
    ("title", pa.string()), ("body", TEXTS), ("support", NUMBERS), ("digest", pa.string()), ("reason", WORD),
    ("created", TIME), ("in_force", pa.bool_()), ("removed", TIME),
])  # fmt: skip
COPIES = pa.schema([
    DAY, ("article", pa.int64()), ("story", pa.int64()), ("outlet", WORD), ("url", pa.string()),
    ("url_key", pa.string()), ("title", pa.string()), ("lang", WORD), ("byline", TEXTS), ("agency", WORD),
    ("relation", WORD), ("edition", pa.int32()), ("score", pa.float64()), ("reason", WORD), ("first_seen", TIME),
    ("published", pa.string()), ("published_utc", TIME), ("published_precision", WORD), ("licence", WORD),
    ("signals", TEXTS), ("withheld", WORD), ("canonical", pa.bool_()),
])  # fmt: skip
CHANGES = pa.schema([
    DAY, ("seq", pa.int64()), ("tx", pa.int64()), ("at", TIME), ("kind", WORD), ("story", pa.int64()),
    ("other", pa.int64()), ("articles", NUMBERS), ("version", pa.int32()), ("revision", pa.int32()),
    ("status", WORD), ("digest", pa.string()), ("changed", TEXTS), ("by", WORD), ("reason", WORD),
    ("tag", pa.string()), ("cursor", pa.string()),
])  # fmt: skip
TOMBSTONES = pa.schema([
    ("story", pa.int64()), ("uri", pa.string()), ("version", pa.int32()), ("level", WORD), ("at", TIME), ("by", WORD),
    ("reason", pa.string()), ("successor", pa.int64()),
])  # fmt: skip
# By the folder of each table, with the view whose rows it holds.
TABLES = {"stories": ("story", STORIES), "versions": ("version", VERSIONS), "copies": ("copy", COPIES)}
SCHEMAS = {**{name: schema for name, (_, schema) in TABLES.items()}, "changes": CHANGES, "tombstones": TOMBSTONES}
