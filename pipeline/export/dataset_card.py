"""The cards of a Parquet export: a README as dataset hubs show it, and Croissant (mlcommons.org/croissant/1.0)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from pipeline.export.files import ExportedFile, Heading
from pipeline.export.parquet_schema import SCHEMAS, TIME, WORD

RIGHTS = (
    "The texts are their publishers' and agencies': this data set gives no licence to them. Per page, `copies` has the "
    "licence that it names, the reservations that it makes (`signals`), and why its text is not kept (`withheld`)."
)
ABOUT = {
    "stories": "a story, with the number of its copies",
    "versions": "a version of a story's text; title, body and digest are null where it is not to be used",
    "copies": "a page that carries a story, and its relation to it",
    "changes": "a line of the change log",
    "tombstones": "a text that is not to be used, or a story that was merged into another (`level`)",
}
DESCRIPTION = "Syndicated news stories, each once, with the copies that outlets published of it."
MEDIA_TYPE = "application/x-parquet"
_CROISSANT_WORDS = (
    "citeAs column equivalentProperty extract field fileProperty fileObject fileSet format includes isLiveDataset "
    "jsonPath key md5 parentField path recordSet references regex repeated replace samplingRate separator source "
    "subField transform"
)
CONTEXT: Mapping[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{word: f"cr:{word}" for word in _CROISSANT_WORDS.split()},
}
DATA_TYPES = (
    (pa.types.is_integer, "sc:Integer"),
    (pa.types.is_floating, "sc:Float"),
    (pa.types.is_boolean, "sc:Boolean"),
    (pa.types.is_timestamp, "sc:DateTime"),
    (pa.types.is_date, "sc:Date"),
)
TYPE_NAMES = {WORD: "dictionary of string", TIME: "timestamp", pa.date32(): "date"}


def readme(heading: Heading, files: Sequence[ExportedFile], languages: Sequence[str]) -> str:
    """Return the card as Markdown, with metadata in front that name the tables to whoever loads the data set."""
    tables = _tables(files)
    front = {"pretty_name": "Copydesk stories", "license": "other", "license_name": "rights-of-the-publishers"}
    lines = [
        *(f"{name}: {value}" for name, value in front.items()),
        "language:",
        *(f"- {json.dumps(lang)}" for lang in languages),
    ]
    lines = lines if languages else lines[:-1]
    lines += ["configs:", *(line for name in tables for line in _config_lines(name))]
    rows = "\n".join(f"| `{_pattern(name)}` | {_rows(tables[name]):,} | {ABOUT[name]} |" for name in tables)
    columns = "\n".join(f"- `{name}`: {', '.join(_column(field) for field in SCHEMAS[name])}" for name in tables)
    scope = f"The stories that changed behind the cursor `{heading.since}`" if heading.since else "All stories"
    return CARD.format(
        front="\n".join(lines),
        description=DESCRIPTION,
        scope=scope,
        heading=heading,
        rows=rows,
        columns=columns,
        rights=RIGHTS,
    )


CARD = """---
{front}
---
# Copydesk stories

{description} {scope} of the store `{heading.store}`, as they were at the cursor `{heading.cursor}`.

| files | rows | a row is |
| --- | --- | --- |
{rows}

A file holds a day, in UTC: that of the story's first sight, of `changes` that of the line. Times are UTC, to the
microsecond. `kills.jsonl` lists the texts that are not to be used: drop them from whatever was made of an export
before. `manifest.json` has the SHA-256 and the rows of each file.

## Columns

{columns}

## Rights

{rights}
"""


def croissant(heading: Heading, files: Sequence[ExportedFile]) -> str:
    """Return the card as JSON-LD: each file with its SHA-256, each table with its columns and their types."""
    tables = _tables(files)
    days = [file.name.partition("/")[2].removesuffix(".parquet") for file in files if "/" in file.name]
    card = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": "copydesk-stories",
        "description": DESCRIPTION,
        "license": RIGHTS,
        "url": f"urn:uuid:{heading.store}",
        "version": "1.0.0",
        "datePublished": max(days, default="1970-01-01"),
        "citeAs": f"Copydesk store {heading.store}, cursor {heading.cursor}",
        "distribution": [entry for name in tables for entry in _distribution(name, tables[name])],
        "recordSet": [_record_set(name) for name in tables],
    }
    return json.dumps(card, indent=1) + "\n"


def _tables(files: Sequence[ExportedFile]) -> dict[str, list[ExportedFile]]:
    """Return the files of each table that has one."""
    tables = {name: [file for file in files if _is_of(file, name)] for name in SCHEMAS}
    return {name: parts for name, parts in tables.items() if parts}


def _is_of(file: ExportedFile, table: str) -> bool:
    return file.name.endswith(".parquet") and file.name.removesuffix(".parquet").split("/")[0] == table


def _rows(files: Sequence[ExportedFile]) -> int:
    return sum(file.rows for file in files)


def _pattern(table: str) -> str:
    return "tombstones.parquet" if table == "tombstones" else f"{table}/*.parquet"


def _config_lines(table: str) -> Iterator[str]:
    yield f"- config_name: {table}"
    if table == "stories":
        yield "  default: true"
    yield from ("  data_files:", "  - split: train", f"    path: {_pattern(table)}")


def _column(field: pa.Field) -> str:
    return f"{field.name} ({_type_name(field.type)})"


def _type_name(kind: pa.DataType) -> str:
    if pa.types.is_list(kind):
        return f"list of {_type_name(kind.value_type)}"
    return TYPE_NAMES.get(kind, str(kind))


def _distribution(table: str, files: Sequence[ExportedFile]) -> Iterator[dict[str, Any]]:
    for file in files:
        yield {
            "@type": "cr:FileObject", "@id": file.name, "name": file.name, "contentUrl": file.name,
            "encodingFormat": MEDIA_TYPE, "contentSize": f"{file.bytes} B", "sha256": file.sha256,
        }  # fmt: skip
    pattern = {"encodingFormat": MEDIA_TYPE, "includes": _pattern(table)}
    yield {
        "@type": "cr:FileSet",
        "@id": f"{table}-files",
        "name": f"{table}-files",
        "description": ABOUT[table],
        **pattern,
    }


def _record_set(table: str) -> dict[str, Any]:
    fields = [_field(table, field) for field in SCHEMAS[table]]
    return {"@type": "cr:RecordSet", "@id": table, "name": table, "description": ABOUT[table], "field": fields}


def _field(table: str, field: pa.Field) -> dict[str, Any]:
    is_list = pa.types.is_list(field.type)
    source = {"fileSet": {"@id": f"{table}-files"}, "extract": {"column": field.name}}
    name = f"{table}/{field.name}"
    return {
        "@type": "cr:Field", "@id": name, "name": name, "dataType": _data_type(field.type), "source": source,
        **({"repeated": True} if is_list else {}),
    }  # fmt: skip


def _data_type(kind: pa.DataType) -> str:
    value = kind.value_type if pa.types.is_list(kind) else kind
    return next((name for is_kind, name in DATA_TYPES if is_kind(value)), "sc:Text")
