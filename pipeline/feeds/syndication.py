"""RSS, RDF and Atom by feedparser: the one import of it.

It is handed UTF-8 bytes, read from the feed's as browsers read a page's (a string would be fetched or opened; its own
guess reads a whole feed wrongly for one broken character), with its sanitiser off: nothing of a feed is shown as
markup, and links are held to plain http(s) here.
"""

from __future__ import annotations

import io
import re
from calendar import timegm
from collections import Counter
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

import feedparser

from pipeline.errors import FeedError
from pipeline.feeds.entry import Reading, first_line, plain_text
from pipeline.model import Basis, Dropped, FeedEntry, Moment, ParsedFeed, Precision
from pipeline.text.dates import read_moment
from pipeline.text.encodings import decode_page
from pipeline.text.rhythm import feed_hints
from pipeline.text.url import safe_http_url, url_key

DECLARATION = re.compile(r"\A\s*<\?xml\b[^>]{0,200}\?>")
HTML_START = re.compile(rb"^\s*(<!doctype html|<html)", re.IGNORECASE)


def read_syndication(body: bytes, media_type: str, charset: str, reading: Reading) -> ParsedFeed:
    """Return the ParsedFeed of RSS 0.9x to 2.0, RDF or Atom. Raises FeedError for anything else."""
    url = reading.url
    headers = {"content-location": url} if url else {}
    if media_type:
        headers["content-type"] = f"{media_type}; charset=utf-8"
    text = decode_page(body, charset)
    parsed = feedparser.parse(
        io.BytesIO(_as_utf8(text)), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
    )
    if not parsed.get("version") and not parsed.entries:
        kind = "HTML" if HTML_START.match(body) else "something else"
        raise FeedError(f"{kind} instead of a feed", concerns=url, todo="find the feed's new address")
    base = parsed.feed.get("link") or url
    shared = _shared_guids(parsed.entries)
    entries = reading.usable_entries(_row_entry(row, url or base, base, shared, reading) for row in parsed.entries)
    broken = f"not well-formed: {first_line(parsed.bozo_exception)}" if _is_broken(parsed, media_type) else ""
    title = plain_text(parsed.feed.get("title"), 300)
    self_url, hub = (_first_link(parsed.feed, rel, url) for rel in ("self", "hub"))
    return ParsedFeed(
        parsed.get("version") or "unknown",
        title,
        entries,
        reading.problems(broken, _unread(text, body)),
        self_url=self_url,
        dropped=reading.dropped_counts(),
        hints=feed_hints(body),
        hub_url=hub,
    )


def _as_utf8(text: str) -> bytes:
    """Return the feed in UTF-8, under a declaration that says so."""
    return DECLARATION.sub('<?xml version="1.0" encoding="utf-8"?>', text, count=1).encode()


def _unread(text: str, body: bytes) -> str:
    """Return how many characters no encoding reads, in words; those that the feed itself spells are read."""
    count = text.count("\ufffd") - body.count("\ufffd".encode())
    return f"{count} characters that its encoding does not have" if count > 0 else ""


def _is_broken(parsed: Any, media_type: str) -> bool:
    """Return whether the XML is broken; feedparser counts a missing media type as well, and a file has none."""
    untyped = isinstance(parsed.get("bozo_exception"), feedparser.NonXMLContentType) and not media_type
    return bool(parsed.get("bozo")) and not untyped


def _first_link(feed: Any, rel: str, url: str) -> str:
    """Return the first http(s) address that the feed links to as ``rel`` (``self``, ``hub``); '' without one."""
    hrefs = (str(link.get("href") or "") for link in feed.get("links", ()) if link.get("rel") == rel)
    return next((link for href in hrefs if href and (link := safe_http_url(urljoin(url, href)))), "")


def _shared_guids(rows: Any) -> frozenset[str]:
    """Return the guids that several entries carry with different links: they identify none of them."""
    pairs = {(str(row.get("id") or "").strip(), str(row.get("link") or "")) for row in rows}
    links = Counter(guid for guid, _link in pairs)
    return frozenset(guid for guid, count in links.items() if count > 1)


def _row_entry(row: Any, url: str, base: str, shared: frozenset[str], reading: Reading) -> FeedEntry | Dropped:
    link = _link(row, url, base)
    guid = str(row.get("id") or "").strip()
    if isinstance(link, Dropped):
        return link
    return FeedEntry(
        key=guid if guid and guid not in shared else url_key(link),
        url=link,
        title=plain_text(row.get("title"), 1000),
        summary=plain_text(row.get("summary")),
        content=_content(row),
        authors=_authors(row),
        # RSS 1.0 has one dc:date for an item, which feedparser files as the time of its update.
        published=_moment(row, "published", reading) or _moment(row, "updated", reading),
        updated=_moment(row, "updated", reading),
        lang=str((row.get("title_detail") or {}).get("language") or ""),
        source_url=str((row.get("source") or {}).get("href") or ""),
    )


def _link(row: Any, url: str, base: str) -> str | Dropped:
    guid = str(row.get("id") or "")
    # A feed that was passed through a counting service names the outlet's own address beside its own.
    links = [
        row.get("feedburner_origlink"),
        row.get("link"),
        *(link.get("href") for link in row.get("links", ())),
        guid,
    ]
    usable = [link for link in links if link and (link is not guid or guid.startswith("http"))]
    for candidate in usable:
        link = safe_http_url(urljoin(base if base.startswith("http") else url, str(candidate).strip()))
        if link:
            return link
    return Dropped.BAD_LINK if usable else Dropped.NO_LINK


def _content(row: Any) -> str:
    parts = [part.get("value") or "" for part in row.get("content", ())]
    return max(parts, key=len, default="")


def _authors(row: Any) -> tuple[str, ...]:
    names = [plain_text(author.get("name"), 200) for author in row.get("authors", ())] or [
        plain_text(row.get("author"), 200)
    ]
    return tuple(dict.fromkeys(name for name in names if name))


def _moment(row: Any, name: str, reading: Reading) -> Moment | None:
    """Return the time, from the raw text by our zone table first: feedparser takes unknown zone names for UTC."""
    at = read_moment(str(row.get(name) or "") if name in row else "", Basis.FEED, reading.country, reading.zone)
    parsed = row.get(f"{name}_parsed") if name in row else None
    if at is None and parsed:
        try:
            at = Moment(datetime.fromtimestamp(timegm(parsed), UTC), Precision.SECOND, Basis.FEED)
        except (ValueError, OverflowError):
            return None
    return reading.plausible_moment(at)
