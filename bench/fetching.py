"""Fetches a CPU second of our client beside bare aiohttp: 200 hosts on loopback, manners off (no gap, no robots.txt).

A server process answers on 127.0.x.y, each address a host of its own. Both clients fetch the same pages with the same
number under way, in alternating rounds of one run; ours with guard, turns, checks and bounds. What is counted is the
process's own CPU time, and the figure is the ratio, since machines are busy. Ends with 1 where it is under its floor.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import statistics
import sys
import time
from multiprocessing.connection import Connection

import aiohttp
from rich.console import Console
from rich.table import Table

from pipeline.config import FetchConfig
from pipeline.fetch.client import Client
from pipeline.model import Outcome

RATIO_FLOOR = 0.7
UNDER_WAY = 32
BODY = b"<p>" + b"All the news that is fit to be fetched. " * 750 + b"</p>"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY


def main() -> int:
    """Measure, print, and say whether the floor holds."""
    options = arguments()
    ours_end, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    server.start()
    try:
        urls = addresses(options.hosts, options.pages, ours_end.recv())
        ours, bare = rounds(urls, options.rounds)
    finally:
        server.terminate()
    return verdict(len(urls), ours, bare)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, epilog="Example: python -m bench.fetching --rounds 5")
    parser.add_argument("--hosts", type=int, default=200)
    parser.add_argument("--pages", type=int, default=10, help="pages of each host")
    parser.add_argument("--rounds", type=int, default=11)
    return parser.parse_args()


def addresses(hosts: int, pages: int, port: int) -> list[str]:
    """The pages, host after host, as polls bring them."""
    names = [f"127.0.{1 + n // 200}.{1 + n % 200}" for n in range(hosts)]
    return [f"http://{name}:{port}/{page}" for page in range(pages) for name in names]


def serve(tell: Connection) -> None:
    """Answer everything with one page; keeps connections open, as most servers do."""

    class Answering(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self._transport, self._head = transport, b""

        def data_received(self, data: bytes) -> None:
            self._head += data
            while b"\r\n\r\n" in self._head:
                self._head = self._head.partition(b"\r\n\r\n")[2]
                assert isinstance(self._transport, asyncio.WriteTransport)
                self._transport.write(ANSWER)

    async def forever() -> None:
        server = await asyncio.get_running_loop().create_server(Answering, "0.0.0.0", 0, backlog=1024)  # noqa: S104
        tell.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(forever())


def rounds(urls: list[str], number: int) -> tuple[list[float], list[float]]:
    """Alternate the two, ``number`` times each, after one of each that is not counted."""
    ours, bare = [], []
    for n in range(number + 1):
        bare.append(asyncio.run(bare_aiohttp(urls)))
        ours.append(asyncio.run(our_client(urls)))
        print(f"round {n}: bare {bare[-1]:.2f} s, copydesk {ours[-1]:.2f} s", flush=True)
    return ours[1:], bare[1:]


async def bare_aiohttp(urls: list[str]) -> float:
    """CPU seconds for all pages with aiohttp and a semaphore."""
    room = asyncio.Semaphore(UNDER_WAY)
    started = time.process_time()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def fetch_url(url: str) -> None:
            async with room, session.get(url) as response:
                if await response.read() != BODY:
                    raise SystemExit(f"{url} was not served")

        await asyncio.gather(*map(fetch_url, urls))
    return time.process_time() - started


async def our_client(urls: list[str]) -> float:
    """CPU seconds for all pages with ours."""
    hosts = {url.split("/")[2] for url in urls}
    config = FetchConfig(allow=tuple(sorted(hosts)), host_gap=0.0, robots=False, concurrency=UNDER_WAY)
    started = time.process_time()
    async with Client(config) as client:

        async def fetch_url(url: str) -> None:
            async with client.fetched(url) as result:
                if result.outcome is not Outcome.OK or result.body != BODY:
                    raise SystemExit(f"{url}: {result.outcome} {result.detail}")

        await asyncio.gather(*map(fetch_url, urls))
    return time.process_time() - started


def verdict(pages: int, ours: list[float], bare: list[float]) -> int:
    """Print the table and say whether the floor holds."""
    ratio = statistics.median(theirs / mine for mine, theirs in zip(ours, bare, strict=True))
    table = Table("What", "Fetches a CPU second")
    table.add_row("bare aiohttp", f"{pages / statistics.median(bare):.0f}")
    table.add_row("copydesk", f"{pages / statistics.median(ours):.0f}")
    Console().print(table)
    print(json.dumps({"ratio": round(ratio, 3), "held": ratio >= RATIO_FLOOR}))
    return 0 if ratio >= RATIO_FLOOR else 1


if __name__ == "__main__":
    sys.exit(main())
