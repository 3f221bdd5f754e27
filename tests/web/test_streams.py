"""Long answers leave in chunks, byte for byte what they are made of."""

from __future__ import annotations

from pipeline.web.streams import CHUNK, in_chunks


def test_pieces_leave_in_chunks_in_their_order() -> None:
    pieces = [b"%07d\n" % number for number in range(20_000)]
    chunks = list(in_chunks(pieces))
    assert b"".join(chunks) == b"".join(pieces)
    assert [len(chunk) >= CHUNK for chunk in chunks] == [True, True, False]


def test_nothing_is_no_chunk() -> None:
    assert list(in_chunks([])) == list(in_chunks([b""])) == []
