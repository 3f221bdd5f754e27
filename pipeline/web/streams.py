"""Answers that are files; long ones in chunks: each piece that a server is handed costs it a change of threads,
whatever its size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from fastapi.responses import StreamingResponse

from pipeline.csv_rows import csv_lines

# Bytes of a chunk, at least.
CHUNK = 65_536


def in_chunks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield these bytes in chunks of CHUNK, the last one smaller; nothing of nothing."""
    buffer = bytearray()
    for piece in pieces:
        buffer += piece
        if len(buffer) >= CHUNK:
            yield bytes(buffer)
            buffer.clear()
    if buffer:
        yield bytes(buffer)


def file_answer(pieces: Iterable[bytes], name: str, media_type: str) -> StreamingResponse:
    """Return an answer that a browser saves as a file of this name."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(in_chunks(pieces), media_type=media_type, headers=headers)


def csv_answer(columns: Sequence[str], records: Iterable[Mapping[str, Any]], name: str) -> StreamingResponse:
    """Return records as a table for a spreadsheet."""
    return file_answer(_csv_bytes(columns, records), name, "text/csv; charset=utf-8")


def _csv_bytes(columns: Sequence[str], records: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    # Without a byte order mark spreadsheets read UTF-8 as something else.
    yield "\ufeff".encode()
    for line in csv_lines(columns, records):
        yield line.encode()
