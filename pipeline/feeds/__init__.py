"""Bytes to a ParsedFeed, whatever the format.

RSS, RDF and Atom go to feedparser; JSON Feed, sitemaps, and what agencies deliver (NewsML-G2, ninjs) have readers
of their own. :mod:`pipeline.feeds.apart` does the same in a child process.
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
from pipeline.feeds.entry import Reading, first_line, storable_record
from pipeline.feeds.jsonfeed import read_json_feed
from pipeline.feeds.newsml import read_newsml
from pipeline.feeds.ninjs import ninjs_items, read_ninjs
from pipeline.feeds.shape import check_shape
from pipeline.feeds.sitemap import read_sitemap
from pipeline.model import FeedEntry, ParsedFeed
from pipeline.text.url import MOST as MAX_KEY
from pipeline.text.url import bounded

__all__ = ["parse_feed"]

# Bytes that a sitemap may have when unpacked (sitemaps.org).
MAX_UNPACKED = 50_000_000
GZIP = b"\x1f\x8b"
BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Without a byte order mark, "<?" and "{" tell (XML 1.0, appendix F).
UTF16_STARTS = (
    (b"<\x00?\x00", "utf-16-le"),
    (b"\x00<\x00?", "utf-16-be"),
    (b"{\x00", "utf-16-le"),
    (b"\x00{", "utf-16-be"),
)
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
    lang: str = "",
    now: datetime,
) -> ParsedFeed:
    """Return what the bytes of a feed say; entries without a usable link are counted in ``problems``.

    ``zone`` (an IANA name) is the zone of clocks that name none, else ``country``'s; ``lang`` (BCP 47) the
    language of dates where the feed names none. Dates more than a day ahead of
    ``now`` or before 1990 are dropped. One layer of gzip is unpacked. Raises FeedError for what is no feed, with what
    it is instead, and for shapes that no feed has.
    """
    body = _gunzip(body, url)
    if not body.strip():
        raise FeedError("an empty body", concerns=url, todo="look again later")
    parsed = storable_record(_parse(body, media_type, charset, Reading(url, now, country, zone, lang)))
    return replace(parsed, entries=tuple(_bound_key(entry) for entry in parsed.entries))


def _bound_key(entry: FeedEntry) -> FeedEntry:
    return entry if len(entry.key) <= MAX_KEY else replace(entry, key=bounded(entry.key))


def _parse(body: bytes, media_type: str, charset: str, reading: Reading) -> ParsedFeed:
    start = _first_characters(body)
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


def _gunzip(body: bytes, url: str) -> bytes:
    """Unpack one layer of gzip, which files named .gz have without a Content-Encoding header. Raises FeedError."""
    if body.startswith(GZIP):
        unpacking = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            body = unpacking.decompress(body, MAX_UNPACKED + 1)
        except zlib.error as error:
            raise FeedError(f"not gzip: {first_line(error)}", concerns=url, todo="look again later") from None
        if len(body) <= MAX_UNPACKED and not unpacking.eof:
            raise FeedError("gzip that ends early", concerns=url, todo="look again later")
    if len(body) > MAX_UNPACKED:
        raise FeedError(f"more than {MAX_UNPACKED} bytes", concerns=url, todo="look at it")
    return body


def _encoding(body: bytes) -> tuple[str, int]:
    """Return the encoding that the first bytes show, and the length of its byte order mark."""
    for mark, name in BOMS:
        if body.startswith(mark):
            return name, len(mark)
    return next((name for start, name in UTF16_STARTS if body.startswith(start)), "utf-8"), 0


def _first_characters(body: bytes) -> str:
    encoding, mark = _encoding(body)
    return body[mark : mark + 8192].decode(encoding, "replace").lstrip()


def _read_json(body: bytes, reading: Reading) -> ParsedFeed:
    encoding, mark = _encoding(body)
    try:
        value = _json_value(body[mark:].decode(encoding))
    except (ValueError, RecursionError) as error:
        raise FeedError(f"not JSON: {first_line(error)}", concerns=reading.url, todo="look at it") from None
    if items := ninjs_items(value):
        return read_ninjs(items, reading)
    if isinstance(value, dict) and isinstance(value.get("items"), list):
        return read_json_feed(value, reading)
    raise FeedError("JSON, but neither JSON Feed nor ninjs", concerns=reading.url, todo="find the feed's address")


def _json_value(text: str) -> Any:
    """Return a JSON value, or the list of those that are a line each. Raises ValueError, RecursionError."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        if "\n" not in text[: error.pos]:
            raise
    return [json.loads(line) for line in text.split("\n") if line.strip()]
