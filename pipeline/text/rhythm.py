"""When a feed asks to be read: ttl, skipHours and skipDays of RSS 2.0, and the syndication module of RSS 1.0.

Read from the bytes, since feedparser keeps one of several hours and days; entries, where the same words may stand as
text, are left out.
"""

from __future__ import annotations

import re

from pipeline.model import FeedHints

# One that does not end runs to the end: else each of many would be looked through to there.
COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)", re.DOTALL)
FIRST_ENTRY = re.compile(rb"<(?:\w{1,20}:)?(?:item|entry)[\s>]")
LAST_ENTRY = b"</item>"
TTL = re.compile(rb"<ttl>\s{0,20}(\d{1,7})\s{0,20}</ttl>")
PERIOD = re.compile(rb"<(?:\w{1,20}:)?updatePeriod(?:\s[^>]{0,200})?>\s{0,20}(\w{1,10})\s{0,20}</")
FREQUENCY = re.compile(rb"<(?:\w{1,20}:)?updateFrequency(?:\s[^>]{0,200})?>\s{0,20}(\d{1,5})\s{0,20}</")
SKIP_HOURS = re.compile(rb"<skipHours>(.{0,2000}?)</skipHours>", re.DOTALL)
SKIP_DAYS = re.compile(rb"<skipDays>(.{0,2000}?)</skipDays>", re.DOTALL)
HOUR = re.compile(rb"<hour>\s{0,20}(\d{1,2})\s{0,20}</hour>")
DAY = re.compile(rb"<day>\s{0,20}(\w{1,10})\s{0,20}</day>")
DAYS = (b"monday", b"tuesday", b"wednesday", b"thursday", b"friday", b"saturday", b"sunday")
PERIODS = {
    b"hourly": 3600.0,
    b"daily": 86_400.0,
    b"weekly": 604_800.0,
    b"monthly": 2_592_000.0,
    b"yearly": 31_536_000.0,
}
# What a channel says of itself stands within this; a longer head is searched no further.
MOST = 65_536


def feed_hints(body: bytes) -> FeedHints:
    """What the channel says of itself. The longer of ttl and the update period counts."""
    channel = _channel(body)
    hours = {int(hour) % 24 for hour in _inside(SKIP_HOURS, HOUR, channel)}
    days = {DAYS.index(day.lower()) for day in _inside(SKIP_DAYS, DAY, channel) if day.lower() in DAYS}
    # All hours or all days would mean never: nobody means that.
    return FeedHints(
        interval=max(_ttl(channel), _period(channel)),
        skip_hours=tuple(sorted(hours)) if len(hours) < 24 else (),
        skip_days=tuple(sorted(days)) if len(days) < 7 else (),
    )


def _channel(body: bytes) -> bytes:
    """The feed without its entries and comments; without NULs, UTF-16 reads as the ASCII these words are made of."""
    body = body.replace(b"\0", b"") if b"\0" in body[:512] else body
    first = FIRST_ENTRY.search(body)
    head = body[: first.start()] if first else body
    tail = body[body.rfind(LAST_ENTRY) :] if first and LAST_ENTRY in body else b""
    return COMMENT.sub(b"", head[:MOST]) + COMMENT.sub(b"", tail[:MOST])


def _inside(outer: re.Pattern[bytes], inner: re.Pattern[bytes], channel: bytes) -> list[bytes]:
    match = outer.search(channel)
    return inner.findall(match[1]) if match else []


def _ttl(channel: bytes) -> float:
    match = TTL.search(channel)
    return int(match[1]) * 60.0 if match else 0.0


def _period(channel: bytes) -> float:
    match, times = PERIOD.search(channel), FREQUENCY.search(channel)
    if not match:
        return 0.0
    return PERIODS.get(match[1].lower(), 0.0) / max(int(times[1]) if times else 1, 1)
