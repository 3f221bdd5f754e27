"""Bodies against a cap: one gzip layer, opened in steps, and known to have reached its end."""

from __future__ import annotations

import zlib
from collections.abc import Awaitable, Callable

from pipeline.model import Outcome

GZIP = ("gzip", "x-gzip")
GZIP_MAGIC = b"\x1f\x8b"
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
    codings = _codings(coding) if coding else []
    if len(codings) > 1 or (codings and codings[0] not in GZIP):
        raise BodyRefused(Outcome.BAD_ENCODING, f"content coding {coding!r} was not asked for")
    sink = _Gunzip(most) if codings else _Plain(most)
    try:
        while chunk := await read():
            sink.feed(chunk)
    except BodyRefused as error:
        if not cut or error.outcome is not Outcome.TOO_LARGE:
            raise
        return b"".join(sink.parts)[:most]
    return sink.finish()


def _codings(coding: str) -> list[str]:
    return [name for name in (part.strip().lower() for part in coding.split(",")) if name and name != "identity"]


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
