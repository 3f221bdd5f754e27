"""Long answers in chunks: each piece that a server is handed costs it a change of threads, whatever its size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

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
