"""A search of stories as a feed, so that each story is told once to whoever subscribes: Atom (RFC 4287), JSON Feed 1.1.

An entry is a story, with the first paragraph of its text in force; it is updated with its version, and its id stays.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.model import Story, Version

ATOM = "http://www.w3.org/2005/Atom"
DEFAULT_NAMESPACE: Any = {None: ATOM}
TITLE = "Copydesk stories"


@dataclass(frozen=True, slots=True)
class FeedPlace:
    """Addresses of a feed: its own, that of the page it is of, and that of the pages' root, without a slash."""

    address: str
    page: str
    base: str

    def story(self, story_id: int) -> str:
        """Return the address of a story's page, which is its id in the feed too."""
        return f"{self.base}/story/{story_id}"


def json_feed(stories: Sequence[Story], versions: Mapping[int, Version], place: FeedPlace) -> bytes:
    """Return the stories as JSON Feed 1.1 (jsonfeed.org/version/1.1)."""
    items = [_item(story, versions.get(story.id), place) for story in _readable(stories)]
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": TITLE,
        "home_page_url": place.page,
        "feed_url": place.address,
        "items": items,
    }
    return json.dumps(feed, ensure_ascii=False).encode("utf-8", "replace")


def atom_feed(stories: Sequence[Story], versions: Mapping[int, Version], place: FeedPlace) -> bytes:
    """Return the stories as an Atom feed."""
    from lxml import etree

    feed = etree.Element(f"{{{ATOM}}}feed", nsmap=DEFAULT_NAMESPACE)
    changed = max((story.updated_at for story in stories), default=None)
    _add(feed, "title", TITLE)
    _add(feed, "id", place.address)
    _add(feed, "updated", changed.isoformat() if changed else "1970-01-01T00:00:00Z")
    _add(feed, "link", rel="self", href=place.address)
    _add(feed, "link", rel="alternate", href=place.page)
    for story in _readable(stories):
        _add_entry(feed, story, versions.get(story.id), place)
    return bytes(etree.tostring(feed, xml_declaration=True, encoding="utf-8"))


def _readable(stories: Iterable[Story]) -> list[Story]:
    return [story for story in stories if not story.withdrawn]


def _item(story: Story, version: Version | None, place: FeedPlace) -> dict[str, object]:
    values = {
        "id": place.story(story.id),
        "url": place.story(story.id),
        "title": story.title,
        "content_text": _first_paragraph(version),
        "date_published": story.first_seen.isoformat(),
        "date_modified": story.updated_at.isoformat(),
        "language": story.lang,
        "authors": [{"name": story.agency}] if story.agency else [],
    }
    return {name: value for name, value in values.items() if value or name == "content_text"}


def _add_entry(feed: Any, story: Story, version: Version | None, place: FeedPlace) -> None:
    entry = _add(feed, "entry")
    _add(entry, "id", place.story(story.id))
    _add(entry, "title", story.title or "Untitled")
    _add(entry, "published", story.first_seen.isoformat())
    _add(entry, "updated", story.updated_at.isoformat())
    _add(entry, "link", rel="alternate", href=place.story(story.id))
    _add(_add(entry, "author"), "name", story.agency or "no agency named")
    if text := _first_paragraph(version):
        _add(entry, "summary", text)


def _add(parent: Any, tag: str, content: str | None = None, **attributes: str) -> Any:
    from lxml import etree

    element = etree.SubElement(parent, f"{{{ATOM}}}{tag}", attributes)
    if content is not None:
        element.text = _xml_text(content)
    return element


def _xml_text(plain: str) -> str:
    """Return the text without the characters that XML 1.0 cannot hold."""
    return "".join(letter for letter in plain if letter in "\t\n" or (letter >= " " and letter not in NOT_XML))


NOT_XML = frozenset("\ufffe\uffff" + "".join(map(chr, range(0xD800, 0xE000))))


def _first_paragraph(version: Version | None) -> str:
    return version.body[0] if version and version.body else ""
