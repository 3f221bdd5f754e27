"""Feeds: what is declared, what was answered, what was read, how polls went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from pipeline.model.articles import VersionKind
from pipeline.model.moments import Moment
from pipeline.model.outcomes import Outcome


class Dropped(StrEnum):
    """Why something that a feed lists did not become an entry."""

    NOT_AN_ENTRY = "not-an-entry"
    NO_LINK = "no-link"
    BAD_LINK = "bad-link"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class FeedSpec:
    """A feed as the operator declares it: an http(s) address, or a folder as ``file:///path``.

    ``country`` is ISO 3166 alpha-2 (zone names depend on it); ``zone`` (IANA) is the zone of clocks that name none;
    ``agency`` is the id of the agency whose own pages it lists; ``licence`` is what the outlet has granted, in the
    words that ``[rights] permit`` lists.
    """

    url: str
    outlet: str
    country: str = ""
    lang: str = ""
    full_text: bool = False
    preferred: bool = False
    zone: str = ""
    agency: str = ""
    licence: str = ""


@dataclass(frozen=True, slots=True)
class Validators:
    """HTTP validators, echoed byte for byte (RFC 9110, 8.8)."""

    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class FetchResult:
    """One finished fetch; ``body`` is decoded from its transfer and content coding.

    ``retry_after`` is what the server asked for, in seconds (RFC 9110, 10.2.3); ``fresh_for`` how long the answer
    may be kept (RFC 9111, 4.2), None where it does not say; ``moved_to`` where the address has moved for good;
    ``reserved`` signals of its origin's tdmrep.json; ``sent`` the headers of the last request.
    """

    url: str
    outcome: Outcome
    status: int = 0
    final_url: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    media_type: str = ""
    charset: str = ""
    seconds: float = 0.0
    detail: str = ""
    validators: Validators = Validators()
    retry_after: float | None = None
    fresh_for: float | None = None
    moved_to: str = ""
    reserved: tuple[str, ...] = ()
    sent: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class FeedHints:
    """When a feed asks to be read: not within ``interval`` seconds, nor in these hours (UTC) or days (Monday is 0)."""

    interval: float = 0.0
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivered:
    """What an agency says of an item that it delivers whole (NewsML-G2, ninjs); its text is the entry's content.

    ``guid`` stays from ``version`` to version; ``agency`` is the provider as named; ``withdrawn`` where the item is
    canceled or withheld; nothing of it may be used before ``embargoed``.
    """

    guid: str
    version: str = ""
    agency: str = ""
    withdrawn: bool = False
    mark: VersionKind = VersionKind.ORIGINAL
    embargoed: datetime | None = None
    place: str = ""
    rights: str = ""


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One entry of a feed. ``key`` identifies it within the feed: its guid, else its URL's key.

    ``delivered`` where the entry is the whole item; then there is no page, and ``url`` is its name (a URN).
    """

    key: str
    url: str
    title: str = ""
    summary: str = ""
    content: str = ""
    authors: tuple[str, ...] = ()
    published: Moment | None = None
    updated: Moment | None = None
    lang: str = ""
    source_url: str = ""
    delivered: Delivered | None = None


@dataclass(frozen=True, slots=True)
class ChildFeed:
    """A feed that another one lists (a sitemap in an index), and when it is said to have changed."""

    url: str
    modified: datetime | None = None


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """What the bytes of a feed say. ``format`` is e.g. ``rss20``, ``atom10``, ``json11``, ``sitemap``, ``newsml-g2``.

    ``self_url`` is the address that the feed gives as its own; ``children`` are the feeds it lists, the newest first.
    ``dropped`` counts what the feed lists and is no entry, by reason. ``hub_url`` is where its updates are announced,
    ``older_url`` where the entries before these are listed (RFC 5005).
    """

    format: str
    title: str
    entries: tuple[FeedEntry, ...]
    problems: tuple[str, ...] = ()
    self_url: str = ""
    children: tuple[ChildFeed, ...] = ()
    dropped: tuple[tuple[Dropped, int], ...] = ()
    hints: FeedHints = FeedHints()
    hub_url: str = ""
    older_url: str = ""


@dataclass(frozen=True, slots=True)
class Pace:
    """What a feed's polls have taught of how to poll it.

    ``recent``: shares of known entries in its on-time polls since the interval last changed. ``failing_since``: the
    first failure in a row. ``retired``: never polled until an operator says so. ``address``: where it has moved for
    good ('' not at all); ``moved_to`` and ``moved_times``: where its last polls in a row were sent, and how many.
    ``fresh_for``, ``hints``: what its last whole answer asked for.
    """

    recent: tuple[float, ...] = ()
    failing_since: datetime | None = None
    retired: bool = False
    address: str = ""
    moved_to: str = ""
    moved_times: int = 0
    fresh_for: float = 0.0
    hints: FeedHints = FeedHints()


@dataclass(frozen=True, slots=True)
class Answers:
    """What a feed's last whole answer held: how many entries, and when it came. ``lied_at``: when a 304 of its server
    was last proved wrong."""

    entries: int = 0
    whole_at: datetime | None = None
    lied_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """How the polls of a feed, or the requests to a host, ended: (day, outcome, how often), the latest day first.

    ``name`` is the feed's address, or the host as addresses have it. ``feed_id`` and ``outlet`` of a feed.
    """

    name: str
    counts: tuple[tuple[date, str, int], ...]
    feed_id: int = 0
    outlet: str = ""


@dataclass(frozen=True, slots=True)
class DayTally:
    """One day of a Tally: how often it went well, how often not, and how often each outcome came."""

    day: date
    good: int
    bad: int
    counts: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class FeedState:
    """A feed as the store keeps it between polls; ``fixed_interval`` is what a person set, in seconds."""

    id: int
    spec: FeedSpec
    validators: Validators
    next_poll: datetime
    interval: float
    failures: int = 0
    paused: bool = False
    last_outcome: Outcome | None = None
    last_detail: str = ""
    last_poll: datetime | None = None
    pace: Pace = Pace()
    answers: Answers = Answers()
    fixed_interval: float | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was asked and answered at a poll, without secrets: the address behind all redirects, the headers ``sent``
    and ``received``, how many seconds it took, and the bytes of the body. ``at``: when, of one that is stored."""

    url: str
    sent: tuple[tuple[str, str], ...]
    status: int
    received: tuple[tuple[str, str], ...]
    seconds: float
    size: int
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PollRecord:
    """One poll, ready to be stored with its entries in one transaction.

    ``validators`` is None where the old ones stay (failure, 304, a body that would not parse). ``final_url`` is where
    redirects led, ``self_url`` what the feed calls its own address. ``host`` is who was asked ('' nobody), ``moved``
    whether by way of a permanent redirect; ``exchange`` what was asked and answered, where an answer came.
    """

    feed_id: int
    polled_at: datetime
    outcome: Outcome
    next_poll: datetime
    interval: float
    failures: int = 0
    status: int = 0
    detail: str = ""
    format: str = ""
    title: str = ""
    validators: Validators | None = None
    entries: tuple[FeedEntry, ...] = ()
    dropped: tuple[tuple[Dropped, int], ...] = ()
    pace: Pace = Pace()
    final_url: str = ""
    self_url: str = ""
    host: str = ""
    moved: bool = False
    exchange: Exchange | None = None


@dataclass(frozen=True, slots=True)
class PollStored:
    """What a poll added: ids of entries that are new and may be read now, how many were known, and how many of those
    had been edited since they were read."""

    new: tuple[int, ...]
    known_count: int
    edited: int = 0


@dataclass(frozen=True, slots=True)
class FoundFeed:
    """A feed that was found on a site: ``via`` says where."""

    url: str
    format: str
    title: str
    entries: int
    via: str


@dataclass(frozen=True, slots=True)
class CarriedEntries:
    """What a feed carried of late: the key of each entry's address, and when the feed was first seen with it."""

    feed_id: int
    url: str
    final_url: str
    self_url: str
    first_seen: Mapping[str, datetime]


@dataclass(frozen=True, slots=True)
class DuplicateFeeds:
    """Two feeds that are one: the share of their entries that both carry (Jaccard, 0..1), and why they count as one."""

    feed_id: int
    other_id: int
    shared: float
    reason: str


class FeedStatus(StrEnum):
    """How a feed stands. FAILING: its last poll did not go well. PAUSED: by a person, or retired after long failing."""

    FAILING = "failing"
    WELL = "well"
    NEW = "new"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class FeedFilter:
    """Which feeds are wanted: with all these ``words``, in this state, whose last poll ended so; ``after`` this id."""

    words: str = ""
    status: FeedStatus | None = None
    outcome: Outcome | None = None
    after: int = 0


@dataclass(frozen=True, slots=True)
class FeedCounts:
    """How many feeds there are, in all and in each state."""

    total: int
    by_status: Mapping[FeedStatus, int]


@dataclass(frozen=True, slots=True)
class LatePolls:
    """How many feeds are due for longer than a running installation leaves any, since when the first of them, when a
    feed was polled last, and whether none was polled for as long: nothing runs."""

    feeds: int = 0
    due_since: datetime | None = None
    last_poll: datetime | None = None
    none_run: bool = False


@dataclass(frozen=True, slots=True)
class Poll:
    """A poll as it was recorded: how many entries it listed and how many were new; ``dropped`` by reason."""

    polled_at: datetime
    outcome: str
    status: int
    detail: str
    entries: int
    new: int
    dropped: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class FeedWarnings:
    """What is odd about feeds whose polls go well: silent ones with the reason, pairs that are one with the reason."""

    silent: tuple[tuple[FeedState, str], ...]
    duplicates: tuple[tuple[FeedState, FeedState, str], ...]
