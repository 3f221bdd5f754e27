"""No spelling of a private address is reached."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from pipeline.config import FetchConfig
from pipeline.fetch.client import Client, GuardedResolver
from pipeline.fetch.guard import Guard, Refused, is_public
from pipeline.model import Outcome
from tests.fetch.conftest import Server

PRIVATE = [
    "0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1", "192.0.0.8",
    "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1",
    "2001::1", "2001:db8::1", "2002:7f00:1::", "3fff::1", "5f00::1", "fc00::1", "fd12::1", "fe80::1", "fe80::1%eth0",
    "fec0::1", "ff02::1", "not-an-address", "",
]  # fmt: skip
SPELLINGS = [
    "http://127.0.0.1:{port}/", "http://127.1:{port}/", "http://2130706433:{port}/", "http://0x7f000001:{port}/",
    "http://0177.0.0.1:{port}/", "http://[::1]:{port}/", "http://[::ffff:127.0.0.1]:{port}/", "http://localhost:{port}/",
    "http://１２７.０.０.１:{port}/", "http://127.0.0.1.:{port}/", "http://0:{port}/", "http://[::]:{port}/",
    "http://user:pass@127.0.0.1:{port}/", "http://127.0.0.1/", "http://localhost/", "ftp://127.0.0.1/", "file:///etc/passwd",
    "http://127.0.1.1:{port}/", "http://[::ffff:7f00:1]:{port}/", "http://[0:0:0:0:0:ffff:127.0.0.1]:{port}/",
    "http://0x7f.1:{port}/", "http://017700000001:{port}/", "http://127.000.000.001:{port}/", "http://①②⑦.⓪.⓪.①:{port}/",
    "http://LOCALHOST:{port}/", "http://[::127.0.0.1]:{port}/", "http://ip6-localhost:{port}/",
    "http://[64:ff9b::7f00:1]:{port}/", "http://[2002:7f00:1::]:{port}/", "http://example.org@127.0.0.1:{port}/",
    "http://127.0.0.1\\@example.org:{port}/", "http://127。0。0。1:{port}/", "http://127.0.0.1#@example.org:{port}/",
    "//127.0.0.1:{port}/", "gopher://127.0.0.1:{port}/_x",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "2a00:1450::1"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)


async def test_no_spelling_reaches_a_listener_here(server: Server) -> None:
    async with Client(FetchConfig(host_gap=0.0, deadline=5.0, robots=False)) as client:
        results = [await client.get(url.format(port=server.port)) for url in SPELLINGS]
    assert {result.outcome for result in results} <= {Outcome.GUARD, Outcome.UNREACHABLE, Outcome.PROTOCOL}
    assert server.paths == []


@asynccontextmanager
async def redirector(place: str) -> AsyncIterator[int]:
    """A server that is allowed, and sends every caller on."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: {place}\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    listening = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield listening.sockets[0].getsockname()[1]
    listening.close()


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_no_redirect_reaches_a_listener_here(server: Server, spelling: str) -> None:
    async with redirector(spelling.format(port=server.port)) as port:
        config = FetchConfig(host_gap=0.0, deadline=5.0, robots=False, allow=(f"127.0.0.1:{port}",))
        async with Client(config) as client:
            result = await client.get(f"http://127.0.0.1:{port}/")
    assert result.outcome is not Outcome.OK
    assert server.paths == []


class Names(AbstractResolver):
    """The outside world's names, as they are told one after another."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        addresses = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)
            for address in addresses
        ]

    async def close(self) -> None:
        return


MIXED, LOOPBACK, REBOUND = [["93.184.216.34", "127.0.0.1"]], [["127.0.0.1"]], [["93.184.216.34"], ["10.0.0.1"]]


@pytest.mark.parametrize("answers", [MIXED, LOOPBACK, REBOUND, [[]]])
async def test_names_that_lead_here_are_refused(answers: list[list[str]]) -> None:
    resolver = GuardedResolver(Guard())
    resolver._inner = Names(*answers)  # type: ignore[assignment]
    for _ in answers[1:]:
        await resolver.resolve("rebinding.example", 80)
    with pytest.raises(Refused):
        await resolver.resolve("rebinding.example", 80)


def test_an_address_is_checked_again_before_the_connection() -> None:
    with pytest.raises(Refused):
        Guard(frozenset({"93.184.216.34:80"})).check_socket("127.0.0.1", 80)


async def test_open_and_closed_ports_look_the_same(server: Server) -> None:
    async with Client(FetchConfig(host_gap=0.0, robots=False)) as client:
        opened = await client.get(f"http://127.0.0.1:{server.port}/")
        closed = await client.get("http://127.0.0.1:9/")
    assert (opened.outcome, opened.detail) == (closed.outcome, closed.detail)


async def test_a_redirect_to_a_private_address_is_refused(server: Server) -> None:
    async with Client(FetchConfig(allow=(f"localhost:{server.port}",), host_gap=0.0, robots=False)) as client:
        result = await client.get(f"http://localhost:{server.port}/to?http://127.0.0.1:{server.port}/secret")
    assert result.outcome is Outcome.GUARD
    assert "/secret" not in server.paths
