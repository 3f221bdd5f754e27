"""Which addresses may be used, and which name the same page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.url import bounded, safe_http_url, url_key


@pytest.mark.parametrize(
    "address",
    [
        "http://outlet.example/a/story",
        "https://www.outlet.example/a/story/",
        "https://m.outlet.example/a/story#top",
        "https://outlet.example:443/a/story?utm_source=rss&fbclid=1",
        "https://amp.outlet.example/a/story/amp/",
        " https://OUTLET.example/a/story ",
        "https://touch.outlet.example//a//story",
        "https://outlet.example/amp/a/story",
        "https://outlet-example.cdn.ampproject.org/c/s/outlet.example/a/story",
        "https://cdn.ampproject.org/v/s/outlet.example/a/story.amp.html?amp_js_v=0.1&usqp=mq331",
        "https://outlet.example/a/story;jsessionid=1A2B?PHPSESSID=9",
        "https://outlet.example/a/story/index.html",
        "https://outlet.example/a/story?from=rss&mtm_campaign=x&wt_mc=y&WT.mc_id=z&_ga=1.2",
        "https://outlet.example/a/story?output=amp&__twitter_impression=true#xtor=RSS-1",
    ],
)
def test_one_page_has_one_key(address: str) -> None:
    assert url_key(address) == url_key("https://outlet.example/a/story")


@pytest.mark.parametrize(
    "address",
    [
        "https://outlet.example/a/story?id=2",
        "https://outlet.example:8080/a/story",
        "https://news.outlet.example/a/story",
        "https://outlet.example/A/story",
        "https://outlet.example/a/story?cid=7",
        "https://outlet.example/a/story?uid=7&eid=8",
        "https://outlet.example/a/story?page=2",
        "https://m.example/a/story",
    ],
)
def test_other_pages_have_other_keys(address: str) -> None:
    assert url_key(address) != url_key("https://outlet.example/a/story")


def test_the_order_of_parameters_does_not_matter() -> None:
    assert url_key("https://o.example/?b=1&a=2") == url_key("https://o.example/?a=2&b=1")


@given(st.text(max_size=80))
def test_any_text_has_a_key(text: str) -> None:
    assert url_key(url_key(text)) == url_key(text) or not text.startswith("http")


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "ftp://o.example/",
        "https://user:pass@o.example/",
        "https:///nohost",
        "//o.example/x",
        "http://[::1",
        "http://o.example:99999/",
        "https://o.example/a\x00b",
        "https://o.example\\@evil.example/",
        "",
    ],
)
def test_what_is_not_plain_http_is_refused(url: str) -> None:
    assert safe_http_url(url) is None


def test_a_plain_address_loses_only_its_fragment() -> None:
    assert safe_http_url(" https://o.example/a?b=c#d ") == "https://o.example/a?b=c"


@given(st.text(max_size=40), st.integers(0, 3000))
def test_keys_are_short_and_stay_apart(text: str, length: int) -> None:
    key, next_key = url_key(f"https://o.example/{'a' * length}/1"), url_key(f"https://o.example/{'a' * length}/2")
    assert key != next_key
    assert len(key) <= 1000
    assert bounded(bounded(text * 100)) == bounded(text * 100)
