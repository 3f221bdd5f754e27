"""What the head of an answer asks for."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from multidict import CIMultiDict
from yarl import URL

from pipeline.fetch.answer import head_of
from pipeline.model import FetchResult

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
DATE = "Mon, 02 Mar 2026 11:00:00 GMT"  # the server's clock is an hour behind
IN_TEN = "Mon, 02 Mar 2026 11:10:00 GMT"


def head(status: int, *headers: tuple[str, str]) -> FetchResult:
    response = SimpleNamespace(status=status, headers=CIMultiDict(headers), content_type="", charset=None, reason="")
    return head_of(URL("https://o.example/"), response, NOW)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ([("Cache-Control", "max-age=600")], 600),
        ([("Cache-Control", 'public, Max-Age="600", x=1')], 600),
        ([("Cache-Control", "public"), ("Cache-Control", "max-age=600")], 600),
        ([("Cache-Control", "max-age=600"), ("Age", "100")], 500),
        ([("Cache-Control", "max-age=600"), ("Age", "700")], 0),
        ([("Cache-Control", "max-age=600"), ("Expires", "0")], 600),
        ([("Cache-Control", "s-maxage=600")], 0),
        ([("Cache-Control", "no-cache, max-age=600")], 0),
        ([("Cache-Control", "max-age=soon")], 0),
        ([("Date", DATE), ("Expires", IN_TEN)], 600),
        ([("Expires", "Mon, 02 Mar 2026 12:10:00 GMT")], 600),
        ([("Date", DATE), ("Expires", DATE)], 0),
        ([("Expires", "-1")], 0),
        ([], None),
    ],
)
@pytest.mark.parametrize("status", [200, 304, 404])
def test_how_long_an_answer_is_fresh(status: int, headers: list[tuple[str, str]], seconds: float | None) -> None:
    assert head(status, *headers).fresh_for == seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("120", 120), (" 120 ", 120), (IN_TEN, 600), ("Sun, 01 Mar 2026 11:10:00 GMT", 0), ("soon", None), ("-5", None),
     ("1.5", None), ("", None), ("²", None), ("Mon, 02 Mar 2026 11:10:00", 600)],
)  # fmt: skip
def test_when_to_ask_again(text: str, seconds: float | None) -> None:
    assert head(503, ("Date", DATE), ("Retry-After", text)).retry_after == seconds


def test_the_time_here_counts_where_the_server_tells_none() -> None:
    assert head(429, ("Retry-After", "Mon, 02 Mar 2026 12:10:00 GMT")).retry_after == 600
    assert head(200, ("Retry-After", "60")).retry_after is None
