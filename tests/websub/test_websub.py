"""What is asked of a hub and believed of it: values in, values out, on a clock of our own."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import WebsubConfig
from pipeline.errors import ConfigError
from pipeline.feeds import parse_feed
from pipeline.fetch import websub
from pipeline.fetch.websub import Offer
from pipeline.model import ParsedFeed, Subscription, SubscriptionState

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
HUB, TOPIC = "https://hub.example/", "https://outlet.example/feed"
PENDING = Subscription("t" * 43, 1, HUB, TOPIC, "s" * 43, SubscriptionState.PENDING, "subscribe", NOW)
LEASE = timedelta(days=10)
ACTIVE = replace(PENDING, state=SubscriptionState.ACTIVE, pending_mode="", lease_until=NOW + LEASE)
QUERY = {"hub.mode": "subscribe", "hub.topic": TOPIC, "hub.challenge": "c4f", "hub.lease_seconds": "864000"}
ATOM = b"""<feed xmlns='http://www.w3.org/2005/Atom'><title>F</title><link rel='self' href='/feed'/>
<link rel='hub' href='javascript:x'/><link rel='hub' href='https://hub.example/'/></feed>"""
RSS = b"""<rss version='2.0' xmlns:atom='http://www.w3.org/2005/Atom'><channel><title>F</title>
<atom:link rel='hub' href='https://hub.example/'/><atom:link rel='self' href='https://outlet.example/feed'/>
</channel></rss>"""
JSON = b"""{"version": "https://jsonfeed.org/version/1.1", "title": "F", "items": [], "feed_url":
"https://outlet.example/feed", "hubs": [{"type": "rssCloud", "url": "https://no.example/"},
{"type": "WebSub", "url": "https://hub.example/"}]}"""


@pytest.mark.parametrize("body", [ATOM, RSS, JSON], ids=["atom", "rss", "json"])
def test_feeds_name_their_hub(body: bytes) -> None:
    parsed = parse_feed(body, url=TOPIC, now=NOW)
    assert websub.offered((), TOPIC, parsed) == Offer(HUB, TOPIC)


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ('<https://hub.example/>; rel="hub", </feed>; rel=self', Offer(HUB, TOPIC)),
        ('<https://hub.example/>; title="a, b; c"; rel="other hub"', Offer(HUB, TOPIC)),
        ("<https://hub.example/>; rel=hubs", None),
        ("<http://hub.example/>; rel=hub", None),
        ("<file:///etc/x>; rel=hub", None),
        ("<<<>;;; rel", None),
    ],
)
def test_the_head_names_it_before_the_body(link: str, expected: Offer | None) -> None:
    assert websub.offered([("Link", link)], TOPIC, ParsedFeed("rss20", "", ())) == expected


@given(st.text(alphabet='<>;,= "relhubself/:', max_size=200))
def test_any_head_can_be_read(link: str) -> None:
    websub.offered([("link", link)], TOPIC, ParsedFeed("rss20", "", ()))


def test_a_request_says_what_the_recommendation_asks_for() -> None:
    assert websub.form(PENDING, "https://news.example/websub/", "subscribe") == {
        "hub.mode": "subscribe",
        "hub.topic": TOPIC,
        "hub.callback": f"https://news.example/websub/{PENDING.token}",
        "hub.secret": PENDING.secret,
        "hub.lease_seconds": "864000",
    }
    assert "hub.secret" not in websub.form(PENDING, "https://news.example/websub", "unsubscribe")


@pytest.mark.parametrize(
    "changed",
    [
        {"hub.topic": "https://other.example/"},
        {"hub.mode": "unsubscribe"},
        {"hub.mode": ""},
        {"hub.challenge": ""},
        {"hub.challenge": "c" * 3000},
        {"hub.lease_seconds": "0"},
        {"hub.lease_seconds": "-5"},
        {"hub.lease_seconds": "9" * 40},
        {"hub.lease_seconds": "\u0665"},
    ],
)
def test_what_was_not_asked_is_not_verified(changed: dict[str, str]) -> None:
    assert websub.verified(PENDING, QUERY).believed
    assert not websub.verified(PENDING, QUERY | changed).believed
    assert not websub.verified(ACTIVE, QUERY).believed


def test_a_lease_is_the_hubs_up_to_a_month() -> None:
    assert websub.verified(PENDING, QUERY | {"hub.lease_seconds": "60"}).lease == timedelta(minutes=1)
    assert websub.verified(PENDING, QUERY | {"hub.lease_seconds": "999999999999"}).lease == timedelta(days=30)


def signature(method: str, body: bytes, secret: str = ACTIVE.secret) -> str:
    return f"{method}={hmac.new(secret.encode(), body, getattr(hashlib, method)).hexdigest()}"


@given(st.binary(max_size=100), st.sampled_from(websub.METHODS))
def test_what_the_hub_signed_is_believed(body: bytes, method: str) -> None:
    assert websub.genuine(ACTIVE, signature(method, body), body, NOW).believed
    assert not websub.genuine(ACTIVE, signature(method, body), body + b"x", NOW).believed
    assert not websub.genuine(ACTIVE, signature(method, body, "other"), body, NOW).believed


@pytest.mark.parametrize(
    "header", ["", "sha256", "sha256=", "sha256=\xe9\u20ac", signature("sha1", b"b"), signature("md5", b"b"), "=" * 9]
)
def test_all_other_signatures_count_for_nothing(header: str) -> None:
    assert not websub.genuine(ACTIVE, header, b"b", NOW).believed


def test_nothing_counts_before_the_verification_or_after_the_lease() -> None:
    header = signature("sha256", b"b")
    assert not websub.genuine(PENDING, header, b"b", NOW).believed
    assert not websub.genuine(ACTIVE, header, b"b", NOW + LEASE).believed


@pytest.mark.parametrize(
    ("subscription", "hours", "offer", "mode"),
    [
        (ACTIVE, 24 * 7, Offer(HUB, TOPIC), ""),
        (ACTIVE, 24 * 9, Offer(HUB, TOPIC), "subscribe"),
        (ACTIVE, 24 * 11, Offer(HUB, TOPIC), "subscribe"),
        (ACTIVE, 24, None, "unsubscribe"),
        (ACTIVE, 24, Offer("https://new.example/", TOPIC), "unsubscribe"),
        (ACTIVE, 24 * 11, None, ""),
        (PENDING, 1, Offer(HUB, TOPIC), ""),
        (PENDING, 7, Offer(HUB, TOPIC), "subscribe"),
        (replace(PENDING, state=SubscriptionState.DENIED), 7, Offer(HUB, TOPIC), ""),
        (replace(PENDING, state=SubscriptionState.DENIED), 25, Offer(HUB, TOPIC), "subscribe"),
    ],
)
def test_what_is_due(subscription: Subscription, hours: float, offer: Offer | None, mode: str) -> None:
    assert websub.due(subscription, offer, NOW + timedelta(hours=hours)).mode == mode


def test_polls_are_spaced_out_only_while_a_hub_delivers() -> None:
    soon, later = NOW + timedelta(minutes=15), NOW + timedelta(days=1)
    proven = replace(ACTIVE, delivered_at=NOW)
    assert websub.relaxed(soon, [proven], 0, NOW, 86_400) == NOW + timedelta(hours=6)
    assert websub.relaxed(soon, [proven], 0, NOW, 3_600) == NOW + timedelta(hours=1)
    assert websub.relaxed(later, [proven], 0, NOW, 86_400) == later
    assert websub.relaxed(soon, [proven], 1, NOW, 86_400) == soon
    assert websub.relaxed(soon, [ACTIVE], 0, NOW, 86_400) == soon
    assert websub.relaxed(soon, [proven], 0, NOW + LEASE, 86_400) == soon


@pytest.mark.parametrize("callback", ["news.example/websub", "ftp://news.example/", "https://news.example/?a=b"])
def test_a_callback_is_a_plain_address(callback: str) -> None:
    with pytest.raises(ConfigError, match="callback"):
        WebsubConfig(callback)
