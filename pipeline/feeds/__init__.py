"""Bytes to a ParsedFeed, whatever the format.

RSS, RDF and Atom go to feedparser; JSON Feed, sitemaps, and what agencies deliver (NewsML-G2, ninjs) have short
readers of their own. :mod:`pipeline.feeds.apart` does the same in a child process.
"""

from __future__ import annotations

import codecs
import json
import re
import zlib
from dataclasses import replace
from datetime import datetime
from typing import Any

from pipeline.errors import FeedError
from pipeline.feeds.entry import Reading, plain, short, storable
from pipeline.feeds.jsonfeed import read_json_feed
from pipeline.feeds.newsml import read_newsml
from pipeline.feeds.ninjs import ninjs_items, read_ninjs
from pipeline.feeds.shape import check_shape
from pipeline.feeds.sitemap import read_sitemap
from pipeline.model import FeedEntry, ParsedFeed
from pipeline.text.url import MOST as MOST_KEY
from pipeline.text.url import bounded

__all__ = ["parse_feed", "plain"]

# What sitemaps may have when unpacked (sitemaps.org).
MOST = 50_000_000
GZIP = b"\x1f\x8b"
BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Without a byte order mark, "<?" and "{" tell (XML 1.0, appendix F).
STARTS = ((b"<\x00?\x00", "utf-16-le"), (b"\x00<\x00?", "utf-16-be"), (b"{\x00", "utf-16-le"), (b"\x00{", "utf-16-be"))
NEWSML = re.compile(r"<(?:\w+:)?(?:newsItem|packageItem|newsMessage)\b")
SITEMAP = re.compile(r"<(?:\w+:)?(?:urlset|sitemapindex)\b")


def parse_feed(
    body: bytes,
    *,
    url: str,
    media_type: str = "",
    charset: str = "",
    country: str = "",
    zone: str = "",
    now: datetime,
) -> ParsedFeed:
    """What the bytes of a feed say; entries without a usable link are told in ``problems``.

    ``zone`` (an IANA name) is the zone of clocks that name none, else ``country``'s. Dates more than a day ahead of
    ``now`` or before 1990 are dropped. One layer of gzip is unpacked. Raises FeedError for what is no feed, with what
    it is instead, and for shapes that no feed has.
    """
    body = _unpacked(body, url)
    if not body.strip():
        raise FeedError("an empty body", concerns=url, todo="look again later")
    parsed = storable(_parsed(body, media_type, charset, Reading(url, now, country, zone)))
    return replace(parsed, entries=tuple(_bounded(entry) for entry in parsed.entries))


def _bounded(entry: FeedEntry) -> FeedEntry:
    return entry if len(entry.key) <= MOST_KEY else replace(entry, key=bounded(entry.key))


def _parsed(body: bytes, media_type: str, charset: str, reading: Reading) -> ParsedFeed:
    start = _start(body)
    if start.startswith(("{", "[")):
        return _read_json(body, reading)
    check_shape(body, reading.url)
    if SITEMAP.search(start):
        return read_sitemap(body, reading)
    if NEWSML.search(start):
        return read_newsml(body, reading)
    # Its import takes longer than reading a feed of another kind.
    from pipeline.feeds.syndication import read_syndication

    return read_syndication(body, media_type, charset, reading)


def _unpacked(body: bytes, url: str) -> bytes:
    """Files named .gz come packed, without a word in the HTTP head."""
    if body.startswith(GZIP):
        unpacking = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            body = unpacking.decompress(body, MOST + 1)
        except zlib.error as error:
            raise FeedError(f"not gzip: {short(error)}", concerns=url, todo="look again later") from None
        if len(body) <= MOST and not unpacking.eof:
            raise FeedError("gzip that ends early", concerns=url, todo="look again later")
    if len(body) > MOST:
        raise FeedError(f"more than {MOST} bytes", concerns=url, todo="look at it")
    return body


def _encoding(body: bytes) -> tuple[str, int]:
    """What the first bytes say of the encoding, and how many of them are its mark."""
    for mark, name in BOMS:
        if body.startswith(mark):
            return name, len(mark)
    return next((name for start, name in STARTS if body.startswith(start)), "utf-8"), 0


def _start(body: bytes) -> str:
    encoding, mark = _encoding(body)
    return body[mark : mark + 8192].decode(encoding, "replace").lstrip()


def _read_json(body: bytes, reading: Reading) -> ParsedFeed:
    encoding, mark = _encoding(body)
    try:
        found: Any = json.loads(body[mark:].decode(encoding))
    except (ValueError, RecursionError) as error:
        raise FeedError(f"not JSON: {short(error)}", concerns=reading.url, todo="look at it") from None
    if items := ninjs_items(found):
        return read_ninjs(items, reading)
    if isinstance(found, dict) and isinstance(found.get("items"), list):
        return read_json_feed(found, reading)
    raise FeedError("JSON, but neither JSON Feed nor ninjs", concerns=reading.url, todo="find the feed's address")
