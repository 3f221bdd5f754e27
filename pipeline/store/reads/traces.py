"""Where texts are stored: every cell of every table, and the bytes of the database's files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Column, String, Table, Text, cast, select

from pipeline.store.database import Database
from pipeline.store.schema.columns import Paragraphs, metadata
from pipeline.store.schema.tables import article, copy, version

# Bytes of a file that are searched at once, and rows that are read at once.
CHUNK = 1 << 20
ROWS = 500


def texts_of(store: Database, story_id: int) -> list[str]:
    """Return every headline, standfirst and paragraph of a story's versions and copies, each once."""
    of_copies = select(article.c.title, article.c.deck, article.c.body).join(copy).where(copy.c.story_id == story_id)
    of_versions = select(version.c.title, version.c.body).where(version.c.story_id == story_id)
    with store.reading() as db:
        copies, versions = db.execute(of_copies).all(), db.execute(of_versions).all()
    rows = [(row.title, row.deck, *row.body) for row in copies] + [(row.title, *row.body) for row in versions]
    return list(dict.fromkeys(text for row in rows for text in row if text))


def rows_with(store: Database, texts: Sequence[str]) -> Iterator[str]:
    """Yield the place of each cell that holds one of these texts: table, column and key of the row."""
    forms = list(stored_forms(texts))
    for table in metadata.sorted_tables:
        columns = [column for column in table.c if isinstance(column.type, (Text, String, JSON, Paragraphs))]
        yield from _cells_with(store, table, columns, forms) if columns else ()


def stored_forms(texts: Sequence[str]) -> Iterator[str]:
    """Yield each text as it stands in a cell: plain, and in JSON with and without escapes."""
    for text in texts:
        forms = (text, json.dumps(text, ensure_ascii=False)[1:-1], json.dumps(text)[1:-1])
        yield from dict.fromkeys(forms)


def _cells_with(store: Database, table: Table, columns: Sequence[Column[Any]], forms: Sequence[str]) -> Iterator[str]:
    keys = list(table.primary_key.columns)
    query = select(*keys, *(cast(column, Text).label(f"text_{column.name}") for column in columns))
    with store.reading() as db:
        for row in db.execution_options(yield_per=ROWS).execute(query).mappings():
            for column in columns:
                stored = row[f"text_{column.name}"] or ""
                if any(form in stored for form in forms):
                    yield f"{table.name}.{column.name} of {' '.join(str(row[key.name]) for key in keys)}"


def file_bytes_with(store: Database, texts: Sequence[str]) -> Iterator[str]:
    """Yield the files of a SQLite database whose bytes hold one of these texts; of a server none can be read."""
    if store.engine.dialect.name != "sqlite" or not store.engine.url.database:
        return
    forms = [form.encode("utf-8", "surrogatepass") for form in stored_forms(texts)]
    path = Path(store.engine.url.database)
    for file in (path, path.with_name(path.name + "-wal")):
        if file.exists() and _holds(file, forms):
            yield str(file)


def _holds(file: Path, forms: Sequence[bytes]) -> bool:
    overlap, tail = max(map(len, forms), default=0), b""
    with file.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            window = tail + chunk
            if any(form in window for form in forms):
                return True
            tail = window[-overlap:]
    return False
