"""A server on loopback that behaves as each test needs."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest

BOMB = gzip.compress(b"0" * 30_000_000)


@dataclass
class Server:
    """Answers by path with raw bytes; ``paths`` holds the paths asked for, ``heads`` their whole heads.

    ``replies`` are a test's own, by path: bytes, or what makes them of the head.
    """

    port: int = 0
    paths: list[str] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    busy: int = 0
    most_busy: int = 0
    replies: dict[str, bytes | Callable[[str], bytes]] = field(default_factory=dict)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        path = head.split(" ")[1]
        self.paths.append(path)
        self.heads.append(head)
        self.busy += 1
        self.most_busy = max(self.busy, self.most_busy)
        await self._body(path, head, writer)
        self.busy -= 1
        writer.close()

    async def _body(self, path: str, head: str, writer: asyncio.StreamWriter) -> None:
        try:
            if path == "/endless":
                writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
                while not writer.is_closing():
                    writer.write(b"x" * 65_536)
                    await writer.drain()
            elif path == "/drip":
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx")
                await writer.drain()
                await asyncio.Event().wait()
            else:
                answer = self.replies.get(path)
                writer.write(_canned(path) if answer is None else answer(head) if callable(answer) else answer)
                await writer.drain()
        except ConnectionError:
            return


def reply(status: str, body: bytes = b"", *headers: str) -> bytes:
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers])
    return head.encode() + b"\r\n\r\n" + body


def _canned(path: str) -> bytes:
    packed = gzip.compress(b"hello")
    canned = {
        "/ok": reply(
            "200 OK", b"hello", "Content-Type: text/html; charset=utf-8", 'ETag: W/"odd \xe9"', "Set-Cookie: a=1"
        ),
        "/gzip": reply("200 OK", packed, "Content-Encoding: gzip"),
        "/cut-gzip": reply("200 OK", packed[:-6], "Content-Encoding: gzip"),
        "/bomb": reply("200 OK", BOMB, "Content-Encoding: gzip"),
        "/stacked": reply("200 OK", gzip.compress(packed), "Content-Encoding: gzip, gzip"),
        "/brotli": reply("200 OK", b"x", "Content-Encoding: br"),
        "/not-gzip": reply("200 OK", b"hello", "Content-Encoding: gzip"),
        "/cut": b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nshort",
        "/says-much": b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\nshort",
        "/cut-chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "/nonsense": b"SSH-2.0-OpenSSH\r\n\r\n",
        "/big-head": b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
        "/empty": reply("200 OK"),
        "/304": reply("304 Not Modified"),
        "/301": reply("301 Moved", b"", "Location: /ok"),
        "/loop": reply("302 Found", b"", "Location: /loop"),
        "/robots.txt": reply("200 OK", b"User-agent: *\nDisallow: /private/\n"),
        "/503": reply("503 Busy", b"", "Retry-After: 120"),
    }
    if path.startswith("/to?"):
        return reply("302 Found", b"", f"Location: {path[4:]}")
    if path[1:].split("-")[0].isdigit() and path not in canned:
        return reply(f"{path[1:]} Status", b"body")
    return canned.get(path, reply("404 Not Found"))


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    http_server = Server()
    listening = await asyncio.start_server(http_server.answer, "127.0.0.1", 0)
    http_server.port = listening.sockets[0].getsockname()[1]
    yield http_server
    listening.close()
