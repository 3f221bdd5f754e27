"""Whether what a feed says now is an entry that is known, and whether it was edited. Pure."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import xxhash

from pipeline.model import FeedEntry, Moment
from pipeline.text.alike import likeness
from pipeline.text.normalize import fold
from pipeline.text.url import url_key

TAG = re.compile(r"<[^<>]*>")
NUMBER = re.compile(r"\d+")
# Of two titles of one article, one edited, half of the words are the same.
ALIKE = 0.5
# This many entries that were all updated at one moment were stamped by the feed's maker, not edited.
STAMPED = 3


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """What is stored of an entry, as far as it tells whether it is the same. ``said`` is None where that is untold."""

    id: int
    feed_id: int
    url_key: str
    title: str
    published: str | None
    updated: str | None
    content_hash: int | None


def is_same(stored: StoredEntry, entry: FeedEntry) -> bool:
    """Whether an entry with a known guid is the known one, its link moved or its title edited.

    Some feeds give one guid to entry after entry: where address, time and title have all changed, it is another.
    """
    if stored.url_key == url_key(entry.url):
        return True
    written = entry.published.value.isoformat() if entry.published else None
    if stored.published is not None and stored.published == written:
        return True
    return _titles_alike(stored.title, entry.title)


def _titles_alike(title: str, other_title: str) -> bool:
    if fold(title) == fold(other_title):
        return True
    return likeness(title, other_title) >= ALIKE


def content_hash(entry: FeedEntry) -> int:
    """A hash of what the feed says of the entry, numbers and markup aside: counts of comments change daily."""
    text = entry.content or entry.summary
    words = fold.__wrapped__(NUMBER.sub("0", html.unescape(TAG.sub(" ", f"{entry.title}\n{text}"))))
    return xxhash.xxh3_64_intdigest(words.encode()) - (1 << 63)


def shared_update_times(entries: Sequence[FeedEntry]) -> frozenset[str]:
    """Update times that say nothing, since many entries share them."""
    times = Counter(_written(entry.updated) for entry in entries)
    return frozenset(at for at, count in times.items() if at and count >= STAMPED)


def edit_reason(stored: StoredEntry, entry: FeedEntry, stamps: frozenset[str]) -> str:
    """Why the entry counts as edited since it was stored: "title", "text" or "updated"; empty where it does not."""
    if fold(stored.title) != fold(entry.title):
        return "title"
    if stored.content_hash is not None and stored.content_hash != content_hash(entry):
        return "text"
    if entry.updated is None or stored.updated is None or _written(entry.updated) in stamps:
        return ""
    return "updated" if entry.updated.value > datetime.fromisoformat(stored.updated) else ""


def _written(at: Moment | None) -> str:
    return at.value.isoformat() if at else ""
