"""Stories as feeds, so that each is told once to whoever subscribes: Atom (RFC 4287), JSON Feed 1.1.

An entry is a story; it is updated with its version or status, and its id stays. A feed may be an archive of a day
(RFC 5005), and name the entries that are to be dropped (RFC 6721; in JSON Feed the extension ``_deleted``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

ATOM = "http://www.w3.org/2005/Atom"
HISTORY = "http://purl.org/syndication/history/1.0"
TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
NAMESPACES: Any = {None: ATOM, "fh": HISTORY, "at": TOMBSTONES}
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
# What XML 1.0 cannot hold, beside the controls.
NOT_XML = frozenset("\ufffe\uffff" + "".join(map(chr, range(0xD800, 0xE000))))


@dataclass(frozen=True, slots=True)
class StoryItem:
    """A story as an entry: ``url`` is its page, ``summary`` its first paragraph, '' where there is none to use."""

    id: str
    url: str
    title: str
    summary: str
    published: datetime
    updated: datetime
    lang: str
    agency: str


@dataclass(frozen=True, slots=True)
class DeletedItem:
    """An entry that is to be dropped, since when, and why."""

    id: str
    deleted_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class FeedHead:
    """A feed's name, its id, its own address and that of the page it is of.

    ``older`` is the address of the archive before it; an archive has that of the feed to subscribe to as ``current``.
    """

    title: str
    id: str
    address: str
    page: str = ""
    older: str = ""
    current: str = ""


def json_feed(head: FeedHead, items: Sequence[StoryItem], deleted: Sequence[DeletedItem] = ()) -> bytes:
    """Return the stories as JSON Feed 1.1 (jsonfeed.org/version/1.1)."""
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": head.title,
        "home_page_url": head.page,
        "feed_url": head.address,
        "next_url": head.older,
        "items": [_json_item(item) for item in items],
        "_deleted": [{"id": item.id, "when": _time(item.deleted_at), "reason": item.reason} for item in deleted],
    }
    return json.dumps(_without_blanks(feed, "items"), ensure_ascii=False).encode("utf-8", "replace")


def _json_item(item: StoryItem) -> Mapping[str, object]:
    values = {
        "id": item.id,
        "url": item.url,
        "title": item.title,
        "content_text": item.summary,
        "date_published": _time(item.published),
        "date_modified": _time(item.updated),
        "language": item.lang,
        "authors": [{"name": item.agency}] if item.agency else [],
    }
    return _without_blanks(values, "content_text")


def _without_blanks(values: Mapping[str, object], required: str) -> Mapping[str, object]:
    return {name: value for name, value in values.items() if value or name == required}


def atom_feed(head: FeedHead, items: Sequence[StoryItem], deleted: Sequence[DeletedItem] = ()) -> bytes:
    """Return the stories as an Atom feed."""
    from lxml import etree

    feed = etree.Element(f"{{{ATOM}}}feed", nsmap=NAMESPACES)
    times = [*(item.updated for item in items), *(item.deleted_at for item in deleted)]
    _add(feed, "title", head.title)
    _add(feed, "id", head.id)
    _add(feed, "updated", _time(max(times, default=BEGINNING)))
    for rel, address in _links(head).items():
        _add(feed, "link", rel=rel, href=address)
    if head.current:
        etree.SubElement(feed, f"{{{HISTORY}}}archive")
    for item in items:
        _add_entry(feed, item)
    for dropped in deleted:
        _add_deleted(feed, dropped)
    return bytes(etree.tostring(feed, xml_declaration=True, encoding="utf-8"))


def _links(head: FeedHead) -> Mapping[str, str]:
    links = {"self": head.address, "alternate": head.page, "current": head.current, "prev-archive": head.older}
    return {rel: address for rel, address in links.items() if address}


def _add_entry(feed: Any, item: StoryItem) -> None:
    entry = _add(feed, "entry")
    _add(entry, "id", item.id)
    _add(entry, "title", item.title or "Untitled")
    _add(entry, "published", _time(item.published))
    _add(entry, "updated", _time(item.updated))
    _add(entry, "link", rel="alternate", href=item.url)
    _add(_add(entry, "author"), "name", item.agency or "no agency named")
    if item.summary:
        _add(entry, "summary", item.summary)


def _add_deleted(feed: Any, item: DeletedItem) -> None:
    element = _add(feed, "deleted-entry", namespace=TOMBSTONES, ref=item.id, when=_time(item.deleted_at))
    if item.reason:
        _add(element, "comment", item.reason, namespace=TOMBSTONES)


def _add(parent: Any, tag: str, content: str | None = None, *, namespace: str = ATOM, **attributes: str) -> Any:
    from lxml import etree

    plain = {name: _xml_text(value) for name, value in attributes.items()}
    element = etree.SubElement(parent, f"{{{namespace}}}{tag}", plain)
    if content is not None:
        element.text = _xml_text(content)
    return element


def _xml_text(plain: str) -> str:
    """Return the text without the characters that XML 1.0 cannot hold."""
    return "".join(letter for letter in plain if letter in "\t\n" or (letter >= " " and letter not in NOT_XML))


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
