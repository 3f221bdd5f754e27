"""Bytes to a ParsedFeed: RSS, RDF and Atom by feedparser, JSON Feed and sitemaps by their own short readers.

The one import of feedparser. It is handed bytes only (a string would be fetched or opened), with its sanitiser
off: nothing of a feed is shown as markup, and links are held to plain http(s) here.
"""

from __future__ import annotations

import html
import io
import json
import re
from calendar import timegm
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

from lxml import etree

from pipeline.errors import FeedError
from pipeline.model import Basis, Dropped, FeedEntry, Moment, ParsedFeed, Precision
from pipeline.text.dates import read_moment, sane
from pipeline.text.rhythm import feed_hints
from pipeline.text.url import safe_http_url, url_key

TAG = re.compile(r"<[^<>]*>")
SPACE = re.compile(r"\s+")
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
NEWS = "{http://www.google.com/schemas/sitemap-news/0.9}"
LOOKS_HTML = re.compile(rb"^\s*(<!doctype html|<html)", re.IGNORECASE)
SUMMARY_MOST = 5_000


def parse_feed(
    body: bytes, *, url: str, media_type: str = "", charset: str = "", country: str = "", now: datetime
) -> ParsedFeed:
    """What the bytes of a feed say; entries without a usable link are told in ``problems``.

    Dates more than a day ahead of ``now`` are dropped. Raises FeedError for what is no feed.
    """
    if not body.strip():
        raise FeedError("an empty body", concerns=url, todo="look again later")
    start = body[:512].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith((b"{", b"[")):
        return _json_feed(body, url, country, now)
    if b"<urlset" in body[:4096] or b"<sitemapindex" in body[:4096]:
        return _sitemap(body, url, country, now)
    return _syndication(body, url, media_type, charset, country, now)


def plain(text: object, most: int = SUMMARY_MOST) -> str:
    """Text without tags, entities decoded, white space folded."""
    if not isinstance(text, str):
        return ""
    return SPACE.sub(" ", html.unescape(TAG.sub(" ", text[: most * 4]))).strip()[:most]


# ---------------------------------------------------------------- RSS, RDF, Atom


def _syndication(body: bytes, url: str, media_type: str, charset: str, country: str, now: datetime) -> ParsedFeed:
    import feedparser

    headers = {"content-location": url} if url else {}
    if media_type:
        headers["content-type"] = media_type + (f"; charset={charset}" if charset else "")
    parsed = feedparser.parse(
        io.BytesIO(body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
    )
    if not parsed.get("version") and not parsed.entries:
        what = "HTML" if LOOKS_HTML.match(body) else "something else"
        raise FeedError(f"{what} instead of a feed", concerns=url, todo="find the feed's new address")
    base = parsed.feed.get("link") or url
    problems = [f"not well-formed: {_short(parsed.bozo_exception)}"] if parsed.get("bozo") else []
    entries, dropped = _kept((_entry(row, url or base, base, country, now) for row in parsed.entries), problems)
    title = plain(parsed.feed.get("title"), 300)
    return ParsedFeed(parsed.get("version") or "unknown", title, entries, tuple(problems), dropped, feed_hints(body))


def _short(error: object) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:160]


def _kept(
    found: Iterable[FeedEntry | Dropped], problems: list[str]
) -> tuple[tuple[FeedEntry, ...], tuple[tuple[Dropped, int], ...]]:
    """The entries, and how many of the rest were dropped for which reason."""
    rows = list(found)
    kept = tuple(row for row in rows if isinstance(row, FeedEntry))
    dropped = Counter(row for row in rows if isinstance(row, Dropped))
    if dropped:
        problems.append(f"{dropped.total()} entries have no usable link")
    return kept, tuple(sorted(dropped.items()))


def _entry(row: Any, url: str, base: str, country: str, now: datetime) -> FeedEntry | Dropped:
    link = _link(row, url, base)
    guid = str(row.get("id") or "").strip()
    if isinstance(link, Dropped):
        return link
    return FeedEntry(
        key=guid or url_key(link),
        url=link,
        title=plain(row.get("title"), 1000),
        summary=plain(row.get("summary")),
        content=_content(row),
        authors=_authors(row),
        # RSS 1.0 has one dc:date for an item, which feedparser files as the time of its update.
        published=_moment(row, "published", country, now) or _moment(row, "updated", country, now),
        updated=_moment(row, "updated", country, now),
        lang=str((row.get("title_detail") or {}).get("language") or ""),
        source_url=str((row.get("source") or {}).get("href") or ""),
    )


def _link(row: Any, url: str, base: str) -> str | Dropped:
    guid = str(row.get("id") or "")
    links = [row.get("link"), *(link.get("href") for link in row.get("links", ())), guid]
    told = [link for link in links if link and (link is not guid or guid.startswith("http"))]
    for link in told:
        found = safe_http_url(urljoin(base if base.startswith("http") else url, str(link).strip()))
        if found:
            return found
    return Dropped.BAD_LINK if told else Dropped.NO_LINK


def _content(row: Any) -> str:
    parts = [part.get("value") or "" for part in row.get("content", ())]
    return max(parts, key=len, default="")


def _authors(row: Any) -> tuple[str, ...]:
    names = [plain(author.get("name"), 200) for author in row.get("authors", ())] or [plain(row.get("author"), 200)]
    return tuple(dict.fromkeys(name for name in names if name))


def _moment(row: Any, name: str, country: str, now: datetime) -> Moment | None:
    """The raw text with our zone table first: feedparser reads unknown zone names as UTC without a word."""
    at = read_moment(str(row.get(name) or ""), Basis.FEED, country)
    parsed = row.get(f"{name}_parsed") if name in row else None
    if at is None and parsed:
        try:
            at = Moment(datetime.fromtimestamp(timegm(parsed), UTC), Precision.SECOND, Basis.FEED)
        except (ValueError, OverflowError):
            return None
    return sane(at, now)


# ---------------------------------------------------------------- JSON Feed


def _json_feed(body: bytes, url: str, country: str, now: datetime) -> ParsedFeed:
    """JSON Feed 1 and 1.1 (jsonfeed.org)."""
    try:
        feed = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise FeedError(f"not JSON: {_short(error)}", concerns=url, todo="look at it") from None
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        raise FeedError("JSON, but no JSON Feed", concerns=url, todo="find the feed's address")
    problems: list[str] = []
    rows = (_json_entry(row, url, country, now, str(feed.get("language") or "")) for row in feed["items"])
    version = "json11" if str(feed.get("version", "")).endswith("1.1") else "json1"
    entries, dropped = _kept(rows, problems)
    return ParsedFeed(version, plain(feed.get("title"), 300), entries, tuple(problems), dropped)


def _json_entry(row: Any, url: str, country: str, now: datetime, lang: str) -> FeedEntry | Dropped:
    if not isinstance(row, dict):
        return Dropped.NOT_AN_ENTRY
    told = str(row.get("url") or row.get("external_url") or row.get("id") or "")
    link = safe_http_url(urljoin(url, told)) if told else None
    if link is None:
        return Dropped.BAD_LINK if told else Dropped.NO_LINK
    people = row.get("authors") if isinstance(row.get("authors"), list) else [row.get("author")]
    names = [plain(person.get("name"), 200) for person in people or () if isinstance(person, dict)]
    return FeedEntry(
        key=str(row.get("id") or url_key(link)),
        url=link,
        title=plain(row.get("title"), 1000),
        summary=plain(row.get("summary") or row.get("content_text")),
        content=str(row.get("content_html") or ""),
        authors=tuple(name for name in names if name),
        published=sane(read_moment(str(row.get("date_published") or ""), Basis.FEED, country), now),
        updated=sane(read_moment(str(row.get("date_modified") or ""), Basis.FEED, country), now),
        lang=str(row.get("language") or lang),
    )


# ---------------------------------------------------------------- sitemaps


def _sitemap(body: bytes, url: str, country: str, now: datetime) -> ParsedFeed:
    """Sitemaps (sitemaps.org) with the news extension."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, recover=True)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise FeedError(f"not XML: {_short(error)}", concerns=url, todo="look at it") from None
    if root is None:
        raise FeedError("not XML", concerns=url, todo="look at it")
    if root.tag == f"{SITEMAP}sitemapindex":
        raise FeedError("an index of sitemaps", concerns=url, todo="poll the sitemaps it lists")
    if root.tag != f"{SITEMAP}urlset":
        raise FeedError("XML, but no sitemap", concerns=url, todo="look at it")
    problems: list[str] = []
    rows = (_sitemap_entry(row, url, country, now) for row in root.iter(f"{SITEMAP}url"))
    entries, dropped = _kept(rows, problems)
    return ParsedFeed("sitemap", "", entries, tuple(problems), dropped)


def _sitemap_entry(row: Any, url: str, country: str, now: datetime) -> FeedEntry | Dropped:
    told = (row.findtext(f"{SITEMAP}loc") or "").strip()
    link = safe_http_url(urljoin(url, told)) if told else None
    if link is None:
        return Dropped.BAD_LINK if told else Dropped.NO_LINK
    published = row.findtext(f".//{NEWS}publication_date") or ""
    updated = row.findtext(f"{SITEMAP}lastmod") or ""
    return FeedEntry(
        key=url_key(link),
        url=link,
        title=plain(row.findtext(f".//{NEWS}title"), 1000),
        published=sane(read_moment(published or updated, Basis.FEED, country), now),
        updated=sane(read_moment(updated, Basis.FEED, country), now),
        lang=(row.findtext(f".//{NEWS}language") or "").strip(),
    )
