"""Sitemaps (sitemaps.org) with the news extension, and indexes of sitemaps."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

from pipeline.errors import FeedError
from pipeline.feeds.entry import Reading, plain
from pipeline.feeds.xml import local, parsed_xml
from pipeline.model import ChildFeed, Dropped, FeedEntry, ParsedFeed
from pipeline.text.url import safe_http_url, url_key

# The namespace is often left out or misspelt, so elements go by their names.
NUMBERS = re.compile(r"\d+")
NEWS_NAME = re.compile(r"news|nachrichten|actu|notic", re.IGNORECASE)


def read_sitemap(body: bytes, reading: Reading) -> ParsedFeed:
    """A ParsedFeed of a sitemap, or of an index with the sitemaps it lists as ``children``, the newest first."""
    root = parsed_xml(body, reading.url)
    if local(root) == "sitemapindex":
        return ParsedFeed("sitemap-index", "", (), reading.problems(), children=_children(root, reading))
    if local(root) != "urlset" or not (len(root) or root.nsmap):
        raise FeedError("XML, but no sitemap", concerns=reading.url, todo="look at it")
    rows = (_entry(row, reading) for row in root if local(row) == "url")
    entries = reading.kept(rows)
    return ParsedFeed("sitemap", "", entries, reading.problems(), dropped=reading.dropped())


def _children(root: Any, reading: Reading) -> tuple[ChildFeed, ...]:
    found = []
    for row in root:
        told = _texts(row) if local(row) == "sitemap" else {}
        link = safe_http_url(urljoin(reading.url, told["loc"])) if told.get("loc") else None
        if link is not None and link != reading.url:
            modified = reading.moment(told.get("lastmod"))
            found.append(ChildFeed(link, modified.value if modified else None))
    if not found:
        raise FeedError("an index that lists no sitemap", concerns=reading.url, todo="look at it")
    return tuple(sorted(dict.fromkeys(found), key=_newness, reverse=True))


def _newness(child: ChildFeed) -> tuple[bool, datetime, list[int]]:
    """News before all else, then by time; where none is told, by the numbers in the name, which are often a date."""
    modified = child.modified or datetime.min.replace(tzinfo=UTC)
    name = child.url.rpartition("/")[2]
    return NEWS_NAME.search(name) is not None, modified, [int(number[:18]) for number in NUMBERS.findall(child.url)]


def _entry(row: Any, reading: Reading) -> FeedEntry | Dropped:
    told = _texts(row)
    location = told.get("loc", "")
    link = safe_http_url(location) or safe_http_url(urljoin(reading.url, location)) if location else None
    if link is None:
        return Dropped.BAD_LINK if location else Dropped.NO_LINK
    published = reading.moment(told.get("publication_date"))
    updated = reading.moment(told.get("lastmod"))
    return FeedEntry(
        key=url_key(link),
        url=link,
        title=plain(told.get("title"), 1000),
        published=published or updated,
        updated=updated,
        lang=told.get("language", "")[:16],
    )


def _texts(row: Any) -> dict[str, str]:
    """What the row says by the names of its elements, the first of each; images and videos aside."""
    found: dict[str, str] = {}
    for element in row:
        name = local(element)
        if name == "news":
            found = _texts(element) | found
        elif name not in ("image", "video"):
            found.setdefault(name, "".join(element.itertext()).strip())
    return found
