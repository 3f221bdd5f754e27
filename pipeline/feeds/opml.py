"""Lists of feeds as OPML 2.0 (opml.org), the form in which feed readers hand them on.

OPML knows no outlet, country or zone: what is exported carries them in a namespace of its own, and comes back whole.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from lxml import etree

from pipeline.errors import FeedError
from pipeline.feeds.entry import plain
from pipeline.feeds.shape import check_shape
from pipeline.feeds.xml import local, parsed_xml
from pipeline.model import FeedSpec
from pipeline.text.url import safe_http_url, url_key
from pipeline.text.zones import iana_zone

OWN = "https://copydesk.invalid/ns/opml"
LANG = re.compile(r"[A-Za-z]{2,3}")
# What separates an outlet's name from a section's.
LOOSE = re.compile(r"[\s\-–—|:·,»(]+$")
COUNTRY = re.compile(r"[A-Za-z]{2}")


def read_opml(body: bytes, concerns: str = "") -> tuple[FeedSpec, ...]:
    """The feeds it lists, each address once; what is no http(s) address is left out. Raises FeedError.

    Feeds of one site are one outlet's: it is called by the words that their titles begin with, else by its host.
    """
    check_shape(body, concerns)
    root = parsed_xml(body, concerns)
    if local(root) != "opml":
        raise FeedError("no OPML", concerns=concerns, todo="export the list of feeds as OPML")
    found = {url: outline for outline in root.iter() if (url := _address(outline))}
    names = _outlets(found)
    return tuple(_spec(url, outline, names[url]) for url, outline in found.items())


def write_opml(feeds: Sequence[FeedSpec], title: str = "Copydesk feeds") -> bytes:
    """These feeds, a folder an outlet."""
    root = etree.Element("opml", version="2.0", nsmap={"copydesk": OWN})
    etree.SubElement(etree.SubElement(root, "head"), "title").text = title
    body = etree.SubElement(root, "body")
    folders: dict[str, Any] = {}
    for feed in feeds:
        if feed.outlet not in folders:
            folders[feed.outlet] = etree.SubElement(body, "outline", text=feed.outlet)
        folders[feed.outlet].append(_outline(feed))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _outline(feed: FeedSpec) -> Any:
    told = {"type": "rss", "text": feed.outlet, "title": feed.outlet, "xmlUrl": feed.url, "language": feed.lang}
    own = {"outlet": feed.outlet, "country": feed.country, "zone": feed.zone}
    flags = {"full_text": feed.full_text, "preferred": feed.preferred}
    outline = etree.Element("outline", {name: value for name, value in told.items() if value})
    for name, value in [*own.items(), *((name, "true") for name, on in flags.items() if on)]:
        if value:
            outline.set(f"{{{OWN}}}{name}", value)
    return outline


def _address(outline: Any) -> str | None:
    address = outline.get("xmlUrl") or outline.get("xmlurl") if local(outline) == "outline" else None
    return safe_http_url(address) if address else None


def _spec(url: str, outline: Any, outlet: str) -> FeedSpec:
    lang, country, zone = outline.get("language") or "", _own(outline, "country"), _own(outline, "zone")
    return FeedSpec(
        url=url,
        outlet=_own(outline, "outlet") or outlet,
        country=country.upper() if COUNTRY.fullmatch(country) else "",
        lang=lang[:16].lower() if LANG.match(lang) and lang != "unknown" else "",
        full_text=_own(outline, "full_text") == "true",
        preferred=_own(outline, "preferred") == "true",
        zone=zone if iana_zone(zone) else "",
    )


def _own(outline: Any, name: str) -> str:
    return plain(outline.get(f"{{{OWN}}}{name}"), 200)


def _title(outline: Any) -> str:
    return plain(outline.get("title"), 200) or plain(outline.get("text"), 200)


def _outlets(found: dict[str, Any]) -> dict[str, str]:
    """Feed -> what its outlet is called."""
    sites: dict[str, list[str]] = defaultdict(list)
    for url, outline in found.items():
        sites[_site(url, outline)].append(url)
    names: dict[str, str] = {}
    for site, urls in sites.items():
        titles = [_title(found[url]) for url in urls]
        names |= dict.fromkeys(urls, LOOSE.sub("", " ".join(_shared(titles))) or site)
    return names


def _site(url: str, outline: Any) -> str:
    home = safe_http_url(outline.get("htmlUrl") or "") or url
    return urlsplit(f"http:{url_key(home)}").hostname or url


def _shared(titles: Sequence[str]) -> Iterator[str]:
    for words in zip(*(title.split() for title in titles), strict=False):
        if len(set(words)) > 1:
            return
        yield words[0]
