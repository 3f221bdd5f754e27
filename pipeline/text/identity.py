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
class Known:
    """What is stored of an entry, as far as it tells whether it is the same. ``said`` is None where that is untold."""

    id: int
    feed_id: int
    url_key: str
    title: str
    published: str | None
    updated: str | None
    said: int | None


def is_same(known: Known, found: FeedEntry) -> bool:
    """Whether an entry with a known guid is the known one, its link moved or its title edited.

    Some feeds give one guid to entry after entry: where address, time and title have all changed, it is another.
    """
    if known.url_key == url_key(found.url):
        return True
    written = found.published.value.isoformat() if found.published else None
    if known.published is not None and known.published == written:
        return True
    return _titles_alike(known.title, found.title)


def _titles_alike(one: str, other: str) -> bool:
    if fold(one) == fold(other):
        return True
    return likeness(one, other) >= ALIKE


def said(found: FeedEntry) -> int:
    """A hash of what the feed says of the entry, numbers and markup aside: counts of comments change daily."""
    text = found.content or found.summary
    words = fold.__wrapped__(NUMBER.sub("0", html.unescape(TAG.sub(" ", f"{found.title}\n{text}"))))
    return xxhash.xxh3_64_intdigest(words.encode()) - (1 << 63)


def stamped(entries: Sequence[FeedEntry]) -> frozenset[str]:
    """Update times that say nothing, since many entries share them."""
    times = Counter(_written(entry.updated) for entry in entries)
    return frozenset(at for at, count in times.items() if at and count >= STAMPED)


def edited(known: Known, found: FeedEntry, stamps: frozenset[str]) -> str:
    """Why the entry counts as edited since it was stored: "title", "text" or "updated"; empty where it does not."""
    if fold(known.title) != fold(found.title):
        return "title"
    if known.said is not None and known.said != said(found):
        return "text"
    if found.updated is None or known.updated is None or _written(found.updated) in stamps:
        return ""
    return "updated" if found.updated.value > datetime.fromisoformat(known.updated) else ""


def _written(at: Moment | None) -> str:
    return at.value.isoformat() if at else ""
