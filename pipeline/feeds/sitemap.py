"""Sitemaps (sitemaps.org) with the news extension, and indexes of sitemaps."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

from pipeline.errors import FeedError
from pipeline.feeds.entry import Reading
from pipeline.feeds.markup import plain_text
from pipeline.feeds.xml import local_name, parse_xml
from pipeline.model import ChildFeed, Dropped, FeedEntry, ParsedFeed
from pipeline.text.url import safe_http_url, url_key

# The namespace is often left out or misspelt, so elements go by their names.
NUMBERS = re.compile(r"\d+")
NEWS_NAME = re.compile(r"news|nachrichten|actu|notic", re.IGNORECASE)


def read_sitemap(body: bytes, reading: Reading) -> ParsedFeed:
    """Return the ParsedFeed of a sitemap, or of an index with its sitemaps as ``children``, the newest first."""
    root = parse_xml(body, reading.url)
    if local_name(root) == "sitemapindex":
        return ParsedFeed("sitemap-index", "", (), reading.problems(), children=_children(root, reading))
    if local_name(root) != "urlset" or not (len(root) or root.nsmap):
        raise FeedError("XML, but no sitemap", concerns=reading.url, todo="look at it")
    rows = (_url_entry(row, reading) for row in root if local_name(row) == "url")
    entries = reading.usable_entries(rows)
    return ParsedFeed("sitemap", "", entries, reading.problems(), dropped=reading.dropped_counts())


def _children(root: Any, reading: Reading) -> tuple[ChildFeed, ...]:
    children = []
    for row in root:
        texts = _text_by_name(row) if local_name(row) == "sitemap" else {}
        link = safe_http_url(urljoin(reading.url, texts["loc"])) if texts.get("loc") else None
        if link is not None and link != reading.url:
            modified = reading.moment(texts.get("lastmod"))
            children.append(ChildFeed(link, modified.value if modified else None))
    if not children:
        raise FeedError("an index that lists no sitemap", concerns=reading.url, todo="look at it")
    return tuple(sorted(dict.fromkeys(children), key=_newness, reverse=True))


def _newness(child: ChildFeed) -> tuple[bool, datetime, list[int]]:
    """Return the sort key: news first, then time; without a time, the numbers in the name, which are often a date."""
    modified = child.modified or datetime.min.replace(tzinfo=UTC)
    name = child.url.rpartition("/")[2]
    return NEWS_NAME.search(name) is not None, modified, [int(number[:18]) for number in NUMBERS.findall(child.url)]


def _url_entry(row: Any, reading: Reading) -> FeedEntry | Dropped:
    texts = _text_by_name(row)
    location = texts.get("loc", "")
    link = safe_http_url(location) or safe_http_url(urljoin(reading.url, location)) if location else None
    if link is None:
        return Dropped.BAD_LINK if location else Dropped.NO_LINK
    published = reading.moment(texts.get("publication_date"))
    updated = reading.moment(texts.get("lastmod"))
    return FeedEntry(
        key=url_key(link),
        url=link,
        title=plain_text(texts.get("title"), 1000),
        published=published or updated,
        updated=updated,
        lang=texts.get("language", "")[:16],
    )


def _text_by_name(row: Any) -> dict[str, str]:
    """Return the texts of a row's elements by name, the first of each; images and videos left out."""
    texts: dict[str, str] = {}
    for element in row:
        name = local_name(element)
        if name == "news":
            texts = _text_by_name(element) | texts
        elif name not in ("image", "video"):
            texts.setdefault(name, "".join(element.itertext()).strip())
    return texts
