"""WebSub (W3C Recommendation, 23 January 2018), the subscriber's side: what to request of a hub, what to accept of it.

Pure: each decision is returned with its reason. ``pipeline.steps.hubs`` carries it out.
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
# Ten days is what public hubs grant; a longer lease is cut, so that each subscription is renewed every month.
LEASE = timedelta(days=10)
LONGEST_LEASE = timedelta(days=30)
# A subscription is checked when its feed is polled, at least once a day: there are two chances to renew it.
RENEW_BEFORE = timedelta(days=2)
ASK_AGAIN = timedelta(hours=6)
ASK_AGAIN_DENIED = timedelta(days=1)
# Hubs fail without notice: a feed whose hub delivers is polled more seldom, and still polled.
RELAXED = timedelta(hours=6)
# Section 8; sha1 is left out: the hub is free to use a stronger method.
METHODS = ("sha256", "sha384", "sha512")
TOKEN = re.compile(r"[\w-]{43}", re.ASCII)
LONGEST_CHALLENGE = 2_000
# Databases refuse NUL, and control characters act on terminals.
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
    """The request that is due to the hub, as a mode ('' none), and why."""

    mode: str
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a request of a hub is believed, and why; ``lease`` is what a verified subscription has."""

    believed: bool
    reason: str
    lease: timedelta | None = None


def offered(headers: Iterable[tuple[str, str]], url: str, parsed: ParsedFeed) -> Offer | None:
    """Return the hub of a feed at ``url`` and its topic: from the Link headers, else from the body (section 4).

    An http hub of an https feed is refused: it would send the secret in the clear.
    """
    linked = _links(headers, url)
    hub = linked.get("hub") or parsed.hub_url
    topic = linked.get("self") or parsed.self_url or url
    if not hub or (urlsplit(url).scheme.lower() == "https" and urlsplit(hub).scheme.lower() != "https"):
        return None
    return Offer(hub, topic)


def _links(headers: Iterable[tuple[str, str]], url: str) -> dict[str, str]:
    """Return by relation the first http(s) address in the Link headers (RFC 8288)."""
    addresses: dict[str, str] = {}
    for value in (value for name, value in headers if name.lower() == "link"):
        for target, parameters in LINK.findall(value):
            rel = REL.search(parameters)
            address = safe_http_url(urljoin(url, target))
            for word in (rel[1] or rel[2] or "").lower().split() if rel and address else ():
                addresses.setdefault(word, address or "")
    return addresses


def due(subscription: Subscription, offer: Offer | None, now: datetime) -> Step:
    """Return the request that is due to a subscription's hub; ``offer`` is None if the feed is not wanted, or names no
    hub."""
    denied = subscription.state is SubscriptionState.DENIED
    if now - subscription.asked_at < (ASK_AGAIN_DENIED if denied else ASK_AGAIN):
        return Step("", "asked not long ago")
    active = is_active(subscription, now)
    if offer != Offer(subscription.hub, subscription.topic):
        return Step(UNSUBSCRIBE, "not wanted any more") if active else Step("", "over")
    if active and subscription.lease_until and subscription.lease_until - now > RENEW_BEFORE:
        return Step("", "the lease has time left")
    return Step(SUBSCRIBE, "the lease ends soon" if active else f"it is {subscription.state.value}")


def is_active(subscription: Subscription, now: datetime) -> bool:
    """Return whether the hub has verified the subscription and its lease runs."""
    until = subscription.lease_until
    return subscription.state is SubscriptionState.ACTIVE and until is not None and until > now


def form(subscription: Subscription, callback: str, mode: str) -> dict[str, str]:
    """Return the form of a request to the hub (section 5.1); ``callback`` is the address that all subscriptions share,
    before the token."""
    address = f"{callback.rstrip('/')}/{subscription.token}"
    fields = {"hub.mode": mode, "hub.topic": subscription.topic, "hub.callback": address}
    if mode == SUBSCRIBE:
        fields |= {"hub.secret": subscription.secret, "hub.lease_seconds": str(int(LEASE.total_seconds()))}
    return fields


def verified(subscription: Subscription, query: Mapping[str, str]) -> Verdict:
    """Return whether a hub's verification matches the pending request (section 5.3): then its challenge is echoed."""
    mode, challenge = query.get("hub.mode", ""), query.get("hub.challenge", "")
    if query.get("hub.topic") != subscription.topic:
        return Verdict(False, "another topic")
    if mode == DENIED:
        reason = CONTROLS.sub(" ", query.get("hub.reason", ""))
        return Verdict(True, f"denied: {reason}"[:200])
    if not mode or mode != subscription.pending_mode:
        return Verdict(False, "no such request is pending")
    if not challenge or len(challenge) > LONGEST_CHALLENGE:
        return Verdict(False, "no challenge")
    if mode == UNSUBSCRIBE:
        return Verdict(True, "unsubscribed")
    seconds = query.get("hub.lease_seconds", str(int(LEASE.total_seconds())))
    if not re.fullmatch(r"[0-9]{1,12}", seconds) or int(seconds) == 0:
        return Verdict(False, "no lease")
    return Verdict(True, "subscribed", min(timedelta(seconds=int(seconds)), LONGEST_LEASE))


def genuine(subscription: Subscription, signature: str, body: bytes, now: datetime) -> Verdict:
    """Return whether the hub that knows the secret signed this body (section 7.1); compared in constant time."""
    if not is_active(subscription, now):
        return Verdict(False, "no running subscription")
    method, _, signed = signature.strip().partition("=")
    if method.lower() not in METHODS:
        return Verdict(False, "no signature of a method that counts")
    expected = hmac.new(subscription.secret.encode(), body, method.lower()).hexdigest()
    if not hmac.compare_digest(expected.encode(), signed.strip().lower().encode("utf-8", "replace")):
        return Verdict(False, "a wrong signature")
    return Verdict(True, f"signed by {method.lower()}")


def relaxed(at: datetime, subscriptions: Iterable[Subscription], new: int, now: datetime, most: float) -> datetime:
    """Return the time of the next poll: at least RELAXED, or ``most`` seconds, from ``now`` if a hub delivers.

    Entries that are new in a poll show that the hub has missed them: then the feed keeps its own pace.
    """
    trusted = any(is_active(subscription, now) and subscription.delivered_at for subscription in subscriptions)
    return max(at, now + min(RELAXED, timedelta(seconds=most))) if trusted and not new else at
