"""WebSub (W3C Recommendation, 23 January 2018), the subscriber's side: what to ask of a hub, what to believe of it.

Values in, values out, with the reason. Who acts on them is in ``steps``.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urljoin, urlsplit

from pipeline.model import ParsedFeed, Subscription, SubscriptionState
from pipeline.text.url import safe_http_url

SUBSCRIBE, UNSUBSCRIBE, DENIED = "subscribe", "unsubscribe", "denied"
# Ten days is what public hubs give; a longer one is cut, so that a subscription is looked at every month.
LEASE = timedelta(days=10)
LONGEST_LEASE = timedelta(days=30)
# A subscription is looked at when its feed is polled, once a day at the least: there are two chances to renew it.
RENEW_BEFORE = timedelta(days=2)
ASK_AGAIN = timedelta(hours=6)
ASK_AGAIN_DENIED = timedelta(days=1)
# Hubs fail, and nobody is told: while one delivers, its feed is polled at least so seldom and still polled.
RELAXED = timedelta(hours=6)
# Section 8; sha1 is left out: the hub is free to use a better one.
METHODS = ("sha256", "sha384", "sha512")
TOKEN = re.compile(r"[\w-]{43}", re.ASCII)
LONGEST_CHALLENGE = 2_000
# No database keeps a NUL, and no terminal should get the others.
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
LINK = re.compile(r"""<([^<>]*)>((?:\s*;\s*[\w!#$&+.^`|~*-]+(?:\s*=\s*(?:"[^"]*"|[^\s",;]*))?)*)""")
REL = re.compile(r"""(?:^|;)\s*rel\s*=\s*(?:"([^"]*)"|([^\s",;]*))""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Offer:
    """A hub that announces a topic's updates."""

    hub: str
    topic: str


@dataclass(frozen=True, slots=True)
class Step:
    """What to ask the hub for, as a mode ('' nothing), and why."""

    mode: str
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a request of a hub is believed, and why; ``lease`` is what a verified subscription has."""

    believed: bool
    reason: str
    lease: timedelta | None = None


def offered(headers: Iterable[tuple[str, str]], url: str, parsed: ParsedFeed) -> Offer | None:
    """The hub of a feed at ``url`` and the topic's name there: by its Link headers, else by its body (section 4).

    A plain hub for an encrypted feed is none: it would tell anybody on the way the secret.
    """
    linked = _links(headers, url)
    hub = linked.get("hub") or parsed.hub_url
    topic = linked.get("self") or parsed.self_url or url
    if not hub or (urlsplit(url).scheme.lower() == "https" and urlsplit(hub).scheme.lower() != "https"):
        return None
    return Offer(hub, topic)


def _links(headers: Iterable[tuple[str, str]], url: str) -> dict[str, str]:
    """Relation -> the first http(s) address with it in the Link headers (RFC 8288)."""
    found: dict[str, str] = {}
    for value in (value for name, value in headers if name.lower() == "link"):
        for target, told in LINK.findall(value):
            rel = REL.search(told)
            address = safe_http_url(urljoin(url, target))
            for word in (rel[1] or rel[2] or "").lower().split() if rel and address else ():
                found.setdefault(word, address or "")
    return found


def due(held: Subscription, offer: Offer | None, now: datetime) -> Step:
    """What to ask the hub of a subscription for; without an ``offer`` the feed is not wanted, or names no hub."""
    denied = held.state is SubscriptionState.DENIED
    if now - held.asked_at < (ASK_AGAIN_DENIED if denied else ASK_AGAIN):
        return Step("", "asked not long ago")
    active = is_active(held, now)
    if offer != Offer(held.hub, held.topic):
        return Step(UNSUBSCRIBE, "not wanted any more") if active else Step("", "over")
    if active and held.lease_until and held.lease_until - now > RENEW_BEFORE:
        return Step("", "the lease has time left")
    return Step(SUBSCRIBE, "the lease ends soon" if active else f"it is {held.state.value}")


def is_active(held: Subscription, now: datetime) -> bool:
    """Whether the hub has verified the subscription and its lease runs."""
    return held.state is SubscriptionState.ACTIVE and held.lease_until is not None and held.lease_until > now


def form(held: Subscription, callback: str, mode: str) -> dict[str, str]:
    """The request to the hub (section 5.1); ``callback`` is the part of its address that all subscriptions share."""
    asked = {"hub.mode": mode, "hub.topic": held.topic, "hub.callback": f"{callback.rstrip('/')}/{held.token}"}
    if mode == SUBSCRIBE:
        asked |= {"hub.secret": held.secret, "hub.lease_seconds": str(int(LEASE.total_seconds()))}
    return asked


def verified(held: Subscription, query: Mapping[str, str]) -> Verdict:
    """Whether a hub asks about what we asked of it (section 5.3): then its challenge is to be echoed."""
    mode, challenge = query.get("hub.mode", ""), query.get("hub.challenge", "")
    if query.get("hub.topic") != held.topic:
        return Verdict(False, "another topic")
    if mode == DENIED:
        reason = CONTROLS.sub(" ", query.get("hub.reason", ""))
        return Verdict(True, f"denied: {reason}"[:200])
    if not mode or mode != held.asked:
        return Verdict(False, "nothing of the kind was asked")
    if not challenge or len(challenge) > LONGEST_CHALLENGE:
        return Verdict(False, "no challenge")
    if mode == UNSUBSCRIBE:
        return Verdict(True, "unsubscribed")
    told = query.get("hub.lease_seconds", str(int(LEASE.total_seconds())))
    if not re.fullmatch(r"[0-9]{1,12}", told) or int(told) == 0:
        return Verdict(False, "no lease")
    return Verdict(True, "subscribed", min(timedelta(seconds=int(told)), LONGEST_LEASE))


def genuine(held: Subscription, signature: str, body: bytes, now: datetime) -> Verdict:
    """Whether the hub that knows the secret sent this body (section 7.1); compared in constant time."""
    if not is_active(held, now):
        return Verdict(False, "no running subscription")
    method, _, told = signature.strip().partition("=")
    if method.lower() not in METHODS:
        return Verdict(False, "no signature of a method that counts")
    own = hmac.new(held.secret.encode(), body, method.lower()).hexdigest()
    if not hmac.compare_digest(own.encode(), told.strip().lower().encode("utf-8", "replace")):
        return Verdict(False, "a wrong signature")
    return Verdict(True, f"signed by {method.lower()}")


def relaxed(at: datetime, held: Iterable[Subscription], new: int, now: datetime, most: float) -> datetime:
    """The time of the next poll where a hub delivers: not within six hours, or ``most`` seconds.

    A poll that found something new shows that its hub has missed it: the feed keeps its own pace.
    """
    trusted = any(is_active(one, now) and one.delivered_at for one in held)
    return max(at, now + min(RELAXED, timedelta(seconds=most))) if trusted and not new else at
