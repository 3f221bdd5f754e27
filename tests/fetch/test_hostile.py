"""A server that means harm: each case ends in time with its own name, and with little memory."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from pipeline.config import FetchConfig
from pipeline.fetch.client import Client
from pipeline.model import FetchResult, Outcome, Validators

DEADLINE = 1.0
GRACE = 1.0
MOST = 1_000_000
MEMORY = 64_000_000
TEXT = b"<p>hello</p>"
OK = b"HTTP/1.1 200 OK\r\n"
Script = Callable[[asyncio.StreamWriter], Awaitable[None]]


def reply(*parts: bytes) -> Script:
    async def script(writer: asyncio.StreamWriter) -> None:
        writer.write(b"".join(parts))
        await writer.drain()

    return script


def forever(head: bytes, piece: bytes) -> Script:
    async def script(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while not writer.is_closing():
            writer.write(piece)
            await writer.drain()

    return script


def dripped(head: bytes, piece: bytes) -> Script:
    """A little, again and again, so that no single read ever waits long."""

    async def script(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while not writer.is_closing():
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.05)

    return script


def stalled(head: bytes) -> Script:
    async def script(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        await writer.drain()
        await asyncio.Event().wait()

    return script


def full(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    lines = [b"HTTP/1.1 " + status, b"Content-Length: " + str(len(body)).encode(), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def onward(location: bytes) -> Script:
    return reply(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: ", location, b"\r\n\r\n")


CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
GZIPPED = b"Content-Encoding: gzip"
PACKED = gzip.compress(TEXT)
BOMB = gzip.compress(bytes(50_000_000), 9)
RAW = zlib.compressobj(9, zlib.DEFLATED, -15)

CASES: dict[str, tuple[Script, Outcome]] = {
    "gzip bomb": (reply(full(BOMB, GZIPPED)), Outcome.TOO_LARGE),
    "gzip bomb of many members": (reply(full(gzip.compress(bytes(600)) * 40_000, GZIPPED)), Outcome.TOO_LARGE),
    "gzip bomb in chunks": (forever(CHUNKED[:-2] + GZIPPED + b"\r\n\r\n", b"%x\r\n%s\r\n" % (len(BOMB), BOMB)), Outcome.TOO_LARGE),
    "stacked gzip": (reply(full(gzip.compress(PACKED), b"Content-Encoding: gzip, gzip")), Outcome.BAD_ENCODING),
    "brotli": (reply(full(b"\x1b\x0b\x00", b"Content-Encoding: br")), Outcome.BAD_ENCODING),
    "zstd": (reply(full(b"\x28\xb5\x2f\xfd", b"Content-Encoding: zstd")), Outcome.BAD_ENCODING),
    "raw deflate": (reply(full(RAW.compress(TEXT) + RAW.flush(), b"Content-Encoding: deflate")), Outcome.BAD_ENCODING),
    "encrypted": (reply(full(b"\x8f\x01\x00\x10" * 20, b"Content-Encoding: aes128gcm")), Outcome.BAD_ENCODING),
    "packed by an unknown name": (reply(full(b"\x28\xb5\x2f\xfd\x04\x00", b"Content-Encoding: squeeze")), Outcome.BAD_ENCODING),
    "coding that is none": (reply(full(TEXT, b"Content-Encoding: identity")), Outcome.OK),
    "not gzip": (reply(full(b"\x78\x9c\x03\x00" * 9, GZIPPED)), Outcome.BAD_ENCODING),
    "truncated gzip": (reply(full(PACKED[:-6], GZIPPED)), Outcome.TRUNCATED),
    "gzip with a wrong checksum": (reply(full(PACKED[:-8] + bytes(8), GZIPPED)), Outcome.BAD_ENCODING),
    "gzip and then rubbish": (reply(full(PACKED + b"rubbish", GZIPPED)), Outcome.OK),
    "gzip that stalls": (stalled(OK + b"Content-Length: 999\r\n" + GZIPPED + b"\r\n\r\n" + PACKED[:10]), Outcome.TIMEOUT),
    "no byte of gzip": (reply(full(b"", GZIPPED)), Outcome.EMPTY),
    "infinite body": (forever(OK + b"\r\n", b"x" * 65_536), Outcome.TOO_LARGE),
    "infinite chunks": (forever(CHUNKED, b"10000\r\n" + b"x" * 65_536 + b"\r\n"), Outcome.TOO_LARGE),
    "infinite trailers": (forever(CHUNKED + b"0\r\n", b"X-More: 1\r\n" * 500), Outcome.PROTOCOL),
    "drip in the head": (dripped(OK, b"X"), Outcome.TIMEOUT),
    "drip of headers": (dripped(OK, b"X-More: 1\r\n"), Outcome.TIMEOUT),
    "drip in the body": (dripped(OK + b"Content-Length: 5000\r\n\r\n", b"x"), Outcome.TIMEOUT),
    "drip of chunks": (dripped(CHUNKED, b"1\r\nx\r\n"), Outcome.TIMEOUT),
    "drip of a chunk's size": (dripped(CHUNKED, b"0"), Outcome.TIMEOUT),
    "silence": (stalled(b""), Outcome.TIMEOUT),
    "silence after the head": (stalled(OK + b"Content-Length: 5\r\n\r\n"), Outcome.TIMEOUT),
    "hangs up": (reply(b""), Outcome.TRUNCATED),
    "hangs up in the head": (reply(OK, b"Content-"), Outcome.TRUNCATED),
    "redirect to itself": (onward(b"/redirect%20to%20itself"), Outcome.REDIRECT_LOOP),
    "redirects without end": (onward(b"/redirects%20without%20end?x"), Outcome.REDIRECT_LOOP),
    "redirect to loopback": (onward(b"http://127.0.0.1:22/"), Outcome.GUARD),
    "redirect to metadata": (onward(b"http://169.254.169.254/latest/meta-data"), Outcome.GUARD),
    "redirect to a file": (onward(b"file:///etc/passwd"), Outcome.GUARD),
    "redirect to gopher": (onward(b"gopher://127.0.0.1:6379/_PING"), Outcome.GUARD),
    "redirect with credentials": (onward(b"http://user:word@example.org/"), Outcome.GUARD),
    "redirect to an odd port": (onward(b"http://example.org:6379/"), Outcome.GUARD),
    "redirect to no address": (onward(b"http://[::1"), Outcome.PROTOCOL),
    "redirect without a place": (reply(full(b"", status=b"302 Found")), Outcome.CLIENT_ERROR),
    "redirect with an endless body": (forever(b"HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\n\r\n", b"x" * 65_536), Outcome.GUARD),
    "cut chunk": (reply(CHUNKED, b"ff\r\nshort"), Outcome.TRUNCATED),
    "no last chunk": (reply(CHUNKED, b"5\r\nhello\r\n"), Outcome.TRUNCATED),
    "chunk size that is none": (reply(CHUNKED, b"zz\r\nhello\r\n0\r\n\r\n"), Outcome.PROTOCOL),
    "negative chunk": (reply(CHUNKED, b"-5\r\nhello\r\n0\r\n\r\n"), Outcome.PROTOCOL),
    "immense chunk": (stalled(CHUNKED + b"ffffffffffffffff\r\nhello"), Outcome.TIMEOUT),
    "length that is too long": (reply(OK, b"Content-Length: 500\r\n\r\n", TEXT), Outcome.TRUNCATED),
    "length that is too short": (reply(OK, b"Content-Length: 3\r\n\r\n", TEXT), Outcome.PROTOCOL),
    "length beyond the cap": (reply(OK, b"Content-Length: 99999999999\r\n\r\n", TEXT), Outcome.TOO_LARGE),
    "negative length": (reply(OK, b"Content-Length: -1\r\n\r\n", TEXT), Outcome.PROTOCOL),
    "two lengths": (reply(OK, b"Content-Length: 3\r\nContent-Length: 12\r\n\r\n", TEXT), Outcome.PROTOCOL),
    "length and chunks": (reply(OK, b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), Outcome.PROTOCOL),
    "endless interim answers": (dripped(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 50), Outcome.TIMEOUT),
    "huge header": (reply(OK, b"X: " + b"a" * 1_000_000 + b"\r\n\r\n"), Outcome.PROTOCOL),
    "headers without number": (reply(OK, b"".join(b"X-%d: 1\r\n" % n for n in range(100_000)), b"\r\n"), Outcome.PROTOCOL),
    "header without a colon": (reply(OK, b"nonsense\r\n\r\n"), Outcome.PROTOCOL),
    "NUL in a header": (reply(OK, b"X-A: a\x00b\r\n\r\n"), Outcome.PROTOCOL),
    "another protocol": (reply(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), Outcome.PROTOCOL),
    "TLS alert": (reply(b"\x15\x03\x01\x00\x02\x02\x46"), Outcome.PROTOCOL),
    "HTTP/0.9": (reply(TEXT), Outcome.PROTOCOL),
    "status beyond all": (reply(full(TEXT, status=b"999 Odd")), Outcome.SERVER_ERROR),
    "status that is no number": (reply(full(TEXT, status=b"abc Odd")), Outcome.PROTOCOL),
    "204 with a body": (reply(b"HTTP/1.1 204 None\r\nContent-Length: 12\r\n\r\n", TEXT), Outcome.PROTOCOL),
    "304 with a body": (reply(full(TEXT, status=b"304 Not Modified")), Outcome.PROTOCOL),
    "206 that was not asked for": (reply(full(TEXT, b"Content-Range: bytes 0-11/500", status=b"206 Part")), Outcome.TRUNCATED),
    "204": (reply(b"HTTP/1.1 204 None\r\n\r\n"), Outcome.EMPTY),
    "empty 200": (reply(full(b"")), Outcome.EMPTY),
    "unknown charset": (reply(full(TEXT, b"Content-Type: text/html; charset=klingon-8")), Outcome.OK),
    "a type that is none": (reply(full(TEXT, b"Content-Type: ;;;=,")), Outcome.OK),
    "refusal with an endless body": (forever(b"HTTP/1.1 403 No\r\n\r\n", b"x" * 65_536), Outcome.BLOCKED),
    "error with an endless body": (forever(b"HTTP/1.1 500 No\r\n\r\n", b"x" * 65_536), Outcome.SERVER_ERROR),
}  # fmt: skip


@asynccontextmanager
async def serving(script: Script) -> AsyncIterator[int]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await script(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def fetched(script: Script, path: str, validators: Validators | None = None) -> FetchResult:
    async with serving(script) as port:
        allow = (f"127.0.0.1:{port}",)
        config = FetchConfig(allow=allow, host_gap=0.0, max_bytes=MOST, deadline=DEADLINE, robots=False)
        async with Client(config) as client, asyncio.timeout(DEADLINE + GRACE):
            return await client.get(f"http://127.0.0.1:{port}/{path.replace(' ', '%20')}", validators=validators)


@pytest.mark.parametrize("name", CASES)
async def test_each_case_has_its_name_and_its_end(name: str) -> None:
    script, outcome = CASES[name]
    tracemalloc.start()
    try:
        result = await fetched(script, name)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert result.outcome is outcome, (result.outcome, result.detail)
    assert peak < MEMORY
    assert len(result.body) <= MOST
    assert bool(result.detail) == (outcome is not Outcome.OK)


async def test_an_honest_304_is_believed() -> None:
    script = reply(full(b"", status=b"304 Not Modified"))
    assert (await fetched(script, "x", Validators('"a"'))).outcome is Outcome.NOT_MODIFIED
