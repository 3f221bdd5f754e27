"""The way of the last hours from what feeds list to stories, in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.model.pages import EntryRow


class FlowStage(StrEnum):
    """What is counted on the way, each with its reasons.

    LISTING: items of polled feeds, NEW, REPEAT or why they were dropped. PAGE: entries whose page was READ, or the
    outcome with which they failed for good. ARTICLE: what was read, by the kind of page. PLACING: articles that were
    the FIRST of a story, JOINED one, or were PASSED over as no copy. TEXT: characters, TEXT_LEFT and TEXT_OFF. DELAY:
    articles by the upper bound, in seconds, of the time from their publication to the store.
    """

    LISTING = "listing"
    PAGE = "page"
    ARTICLE = "article"
    PLACING = "placing"
    TEXT = "text"
    DELAY = "delay"


class FlowReason(StrEnum):
    """The reasons that are the flow's own; others are outcomes, kinds of page, or why an item was dropped."""

    NEW = "new"
    REPEAT = "repeat"
    READ = "read"
    FIRST = "first"
    JOINED = "joined"
    PASSED = "passed"
    TEXT_LEFT = "left"
    TEXT_OFF = "off"


@dataclass(frozen=True, slots=True)
class FlowCount:
    """How often something happened on the way in the hour that begins at ``hour``."""

    hour: datetime
    stage: FlowStage
    reason: str
    times: int


@dataclass(frozen=True, slots=True)
class HourDelay:
    """How many articles came in an hour, and the seconds from publication to store of half and of 95 of 100 of them;
    None where no time of publication is known."""

    hour: datetime
    articles: int
    p50: float | None
    p95: float | None


@dataclass(frozen=True, slots=True)
class Flow:
    """The way from feeds to stories since an hour. ``dropped``, ``failed`` and ``aside`` say what was lost and why,
    the most first; ``late`` articles were published more than two days before they came, and have no delay."""

    since: datetime
    listed: int
    repeats: int
    new: int
    fetched: int
    articles: int
    copies: int
    stories: int
    dropped: tuple[tuple[str, int], ...]
    failed: tuple[tuple[str, int], ...]
    aside: tuple[tuple[str, int], ...]
    passed: int
    waiting_pages: int
    waiting_articles: int
    kept_characters: int
    removed_characters: int
    late: int
    delay: HourDelay
    hours: tuple[HourDelay, ...]


class EntryStand(StrEnum):
    """Where an entry stands: NEW is each that came, WAITING for its page, FAILED for good, ASIDE a page that is no
    article, READ an article, PLACED in a story."""

    NEW = "new"
    WAITING = "waiting"
    FAILED = "failed"
    ASIDE = "aside"
    READ = "read"
    PLACED = "placed"


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Which entries: those that came to stand so since then (WAITING: all); of these with this ``outcome``; behind the
    entry ``after`` (0: from the first on)."""

    since: datetime
    stand: EntryStand = EntryStand.NEW
    outcome: str = ""
    after: int = 0


@dataclass(frozen=True, slots=True)
class EntryPlace:
    """An entry in a list: ``at`` since when it stands so, or when its page is tried next; its story, if it has one."""

    entry: EntryRow
    at: datetime
    feed_id: int
    story_id: int | None
