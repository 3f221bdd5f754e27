"""Where a site may have its feeds: what its page links to, where most sites have them, what robots.txt lists."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

from lxml import html
from lxml.etree import ParserError

from pipeline.text.url import safe_http_url

FEED_TYPE = re.compile(
    r"application/(rss|atom|rdf|feed)\+(xml|json)|application/json|text/xml|application/xml", re.IGNORECASE
)
FEED_PATH = re.compile(r"(^|[/._-])(rss|atom|feeds?|rdf)([/._-]|$)|\.rss$|/rss\d*\.xml$", re.IGNORECASE)
COMMENT_FEED = re.compile(r"comment", re.IGNORECASE)
COMMON_PATHS = ("/feed/", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml", "/feeds/", "/feed.json")
SITEMAP_LINE = re.compile(r"^[^\S\n]*sitemap\s*:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
NEWS_SITEMAP = re.compile(r"news", re.IGNORECASE)
MAX_CANDIDATES = 12


def linked_feeds(page: bytes, url: str) -> tuple[str, ...]:
    """Return the feeds that a page declares as alternates, those of comments last, then links that look like feeds."""
    try:
        tree = html.document_fromstring(page)
    except (ParserError, ValueError):
        return ()
    base = next((element.get("href") or "" for element in tree.iter("base")), "")
    alternates = [link for link in tree.iter("link") if "alternate" in (link.get("rel") or "").lower().split()]
    feeds = [link for link in alternates if FEED_TYPE.search(link.get("type") or "")]
    titles = {link.get("href") or "": link.get("title") or "" for link in feeds}
    linked = [a.get("href") or "" for a in tree.iter("a") if FEED_PATH.search(link_path(a.get("href") or ""))]
    ordered = sorted(titles, key=lambda href: bool(COMMENT_FEED.search(f"{href} {titles[href]}")))
    return _absolute_urls([*ordered, *linked], urljoin(url, base))


def common_feed_urls(url: str) -> tuple[str, ...]:
    """Return the addresses at which most sites have their feed."""
    return _absolute_urls(COMMON_PATHS, url)


def listed_sitemaps(robots: str, url: str) -> tuple[str, ...]:
    """Return the sitemaps that a robots.txt names (sitemaps.org), those for news first."""
    sitemaps = SITEMAP_LINE.findall(robots)
    return _absolute_urls(sorted(sitemaps, key=lambda sitemap: not NEWS_SITEMAP.search(sitemap)), url)


def link_path(href: str) -> str:
    """Return the path of a link; empty if it cannot be parsed."""
    try:
        return urlsplit(href).path
    except ValueError:
        return ""


def _absolute_urls(hrefs: list[str] | tuple[str, ...], base: str) -> tuple[str, ...]:
    urls = (safe_http_url(joined) for href in hrefs if href and (joined := _join_url(base, href)))
    return tuple(dict.fromkeys(url for url in urls if url))[:MAX_CANDIDATES]


def _join_url(base: str, href: str) -> str:
    try:
        return urljoin(base, href.strip())
    except ValueError:
        return ""
