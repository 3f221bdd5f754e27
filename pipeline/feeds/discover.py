"""Where a site may have its feeds: what its page links to, where most sites have them, what robots.txt lists."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

from lxml import html
from lxml.etree import ParserError

from pipeline.text.url import safe_http_url

TYPES = re.compile(
    r"application/(rss|atom|rdf|feed)\+(xml|json)|application/json|text/xml|application/xml", re.IGNORECASE
)
LOOKS_LIKE_FEED = re.compile(r"(^|[/._-])(rss|atom|feeds?|rdf)([/._-]|$)|\.rss$|/rss\d*\.xml$", re.IGNORECASE)
COMMENTS = re.compile(r"comment", re.IGNORECASE)
COMMON = ("/feed/", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml", "/feeds/", "/feed.json")
SITEMAP_LINE = re.compile(r"^[^\S\n]*sitemap\s*:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
NEWS = re.compile(r"news", re.IGNORECASE)
MOST = 12


def linked_feeds(page: bytes, url: str) -> tuple[str, ...]:
    """What the page calls its alternates, then what it links to that looks like a feed; comments' feeds last."""
    try:
        tree = html.document_fromstring(page)
    except (ParserError, ValueError):
        return ()
    base = next((element.get("href") or "" for element in tree.iter("base")), "")
    told = [link for link in tree.iter("link") if "alternate" in (link.get("rel") or "").lower().split()]
    named = [link for link in told if TYPES.search(link.get("type") or "")]
    titles = {link.get("href") or "": link.get("title") or "" for link in named}
    linked = [a.get("href") or "" for a in tree.iter("a") if LOOKS_LIKE_FEED.search(urlsplit_path(a.get("href") or ""))]
    ordered = sorted(titles, key=lambda href: bool(COMMENTS.search(f"{href} {titles[href]}")))
    return _absolute([*ordered, *linked], urljoin(url, base))


def common_places(url: str) -> tuple[str, ...]:
    """Where the site's feed stands, if it stands where most do."""
    return _absolute(COMMON, url)


def listed_sitemaps(robots: str, url: str) -> tuple[str, ...]:
    """The sitemaps that a robots.txt names (sitemaps.org), those for news first."""
    found = SITEMAP_LINE.findall(robots)
    return _absolute(sorted(found, key=lambda one: not NEWS.search(one)), url)


def urlsplit_path(href: str) -> str:
    """The path of a link; empty where it is none."""
    try:
        return urlsplit(href).path
    except ValueError:
        return ""


def _absolute(hrefs: list[str] | tuple[str, ...], base: str) -> tuple[str, ...]:
    found = (safe_http_url(joined) for href in hrefs if href and (joined := _joined(base, href)))
    return tuple(dict.fromkeys(one for one in found if one))[:MOST]


def _joined(base: str, href: str) -> str:
    try:
        return urljoin(base, href.strip())
    except ValueError:
        return ""
