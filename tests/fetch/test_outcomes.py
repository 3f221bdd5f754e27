"""Whatever a server does has a name, and ends in time."""

from __future__ import annotations

import asyncio

import pytest

from pipeline.config import FetchConfig
from pipeline.fetch.client import Client
from pipeline.model import Outcome, Validators
from tests.fetch.conftest import Server

OUTCOMES = {
    "/ok": Outcome.OK,
    "/gzip": Outcome.OK,
    "/301": Outcome.OK,
    "/cut-gzip": Outcome.TRUNCATED,
    "/bomb": Outcome.TOO_LARGE,
    "/stacked": Outcome.BAD_ENCODING,
    "/brotli": Outcome.BAD_ENCODING,
    "/not-gzip": Outcome.BAD_ENCODING,
    "/cut": Outcome.TRUNCATED,
    "/says-much": Outcome.TOO_LARGE,
    "/cut-chunks": Outcome.TRUNCATED,
    "/nonsense": Outcome.PROTOCOL,
    "/big-head": Outcome.PROTOCOL,
    "/empty": Outcome.EMPTY,
    "/304": Outcome.NOT_MODIFIED,
    "/loop": Outcome.REDIRECT_LOOP,
    "/endless": Outcome.TOO_LARGE,
    "/drip": Outcome.TIMEOUT,
    "/401": Outcome.BLOCKED,
    "/403": Outcome.BLOCKED,
    "/451": Outcome.BLOCKED,
    "/404": Outcome.NOT_FOUND,
    "/410": Outcome.GONE_410,
    "/429": Outcome.RATE_LIMITED,
    "/418": Outcome.CLIENT_ERROR,
    "/500": Outcome.SERVER_ERROR,
    "/503": Outcome.SERVER_ERROR,
}


def config(server: Server, deadline: float = 20.0) -> FetchConfig:
    allow = (f"127.0.0.1:{server.port}",)
    return FetchConfig(
        contact="mailto:desk@example.org",
        allow=allow,
        host_gap=0.0,
        max_bytes=100_000,
        deadline=deadline,
        robots=False,
    )


@pytest.mark.parametrize(("path", "outcome"), OUTCOMES.items(), ids=[path[1:] for path in OUTCOMES])
async def test_outcomes(server: Server, path: str, outcome: Outcome) -> None:
    async with Client(config(server, deadline=0.3 if path == "/drip" else 20.0)) as client:
        validators = Validators('"a"') if path == "/304" else None
        result = await client.get(server.url(path), validators=validators)
    assert result.outcome is outcome
    assert bool(result.detail) == (outcome is not Outcome.OK)
    assert result.body == (b"hello" if outcome is Outcome.OK else b"")


async def test_nobody_at_home() -> None:
    async with Client(FetchConfig(allow=("127.0.0.1:*",), robots=False)) as client:
        assert (await client.get("http://127.0.0.1:9/")).outcome is Outcome.UNREACHABLE


async def test_validators_go_back_as_they_came(server: Server) -> None:
    odd = Validators('W/"odd ; , x"', "yesterday, more or less")
    async with Client(config(server)) as client:
        await client.get(server.url("/304"), validators=odd)
    assert f"If-None-Match: {odd.etag}\r\n" in server.heads[0]
    assert f"If-Modified-Since: {odd.last_modified}\r\n" in server.heads[0]


async def test_who_asks_is_said_and_nothing_is_kept(server: Server) -> None:
    async with Client(config(server)) as client:
        await client.get(server.url("/ok"))
        await client.get(server.url("/ok"))
    assert "User-Agent: copydesk/" in server.heads[0]
    assert "(+mailto:desk@example.org)" in server.heads[0]
    assert "Cookie" not in server.heads[1]


async def test_retry_after_is_read(server: Server) -> None:
    async with Client(config(server)) as client:
        assert (await client.get(server.url("/503"))).retry_after == 120


async def test_one_request_at_a_time_to_a_host(server: Server) -> None:
    async with Client(config(server)) as client:
        results = await asyncio.gather(*(client.get(server.url("/ok")) for _ in range(8)))
    assert {result.outcome for result in results} == {Outcome.OK}
    assert server.most_busy == 1
