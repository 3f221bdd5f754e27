"""Whatever a server does has a name, and ends in time."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Callable
from dataclasses import replace

import pytest

from pipeline.config import FetchConfig
from pipeline.fetch.client import Client
from pipeline.model import Outcome, Validators
from tests.fetch.conftest import Server, reply

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


PAGE = b"<p>Die F\xc3\xa4hre f\xc3\xa4hrt wieder.</p>"


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("aws-chunked", PAGE),
        ("utf-8", PAGE),
        ("UTF8", b"Nur Text, ohne Auszeichnung"),
        ("none", PAGE),
        ("binary", b"\xef\xbb\xbf" + PAGE),
        ("identity", PAGE),
        ("", PAGE),
        ("windows-1251", "<p>Паром</p>".encode("cp1251")),
        ("utf-16", "<p>Паром</p>".encode("utf-16")),
        ("br", PAGE),
        ("gzip", PAGE),
        ("deflate, gzip", PAGE),
    ],
)
async def test_a_content_coding_that_is_none_leaves_a_plain_body(server: Server, coding: str, body: bytes) -> None:
    server.replies["/coded"] = reply("200 OK", body, f"Content-Encoding: {coding}")
    async with Client(config(server)) as client:
        result = await client.get(server.url("/coded"))
    assert (result.outcome, result.body) == (Outcome.OK, body)


@pytest.mark.parametrize("coding", ["gzip,aws-chunked", "aws-chunked, gzip", "x-gzip", "utf-8", "none", "GZIP"])
async def test_gzip_is_opened_whatever_stands_beside_its_name(server: Server, coding: str) -> None:
    server.replies["/coded"] = reply("200 OK", gzip.compress(PAGE), f"Content-Encoding: {coding}")
    async with Client(config(server)) as client:
        assert (await client.get(server.url("/coded"))).body == PAGE


@pytest.mark.parametrize(
    ("coding", "body"), [("br", b"<\x0b\x02\x80<p>\x03"), ("zstd", b"(\xb5/\xfd\x04"), ("squeezed", b"\x01\x02")]
)
async def test_what_is_packed_is_not_taken_for_text(server: Server, coding: str, body: bytes) -> None:
    server.replies["/coded"] = reply("200 OK", body, f"Content-Encoding: {coding}")
    async with Client(config(server)) as client:
        assert (await client.get(server.url("/coded"))).outcome is Outcome.BAD_ENCODING


# ---------------------------------------------------------------- cookies


def wants_cookie(
    *needed: str, status: int = 302, sets: tuple[str, ...] = ("seen=1; Path=/",), to: str = "/feed"
) -> Callable[[str], bytes]:
    """A reply that sends everybody away with a cookie, and gives the page to who brings it back."""

    def answer(head: str) -> bytes:
        if all(cookie in head for cookie in needed or ("seen=1",)):
            return reply("200 OK", b"hello")
        return reply(f"{status} Away", b"", f"Location: {to}", *(f"Set-Cookie: {cookie}" for cookie in sets))

    return answer


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_cookie_that_a_redirect_sets_is_given_back(server: Server, status: int) -> None:
    server.replies["/feed"] = wants_cookie(status=status)
    async with Client(config(server)) as client:
        result = await client.get(server.url("/feed"))
        next_answer = await client.get(server.url("/ok"))
    assert (result.outcome, result.body, result.moved_to) == (Outcome.OK, b"hello", "")
    assert next_answer.outcome is Outcome.OK
    # It is forgotten with the fetch.
    assert ["Cookie" in head for head in server.heads] == [False, True, False]


async def test_several_cookies_over_several_steps(server: Server) -> None:
    sets = (
        "a=1; Path=/; HttpOnly; SameSite=Lax",
        'b="x y"; Path=/; Max-Age=900',
        "far=1; Path=/other",
        "old=1; Max-Age=0",
    )
    server.replies["/feed"] = wants_cookie("a=1", 'b="x y"', "c=3", sets=sets, to="/check")
    server.replies["/check"] = reply("302 Back", b"", "Location: /feed", "Set-Cookie: c=3; Path=/")
    async with Client(config(server)) as client:
        result = await client.get(server.url("/feed"))
    assert (result.outcome, result.body) == (Outcome.OK, b"hello")
    assert not any("far" in head or "old" in head for head in server.heads)


async def test_a_cookie_goes_to_no_other_host(server: Server) -> None:
    far_url = server.url("/other").replace("127.0.0.1", "localhost")
    server.replies["/feed"] = reply(
        "302 Away", b"", f"Location: {far_url}", "Set-Cookie: seen=1; Path=/", "Set-Cookie: far=1; Domain=localhost"
    )
    server.replies["/other"] = reply("302 Back", b"", f"Location: {server.url('/feed')}", "Set-Cookie: there=1")
    allow = (f"127.0.0.1:{server.port}", f"localhost:{server.port}")
    async with Client(replace(config(server), allow=allow)) as client:
        result = await client.get(server.url("/feed"))
    assert result.outcome is Outcome.REDIRECT_LOOP
    assert ["Cookie: seen=1" in head for head in server.heads] == [False, False, True, False]
    assert ["there=1" in head for head in server.heads] == [False, False, False, True]


@pytest.mark.parametrize("value", ["same", "{}"])
async def test_whoever_never_believes_the_cookie_is_a_loop(server: Server, value: str) -> None:
    def answer(_head: str) -> bytes:
        return reply("302 Away", b"", "Location: /feed", f"Set-Cookie: seen={value.format(len(server.heads))}; Path=/")

    server.replies["/feed"] = answer
    async with Client(config(server)) as client:
        result = await client.get(server.url("/feed"))
    assert result.outcome is Outcome.REDIRECT_LOOP
    assert len(server.heads) <= 6


async def test_a_cookie_of_a_page_that_is_no_redirect_is_not_taken(server: Server) -> None:
    server.replies["/feed"] = reply("302 Away", b"", "Location: /ok")
    async with Client(config(server)) as client:
        assert (await client.get(server.url("/feed"))).body == b"hello"
        await client.get(server.url("/feed"))
    assert not any("Cookie" in head for head in server.heads)
