"""Lists of feeds as OPML 2.0 (opml.org), the form in which feed readers hand them on.

OPML knows no outlet, country or zone: what is exported carries them in a namespace of its own, and comes back whole.
"""

from __future__ import annotations

import io
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from lxml import etree

from pipeline.errors import FeedError
from pipeline.feeds.markup import plain_text
from pipeline.feeds.shape import check_shape
from pipeline.feeds.xml import local_name, parse_xml, xml_text
from pipeline.model import FeedSpec
from pipeline.text.url import safe_http_url, url_key
from pipeline.text.zones import iana_zone

NAMESPACE = "https://copydesk.invalid/ns/opml"
LANG = re.compile(r"[A-Za-z]{2,3}")
# What separates an outlet's name from a section's.
SEPARATORS = re.compile(r"[\s\-–—|:·,»(]+$")
COUNTRY = re.compile(r"[A-Za-z]{2}")


def read_opml(body: bytes, concerns: str = "") -> tuple[FeedSpec, ...]:
    """Return the feeds that a list names, each address once; what is no http(s) address is left out.

    Feeds of one site are one outlet's: it is called by the words that their titles begin with, else by its host.
    Raises FeedError, which names ``concerns``.
    """
    check_shape(body, concerns)
    root = parse_xml(body, concerns)
    if local_name(root) != "opml":
        raise FeedError("no OPML", concerns=concerns, todo="export the list of feeds as OPML")
    outlines = {url: outline for outline in root.iter() if (url := _feed_url(outline))}
    outlets = _outlet_by_url(outlines)
    return tuple(_feed_spec(url, outline, outlets[url]) for url, outline in outlines.items())


def write_opml(feeds: Sequence[FeedSpec], title: str = "Copydesk feeds") -> bytes:
    """Return an OPML document of these feeds, a folder an outlet. Characters that XML cannot hold are left out."""
    by_outlet: dict[str, list[FeedSpec]] = defaultdict(list)
    for feed in feeds:
        by_outlet[feed.outlet].append(feed)
    file = io.BytesIO()
    # Twice as fast as a tree that is built to be written.
    with etree.xmlfile(file, encoding="UTF-8") as xml:
        xml.write_declaration()
        with xml.element("opml", version="2.0", nsmap={"copydesk": NAMESPACE}):
            _write_head(xml, title)
            with xml.element("body"):
                for outlet, of_outlet in by_outlet.items():
                    _write_folder(xml, outlet, of_outlet)
    return file.getvalue()


def _write_head(xml: Any, title: str) -> None:
    with xml.element("head"), xml.element("title"):
        xml.write(xml_text(title))
    xml.write("\n")


def _write_folder(xml: Any, outlet: str, feeds: Sequence[FeedSpec]) -> None:
    xml.write("\n")
    with xml.element("outline", text=xml_text(outlet)):
        for feed in feeds:
            xml.write("\n")
            with xml.element("outline", _attributes(feed)):
                pass


def _attributes(feed: FeedSpec) -> dict[str, str]:
    attributes = {
        "type": "rss",
        "text": feed.outlet,
        "title": feed.outlet,
        "xmlUrl": feed.url,
        "language": feed.lang,
        f"{{{NAMESPACE}}}outlet": feed.outlet,
        f"{{{NAMESPACE}}}country": feed.country,
        f"{{{NAMESPACE}}}zone": feed.zone,
        f"{{{NAMESPACE}}}full_text": "true" if feed.full_text else "",
        f"{{{NAMESPACE}}}preferred": "true" if feed.preferred else "",
    }
    return {name: xml_text(value) for name, value in attributes.items() if value}


def _feed_url(outline: Any) -> str | None:
    address = outline.get("xmlUrl") or outline.get("xmlurl") if local_name(outline) == "outline" else None
    return safe_http_url(address) if address else None


def _feed_spec(url: str, outline: Any, outlet: str) -> FeedSpec:
    lang, country, zone = outline.get("language") or "", _extension(outline, "country"), _extension(outline, "zone")
    return FeedSpec(
        url=url,
        outlet=_extension(outline, "outlet") or outlet,
        country=country.upper() if COUNTRY.fullmatch(country) else "",
        lang=lang[:16].lower() if LANG.match(lang) and lang != "unknown" else "",
        full_text=_extension(outline, "full_text") == "true",
        preferred=_extension(outline, "preferred") == "true",
        zone=zone if iana_zone(zone) else "",
    )


def _extension(outline: Any, name: str) -> str:
    """Return the attribute of that name in Copydesk's namespace."""
    return plain_text(outline.get(f"{{{NAMESPACE}}}{name}"), 200)


def _title(outline: Any) -> str:
    return plain_text(outline.get("title"), 200) or plain_text(outline.get("text"), 200)


def _outlet_by_url(outlines: dict[str, Any]) -> dict[str, str]:
    """Return what the outlet of each feed is called, by the feed's address."""
    sites: dict[str, list[str]] = defaultdict(list)
    for url, outline in outlines.items():
        sites[_site(url, outline)].append(url)
    names: dict[str, str] = {}
    for site, urls in sites.items():
        titles = [_title(outlines[url]) for url in urls]
        names |= dict.fromkeys(urls, SEPARATORS.sub("", " ".join(_common_words(titles))) or site)
    return names


def _site(url: str, outline: Any) -> str:
    home = safe_http_url(outline.get("htmlUrl") or "") or url
    return urlsplit(f"http:{url_key(home)}").hostname or url


def _common_words(titles: Sequence[str]) -> Iterator[str]:
    """Yield the words that all titles begin with."""
    for words in zip(*(title.split() for title in titles), strict=False):
        if len(set(words)) > 1:
            return
        yield words[0]
