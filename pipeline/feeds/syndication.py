"""RSS, RDF and Atom by feedparser: the one import of it.

It is handed UTF-8 bytes, read from the feed's as browsers read a page's (a string would be fetched or opened; its own
guess reads a whole feed wrongly for one broken character), with its sanitiser off: nothing of a feed is shown as
markup, and links are held to plain http(s) here. Its reading of dates is not used: it takes unknown zone names for UTC,
and the hour for the day.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import feedparser

from pipeline.errors import FeedError
from pipeline.feeds.delivery import item_urn
from pipeline.feeds.entry import Reading, first_line
from pipeline.feeds.markup import TitleForm, plain_text, title_text
from pipeline.feeds.repair import AT_MARK, news_elements, repair_xml
from pipeline.model import Delivered, Dropped, FeedEntry, Moment, ParsedFeed
from pipeline.text.encodings import decode_page
from pipeline.text.link_targets import is_opaque, link_target
from pipeline.text.mail_names import mail_names
from pipeline.text.rhythm import feed_hints
from pipeline.text.url import bounded, safe_http_url, url_key

HTML_START = re.compile(rb"^\s*(<!doctype html|<html)", re.IGNORECASE)
# Where a feed has no pubDate: what Dublin Core, PRISM and others call the time of publication, then that of the text.
PUBLISHED_KEYS = ("published", "created")
PUBLISHED_KEY = re.compile(
    r"(?:^|_)(?:publicationdate|publication_date|publisheddate|published_date|publishdate|pub_?date|date_?published|coverdate"
    r"|creationdate|date_?created|date_?issued|available|date_?submitted|timestamp|date)$"
)
UPDATED_KEY = re.compile(
    r"(?:^|_)(?:modificationdate|date_?modified|date_?updated|updateddate|updatedate|lastmod|last_?modified)$"
)
# What feedparser raises where an element that it reads (a place on a map, the size of a picture) stands where it does
# not expect one: the feed would be lost for it.
PARSER_FAULTS = (LookupError, TypeError, ValueError, AttributeError)
# Characters of a summary that is taken for the text where an entry has no page.
TEXT_LEAST = 280
# "www.o.example/a": a host where a path should stand.
BARE_HOST = re.compile(r"www\d?\.(?:[^\W_]|-)+(?:\.(?:[^\W_]|-)+)+(?::\d+)?(?=[/?]|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Channel:
    """What a feed says for all its entries: the address that links are relative to, its folder, hosts and language.

    ``is_atom`` is for Atom 1.0, whose titles say how they are written; ``shared`` are guids that several entries have.
    """

    base: str
    folder: str
    hosts: frozenset[str]
    lang: str
    is_atom: bool
    shared: frozenset[str]


def read_syndication(body: bytes, media_type: str, charset: str, reading: Reading) -> ParsedFeed:
    """Return the ParsedFeed of RSS 0.9x to 2.0, RDF or Atom. Raises FeedError for anything else."""
    url = reading.url
    text, lost = repair_xml(decoded := decode_page(body, charset))
    parsed, fault = _parse(text, media_type, url)
    if not parsed.get("version") and not parsed.entries:
        kind = "HTML" if HTML_START.match(body) else "something else"
        raise FeedError(f"{kind} instead of a feed", concerns=url, todo="find the feed's new address")
    self_url, hub = (_first_link(parsed.feed, rel, url) for rel in ("self", "hub"))
    channel = _channel(parsed, url or self_url)
    entries = reading.usable_entries(_row_entry(row, channel, reading) for row in parsed.entries)
    broken = f"not well-formed: {first_line(parsed.bozo_exception)}" if _is_broken(parsed, media_type) else ""
    left_out = f"{lost} characters that XML does not have are left out" if lost else ""
    return ParsedFeed(
        parsed.get("version") or "unknown",
        title_text(parsed.feed.get("title"), _title_form(parsed.feed, channel), 300),
        entries,
        reading.problems(broken, fault, _unread(decoded, body), left_out),
        self_url=self_url,
        dropped=reading.dropped_counts(),
        hints=feed_hints(body),
        hub_url=hub,
        older_url=_first_link(parsed.feed, "prev-archive", url) or _first_link(parsed.feed, "next", url),
    )


def _parse(text: str, media_type: str, url: str) -> tuple[Any, str]:
    """Return what feedparser reads, and in words why that is not all. Raises FeedError."""
    try:
        return _feedparser_reading(text, media_type, url), ""
    except PARSER_FAULTS as error:
        fault = f"feedparser failed on it ({type(error).__name__}: {first_line(error)})"
    try:
        parsed = _feedparser_reading(news_elements(text, url), media_type, url)
    except PARSER_FAULTS:
        raise FeedError(fault, concerns=url, todo="look at it") from None
    return parsed, f"{fault}: read without elements that are no news"


def _feedparser_reading(text: str, media_type: str, url: str) -> Any:
    headers = {"content-location": url} if url else {}
    if media_type:
        headers["content-type"] = f"{media_type}; charset=utf-8"
    return feedparser.parse(
        io.BytesIO(text.encode()), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
    )


def _unread(text: str, body: bytes) -> str:
    """Return how many characters no encoding reads, in words; those that the feed itself spells are read."""
    count = text.count("\ufffd") - body.count("\ufffd".encode())
    return f"{count} characters that its encoding does not have" if count > 0 else ""


def _is_broken(parsed: Any, media_type: str) -> bool:
    """Return whether the XML is broken; feedparser counts a missing media type as well, and a file has none."""
    untyped = isinstance(parsed.get("bozo_exception"), feedparser.NonXMLContentType) and not media_type
    return bool(parsed.get("bozo")) and not untyped


def _first_link(feed: Any, rel: str, url: str) -> str:
    """Return the first http(s) address that the feed links to as ``rel`` (``self``, ``hub`` ...); '' without one."""
    hrefs = (str(link.get("href") or "") for link in feed.get("links", ()) if link.get("rel") == rel)
    return next((link for href in hrefs if href and (link := safe_http_url(urljoin(url, href)))), "")


def _channel(parsed: Any, url: str) -> Channel:
    """Return what counts for all entries; ``url`` is where the feed was had, or what it calls its own address."""
    home = safe_http_url(urljoin(url, str(parsed.feed.get("link") or "")))
    hosts = (urlsplit(address).hostname for address in (url, home) if address)
    base = url or home or ""
    return Channel(
        base=base,
        folder=urljoin(base, "."),
        hosts=frozenset(host for host in hosts if host),
        lang=str(parsed.feed.get("language") or ""),
        is_atom=parsed.get("version") == "atom10",
        shared=_shared_guids(parsed.entries),
    )


def _shared_guids(rows: Any) -> frozenset[str]:
    """Return the guids that several entries carry with different links: they identify none of them."""
    pairs = {(str(row.get("id") or "").strip(), str(row.get("link") or "")) for row in rows}
    links = Counter(guid for guid, _link in pairs)
    return frozenset(guid for guid, count in links.items() if count > 1)


def _row_entry(row: Any, channel: Channel, reading: Reading) -> FeedEntry | Dropped:
    link = _link(row, channel)
    guid = str(row.get("id") or "").strip()
    content, delivered = _content(row), None
    if link is Dropped.NO_LINK and guid and guid not in channel.shared and (text := content or _long_summary(row)):
        # So agencies' feeds have their items: there is no page, and the text is all.
        link, content, delivered = item_urn(f"{channel.base}#{guid}", ""), text, Delivered(bounded(guid))
    if isinstance(link, Dropped):
        return link
    lang = str((row.get("title_detail") or {}).get("language") or "")
    updated = _moment(row, ("updated",), UPDATED_KEY, lang or channel.lang, reading)
    return FeedEntry(
        key=guid if guid and guid not in channel.shared else url_key(link),
        url=link,
        title=title_text(row.get("title"), _title_form(row, channel)),
        summary=plain_text(row.get("summary")),
        content=content,
        authors=_authors(row),
        # RSS 1.0 has one dc:date for an item, which feedparser files as the time of its update.
        published=_moment(row, PUBLISHED_KEYS, PUBLISHED_KEY, lang or channel.lang, reading) or updated,
        updated=updated,
        lang=lang,
        source_url=str((row.get("source") or {}).get("href") or ""),
        delivered=delivered,
    )


def _title_form(row: Any, channel: Channel) -> TitleForm:
    if not channel.is_atom:
        return TitleForm.UNSAID
    media_type = (row.get("title_detail") or {}).get("type")
    return TitleForm.TEXT if media_type == "text/plain" else TitleForm.HTML


# ---------------------------------------------------------------- the link


def _link(row: Any, channel: Channel) -> str | Dropped:
    """Return the entry's address; that of its page where the link leads through a counter that names it."""
    hrefs = list(_hrefs(row))
    links = (link for href in hrefs if (link := _absolute_url(href.strip(), channel)))
    first = next(links, None)
    if first is None:
        return Dropped.BAD_LINK if hrefs else Dropped.NO_LINK
    # A guid that is an address is the outlet's own, whatever counts the feed's readers.
    return link_target(next((link for link in links if not is_opaque(link)), first) if is_opaque(first) else first)


def _hrefs(row: Any) -> Iterator[str]:
    """Yield the addresses that an entry gives, the outlet's own first that a counting service names beside its own."""
    counted = [row[key] for key in row if key.endswith("_origlink")]
    hrefs = (*counted, row.get("link"), *(link.get("href") for link in row.get("links", ())))
    yield from (str(href) for href in hrefs if href)
    guid = str(row.get("id") or "")
    if guid.startswith("http"):
        yield guid


def _absolute_url(href: str, channel: Channel) -> str | None:
    """Return a link as an address, or None. feedparser has resolved it already, if it knew the feed's address."""
    path = href.removeprefix(channel.folder)
    host = path.partition("/")[0]
    if "." in host and (host.lower() in channel.hosts or BARE_HOST.match(path)):
        return safe_http_url(f"https://{path}")
    return safe_http_url(href if href.startswith(("http://", "https://")) else urljoin(channel.base, href))


# ---------------------------------------------------------------- other properties


def _content(row: Any) -> str:
    parts = [part.get("value") or "" for part in row.get("content", ())]
    return max(parts, key=len, default="")


def _long_summary(row: Any) -> str:
    """Return a summary that is long enough to be the text itself; '' for any other."""
    summary = str(row.get("summary") or "")
    return summary if len(plain_text(summary)) >= TEXT_LEAST else ""


def _authors(row: Any) -> tuple[str, ...]:
    names = [author.get("name") for author in row.get("authors", ())] or [row.get("author")]
    texts = (plain_text(str(name or "").replace(AT_MARK, "@"), 500) for name in names)
    return tuple(dict.fromkeys(name[:200] for text in texts for name in mail_names(text)))


def _moment(row: Any, keys: tuple[str, ...], more: re.Pattern[str], lang: str, reading: Reading) -> Moment | None:
    """Return the first time that an element of these keys says, else one whose name the pattern knows."""
    usual_keys = [key for key in keys if key in row]
    other_keys = (key for key in row if key not in keys and more.search(key))
    return next((at for key in (*usual_keys, *other_keys) if (at := reading.moment(row[key], lang))), None)
