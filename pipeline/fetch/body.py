"""Bodies against a cap: one gzip layer, opened in steps, and known to have reached its end.

What the head calls a content coding is believed if the body bears it out: stores of objects send "aws-chunked", others
the name of a charset, and some say gzip of what is plain.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Awaitable, Callable

from pipeline.model import Outcome

GZIP = ("gzip", "x-gzip")
GZIP_MAGIC = b"\x1f\x8b"
# Names of IANA's registry of content codings, less identity; any other name is none.
CODINGS = frozenset(
    (*GZIP, "aes128gcm", "br", "compress", "x-compress", "dcb", "dcz", "deflate", "exi", "pack200-gzip", "zstd")
)
# A page or a feed begins so; packed bytes have control characters among their first.
MARKUP_START = re.compile(rb"(?:\xef\xbb\xbf)?\s*[<{\[]")
WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")
CONTROL = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f\x7f]")
FIRST_BYTES = 64
STEP = 65_536


class BodyRefused(Exception):
    """A body that cannot be used, and how the fetch ends because of it."""

    def __init__(self, outcome: Outcome, detail: str) -> None:
        super().__init__(detail)
        self.outcome = outcome
        self.detail = detail


async def read_body(read: Callable[[], Awaitable[bytes]], coding: str, most: int, *, cut: bool = False) -> bytes:
    """Return the decoded body, at most ``most`` bytes; with ``cut`` the first of a longer one. Raises BodyRefused.

    ``read`` gives the next of it, nothing at its end.
    """
    first = await read()
    sink = _sink(coding, first, most) if coding else _Plain(most)
    try:
        chunk = first
        while chunk:
            sink.feed(chunk)
            chunk = await read()
    except BodyRefused as error:
        if not cut or error.outcome is not Outcome.TOO_LARGE:
            raise
        return b"".join(sink.parts)[:most]
    return sink.finish()


def _sink(coding: str, first: bytes, most: int) -> _Plain:
    """Return what decodes a body of that Content-Encoding which begins so. Raises BodyRefused."""
    names = [part.strip().lower() for part in coding.split(",")]
    codings = [name for name in names if name in CODINGS]
    if not codings and first.startswith(GZIP_MAGIC):
        return _Gunzip(most)
    if not first or _is_plain(first, certain=bool(codings)):
        return _Plain(most)
    if len(codings) == 1 and codings[0] in GZIP:
        return _Gunzip(most)
    raise BodyRefused(Outcome.BAD_ENCODING, f"content coding {coding!r} was not asked for")


def _is_plain(first: bytes, *, certain: bool) -> bool:
    """Return whether a body begins as a text; for ``certain`` it must be that of a page or a feed."""
    if first.startswith(WIDE_MARKS):
        return not certain
    return not CONTROL.search(first[:FIRST_BYTES]) and (not certain or MARKUP_START.match(first) is not None)


class _Plain:
    def __init__(self, most: int) -> None:
        self.most = most
        self.parts: list[bytes] = []
        self._size = 0

    def add(self, data: bytes) -> None:
        self.parts.append(data)
        self._size += len(data)
        if self._size > self.most:
            raise BodyRefused(Outcome.TOO_LARGE, f"more than {self.most} bytes")

    def feed(self, chunk: bytes) -> None:
        self.add(chunk)

    def finish(self) -> bytes:
        return b"".join(self.parts)


class _Gunzip(_Plain):
    """RFC 1952: members may follow one another; what follows the last is ignored, as zlib's own tools do."""

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self._member = zlib.decompressobj(31)
        self._begun = False

    def feed(self, chunk: bytes) -> None:
        rest = chunk
        while rest:
            if self._member.eof:
                if not rest.startswith(GZIP_MAGIC[: len(rest)]):
                    return
                self._member, self._begun = zlib.decompressobj(31), False
            rest = self._step(rest)

    def _step(self, data: bytes) -> bytes:
        self._begun = True
        try:
            self.add(self._member.decompress(data, STEP))
        except zlib.error as error:
            raise BodyRefused(Outcome.BAD_ENCODING, f"not gzip: {error}") from None
        return self._member.unconsumed_tail or self._member.unused_data

    def finish(self) -> bytes:
        if self._begun and not self._member.eof:
            raise BodyRefused(Outcome.TRUNCATED, "the gzip stream ends early")
        return b"".join(self.parts)
