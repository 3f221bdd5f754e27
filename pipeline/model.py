"""Every record that moves between the stages. Frozen, slotted, no logic.

The stages and what leaves each of them::

    FeedSpec -> FetchResult -> ParsedFeed/FeedEntry -> EntryState -> PageRecord -> Article (+ Spans)
             -> Fingerprint -> Member/Match -> Assignment -> Plan -> Copy, Story, Version, Change

All datetimes are timezone-aware. All text is str after decoding; offsets count code points.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


class Precision(StrEnum):
    """How finely a time is known; ``DAY`` means the clock part of ``value`` says nothing."""

    SECOND = "second"
    MINUTE = "minute"
    DAY = "day"


class Basis(StrEnum):
    """What a time was read from."""

    FEED = "feed"
    JSON_LD = "json-ld"
    META = "meta"
    DATELINE = "dateline"
    PAGE = "page"
    URL = "url"


class Outcome(StrEnum):
    """How a fetch or a poll ended; every one is counted and shown to the operator.

    MOVED ends none: it is counted beside what the new address of a permanent redirect answered. EMPTIED is a feed
    without an entry where there were some, LYING_304 a "not modified" that the server itself proves wrong.
    """

    OK = "ok"
    NOT_MODIFIED = "not-modified"
    GONE = "gone"
    NOT_FOUND = "not-found"
    BLOCKED = "blocked"
    RATE_LIMITED = "rate-limited"
    CLIENT_ERROR = "client-error"
    SERVER_ERROR = "server-error"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    TOO_LARGE = "too-large"
    TRUNCATED = "truncated"
    BAD_ENCODING = "bad-encoding"
    EMPTY = "empty"
    NOT_A_FEED = "not-a-feed"
    EMPTIED = "emptied"
    LYING_304 = "lying-304"
    MOVED = "moved"
    REDIRECT_LOOP = "redirect-loop"
    ROBOTS = "robots"
    HELD = "held"
    GUARD = "guard"
    PROTOCOL = "protocol"


class Dropped(StrEnum):
    """Why something that a feed lists did not become an entry."""

    NOT_AN_ENTRY = "not-an-entry"
    NO_LINK = "no-link"
    BAD_LINK = "bad-link"
    DUPLICATE = "duplicate"


class EntryStatus(StrEnum):
    """Where an entry stands: NEW -> EXTRACTED -> CLUSTERED, or RETRY, or FAILED for good; SET_ASIDE is a page that is
    no article, kept and marked."""

    NEW = "new"
    RETRY = "retry"
    EXTRACTED = "extracted"
    CLUSTERED = "clustered"
    FAILED = "failed"
    SET_ASIDE = "set-aside"


class PageKind(StrEnum):
    """What a page is. Only articles become copies of stories."""

    ARTICLE = "article"
    LIVE_BLOG = "live-blog"
    GALLERY = "gallery"
    PAYWALL = "paywall"
    PLACEHOLDER = "placeholder"
    INDEX = "index"


class SpanKind(StrEnum):
    """What a piece of the page's text is that is not the story.

    ASIDE is running text of the page that the reading of the article did not take. RESTORED takes nothing off: it is
    empty, and its rule says why what was an aside is text.
    """

    DATELINE = "dateline"
    BYLINE = "byline"
    CREDIT = "credit"
    DISCLAIMER = "disclaimer"
    ENDMARK = "endmark"
    UPDATE = "update"
    TEASER = "teaser"
    TITLE = "title"
    DECK = "deck"
    CAPTION = "caption"
    PROMO = "promo"
    BOILERPLATE = "boilerplate"
    ASIDE = "aside"
    RESTORED = "restored"


class Relation(StrEnum):
    """How a copy stands to its story. ORIGIN is the first that came; UPDATE opens a later version; DERIVED is made from
    several stories, or from an agency's inputs, and is a copy of none: it stands in a story of its own."""

    ORIGIN = "origin"
    VERBATIM = "verbatim"
    TRIMMED = "trimmed"
    EXTENDED = "extended"
    PARTIAL = "partial"
    UPDATE = "update"
    DERIVED = "derived"


class LinkKind(StrEnum):
    """How an article stands to a story it is no copy of. None of these ever makes them one."""

    FOLLOW_UP = "follow-up"
    DIGEST = "digest"
    LIVE_BLOG = "live-blog"
    DERIVED = "derived"


class Evidence(StrEnum):
    """Where a copy names the agency that filed its text. INPUTS says only that an agency gave a part of it."""

    OWN_PAGE = "own-page"
    DATELINE = "dateline"
    BYLINE = "byline"
    CREDIT = "credit"
    ENDMARK = "endmark"
    DISCLAIMER = "disclaimer"
    METADATA = "metadata"
    INPUTS = "inputs"


class VersionKind(StrEnum):
    """Why the canonical text is what it is now."""

    ORIGINAL = "original"
    UPDATE = "update"
    CORRECTION = "correction"
    WITHDRAWAL = "withdrawal"


class ChangeKind(StrEnum):
    """What one line of the change log tells a downstream job."""

    STORY_CREATED = "story-created"
    COPY_ADDED = "copy-added"
    VERSION_ADDED = "version-added"
    STORY_WITHDRAWN = "story-withdrawn"
    STORY_MERGED = "story-merged"
    STORY_SPLIT = "story-split"
    STORY_LINKED = "story-linked"


@dataclass(frozen=True, slots=True)
class Moment:
    """A time with its precision and where it was read; keeps the offset it was written with."""

    value: datetime
    precision: Precision
    basis: Basis


# ---------------------------------------------------------------- feeds and fetching


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
    ``reserved`` signals of its origin's tdmrep.json.
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


@dataclass(frozen=True, slots=True)
class HostSpec:
    """A host as the operator declares it: ``name`` as in an address (``host`` or ``host:port``), seconds between two
    requests to it (negative: as for all hosts), and whether its robots.txt is obeyed."""

    name: str
    gap: float = -1.0
    robots: bool = True


@dataclass(frozen=True, slots=True)
class HostTurn:
    """Whose turn it is at a host ('' nobody's), and when the next request to it may start."""

    host: str
    owner: str
    free_at: datetime


@dataclass(frozen=True, slots=True)
class TdmFile:
    """What asking for an origin's tdmrep.json gave: its text, '' where there is none, or why that is not known."""

    outcome: Outcome
    text: str


@dataclass(frozen=True, slots=True)
class RobotsFile:
    """What asking for an origin's robots.txt gave: its text, or the outcome that forbids all; good until ``until``.

    ``tdm`` is what it reserves, asked for in the same visit; None where it was not.
    """

    origin: str
    outcome: Outcome
    detail: str
    text: str
    until: datetime
    tdm: TdmFile | None = None


@dataclass(frozen=True, slots=True)
class FeedHints:
    """When a feed asks to be read: not within ``every`` seconds, nor in these hours (UTC) or days (Monday is 0)."""

    every: float = 0.0
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
    ``dropped`` counts what the feed lists and is no entry, by reason. ``hub_url`` is where its updates are announced.
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


class SubscriptionState(StrEnum):
    """How a subscription stands: asked for and not verified, verified, refused by the hub, or over."""

    PENDING = "pending"
    ACTIVE = "active"
    DENIED = "denied"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Subscription:
    """A feed's subscription at a hub (WebSub, W3C Recommendation 2018).

    ``token`` ends the callback's address and ``secret`` signs what the hub delivers: neither is shown. ``asked`` is the
    mode of a request that the hub has yet to verify ('' none), ``asked_at`` when one was last made. ``callback`` is the
    address before the token that the hub knows ('' where that is untold).
    """

    token: str = field(repr=False)
    feed_id: int
    hub: str
    topic: str
    secret: str = field(repr=False)
    state: SubscriptionState
    asked: str
    asked_at: datetime
    lease_until: datetime | None = None
    delivered_at: datetime | None = None
    detail: str = ""
    callback: str = ""


@dataclass(frozen=True, slots=True)
class HubDelivery:
    """A feed's content as a hub delivered it, signed, and not yet read."""

    token: str = field(repr=False)
    body: bytes
    media_type: str
    came_at: datetime
    id: int = 0
    feed_id: int = 0
    topic: str = ""


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
    """A feed as the store keeps it between polls."""

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


@dataclass(frozen=True, slots=True)
class PollRecord:
    """One poll, ready to be stored with its entries in one transaction.

    ``validators`` is None where the old ones stay (failure, 304, a body that would not parse). ``final_url`` is where
    redirects led, ``self_url`` what the feed calls its own address. ``host`` is who was asked ('' nobody), ``moved``
    whether by way of a permanent redirect.
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


@dataclass(frozen=True, slots=True)
class PollStored:
    """What a poll added: ids of entries that are new and may be read now, how many were known, and how many of those
    had been edited since they were read."""

    new: tuple[int, ...]
    known: int
    edited: int = 0


@dataclass(frozen=True, slots=True)
class EntryState:
    """An entry as the fetch step needs it."""

    id: int
    feed_id: int
    outlet: str
    country: str
    url: str
    title: str
    summary: str
    content: str
    published: Moment | None
    lang: str
    full_text: bool
    status: EntryStatus
    attempts: int
    zone: str = ""
    delivered: Delivered | None = None
    authors: tuple[str, ...] = ()
    licence: str = ""


@dataclass(frozen=True, slots=True)
class ArchiveRef:
    """Where a record stands in the WARC archive: file name inside it, byte offset and length."""

    file: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class PageRecord:
    """A page as fetched, with its place in the archive. ``digest`` is the body's SHA-256, hex."""

    url: str
    final_url: str
    fetched_at: datetime
    status: int
    media_type: str
    charset: str
    digest: str
    bytes: int
    archive: ArchiveRef | None = None
    validators: Validators = Validators()


@dataclass(frozen=True, slots=True)
class Visited:
    """An entry that has its article, as looking at its page again needs it.

    ``digest`` and ``validators`` are those of the page that the article was read from, ``first`` is when the entry's
    first page was fetched, ``old`` the article as stored. If not ``fetched``, the feed's own text is the page.
    """

    entry: EntryState
    first: datetime
    digest: str
    validators: Validators
    old: ArticleRecord
    fetched: bool = True


@dataclass(frozen=True, slots=True)
class Revisit:
    """What looking at a page again gave; ``again`` is the time of the next look, None where there is none.

    ``page`` where one came, ``article`` where it says something else than before; ``why`` is for a person. ``signals``
    where what is reserved has changed and the text as it is stored stays.
    """

    entry_id: int
    at: datetime
    outcome: str
    again: datetime | None
    page: PageRecord | None = None
    article: Article | None = None
    why: str = ""
    signals: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an entry got no article. ``retry_at`` is None where no other try is worth it."""

    outcome: str
    detail: str
    retry_at: datetime | None = None


# ---------------------------------------------------------------- articles


@dataclass(frozen=True, slots=True)
class PageHints:
    """What is known of a page before it is read: from its feed entry and its outlet."""

    outlet: str = ""
    country: str = ""
    title: str = ""
    summary: str = ""
    published: Moment | None = None
    lang: str = ""
    charset: str = ""
    zone: str = ""
    delivered: Delivered | None = None
    authors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of the article's raw text that was taken off.

    The raw text is a sequence of blocks (lines). ``block`` counts them from 0; ``start`` is the
    code point inside the block. ``whole`` says the block went altogether, else what is left of it is
    the next paragraph of ``body``. Body and spans together rebuild every block.
    """

    kind: SpanKind
    text: str
    rule: str
    block: int
    start: int = 0
    whole: bool = True
    agencies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """A copy's word on who filed its text: the agency's id, and where it says so."""

    agency: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Dateline:
    """Place and date a story was filed from; ``date`` is None where only the place stands."""

    place: str
    date: Moment | None
    text: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A page's main picture: its address, and whom it is credited to as far as that is told."""

    url: str
    credit: str = ""


@dataclass(frozen=True, slots=True)
class Article:
    """What extraction found in a page. ``body`` is the story, a paragraph each; the rest are spans.

    The outlet's template is learned from ``line_keys``, hashes of all short lines of the page, and from ``places``,
    which tell for each block where in the page's markup it stands ("" where that is not known). ``agreement`` is how
    far different readings of the page agree, 0..1. ``signals`` are reservations such as ``noarchive`` and
    ``tdm-reservation``; ``sources`` hints at where the text was taken from. ``withheld`` says why there is no text:
    then ``fingerprint``, without its bands, is what matching has of it.
    """

    url: str
    title: str
    body: tuple[str, ...]
    spans: tuple[Span, ...] = ()
    deck: str = ""
    byline: tuple[str, ...] = ()
    agency: str = ""
    syndicated: bool = False
    dateline: Dateline | None = None
    published: Moment | None = None
    updated: Moment | None = None
    lang: str = ""
    canonical_url: str = ""
    mark: VersionKind = VersionKind.ORIGINAL
    line_keys: frozenset[int] = frozenset()
    places: tuple[str, ...] = ()
    agreement: float = 1.0
    kind: PageKind = PageKind.ARTICLE
    section: str = ""
    picture: Picture | None = None
    licence: str = ""
    signals: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    withheld: str = ""
    fingerprint: Fingerprint | None = None


@dataclass(frozen=True, slots=True)
class ArticleRecord:
    """An article as stored. ``seen_at`` is when it is known to have been out (UTC): its published time, of a bare day
    the end, and never later than it was fetched. ``feed_agency`` is the agency whose own page it is."""

    id: int
    entry_id: int
    outlet: str
    preferred: bool
    seen_at: datetime
    article: Article
    feed_agency: str = ""
    claims: tuple[Claim, ...] = ()


# ---------------------------------------------------------------- matching


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What matching keeps of a text.

    ``shingles``: the distinct 64-bit hashes of its word 4-grams, sorted, little-endian raw bytes.
    ``bands``: keys to find candidates by, signed 64-bit numbers, little-endian raw bytes too: one for each LSH band and
    one for each shingle of the fractional sketch. ``version`` names the recipe of both.
    """

    version: int
    shingles: bytes
    bands: bytes
    tokens: int


@dataclass(frozen=True, slots=True)
class Member:
    """A copy already in a story, as matching and canonical choice need it.

    ``edition`` counts the versions of the story's text that copies carry, from 1.
    """

    article_id: int
    story_id: int
    outlet: str
    preferred: bool
    seen_at: datetime
    title: str
    body: tuple[str, ...]
    agency: str
    relation: Relation
    edition: int
    mark: VersionKind
    fingerprint: Fingerprint
    feed_agency: str = ""
    claims: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """How two texts compare: shares are of distinct shingles, in 0..1.

    ``containment`` is over the smaller of the two, ``fresh`` the same over novel shingles only.
    """

    article_id: int
    story_id: int
    containment: float
    jaccard: float
    fresh: float
    score: float


@dataclass(frozen=True, slots=True)
class Assignment:
    """Where an article belongs. ``story_id`` None opens a new story; ``reason`` is for a person."""

    article_id: int
    story_id: int | None
    relation: Relation
    edition: int
    score: float
    reason: str


@dataclass(frozen=True, slots=True)
class Tie:
    """A link from an article to a story: ``score`` is the share of the article's words that the story had first."""

    story: int
    kind: LinkKind
    score: float
    reason: str


@dataclass(frozen=True, slots=True)
class Links:
    """An article's ties. ``derived`` says that it is made from other texts, and a copy of none of them; ``same`` is
    then the story of another text made from the same, which it joins."""

    ties: tuple[Tie, ...] = ()
    derived: bool = False
    same: int | None = None


@dataclass(frozen=True, slots=True)
class CanonicalChoice:
    """The copy whose text is the story's, with the rule that chose it.

    ``support`` says in how many outlets each paragraph of ``body`` stands.
    """

    article_id: int
    kind: VersionKind
    title: str
    body: tuple[str, ...]
    reason: str
    support: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedCopy:
    """One article's place, with the fingerprint to index. ``story`` is an id, or a new story's key.

    New stories are keyed by negative numbers that are unique inside the plan.
    """

    article_id: int
    story: int
    relation: Relation
    edition: int
    score: float
    reason: str
    fingerprint: Fingerprint


@dataclass(frozen=True, slots=True)
class PlannedVersion:
    """A new canonical text for a story (id, or a new story's negative key)."""

    story: int
    choice: CanonicalChoice
    agency: str
    lang: str


@dataclass(frozen=True, slots=True)
class PlannedLink:
    """A tie of an article that is placed by the plan, or was set aside as a live blog."""

    article_id: int
    tie: Tie


@dataclass(frozen=True, slots=True)
class PlannedMerge:
    """Two stories (ids, or new stories' negative keys) that a late copy shows to be one; ``other`` goes into
    ``target``. ``article_id`` is the copy that shows it."""

    target: int
    other: int
    reason: str
    article_id: int = 0


@dataclass(frozen=True, slots=True)
class Head:
    """What a stored story shows now: the article whose copy its text is based on, if it has one, and its language."""

    article_id: int | None
    lang: str


@dataclass(frozen=True, slots=True)
class Plan:
    """All that one clustering batch will write, carried out in one transaction. ``passed`` are articles that were
    looked at for their links alone, and have no place in a story."""

    copies: tuple[PlannedCopy, ...] = ()
    versions: tuple[PlannedVersion, ...] = ()
    links: tuple[PlannedLink, ...] = ()
    merges: tuple[PlannedMerge, ...] = ()
    passed: tuple[int, ...] = ()


# ---------------------------------------------------------------- what readers see


@dataclass(frozen=True, slots=True)
class Copy:
    """An article's place in a story, as views show it."""

    article_id: int
    story_id: int
    outlet: str
    url: str
    title: str
    published: Moment | None
    agency: str
    relation: Relation
    edition: int
    score: float
    reason: str
    canonical: bool


@dataclass(frozen=True, slots=True)
class AgencyClaim:
    """That a story is an agency's, as far as copies say so: how many, of how many outlets, where."""

    agency: str
    copies: int
    outlets: int
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Attribution:
    """Who filed a story; every claim is kept, those for others too. ``confidence`` in 0..1 is a plain rule of share
    and kind of evidence."""

    agency: str
    confidence: float
    reason: str
    claims: tuple[AgencyClaim, ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """A text that a story's words come from: the story it is, and the agency that it is credited to."""

    story_id: int
    agency: str


@dataclass(frozen=True, slots=True)
class Link:
    """A tie between stories, as a view of one of them shows it. ``outgoing``: its copies have the other's words; else
    the other's copies have its own. ``story_id`` is the other story, None for a live blog, which has none; ``copies``
    say how many carry it, article, outlet and address are those of the copy that has most."""

    kind: LinkKind
    outgoing: bool
    story_id: int | None
    title: str
    score: float
    reason: str
    copies: int
    article_id: int
    outlet: str
    url: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """Whose a story is, where its words come from, and what it is tied to. Copies of one text are one origin, however
    many outlets carry it; a text made from others has theirs."""

    attribution: Attribution
    origins: tuple[Origin, ...]
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Version:
    """The story's canonical text at a time; ``number`` counts from 1, ``support`` the outlets of each paragraph."""

    story_id: int
    number: int
    kind: VersionKind
    article_id: int
    title: str
    body: tuple[str, ...]
    reason: str
    created_at: datetime
    support: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Story:
    """The stored group with the version in force."""

    id: int
    title: str
    agency: str
    lang: str
    first_seen: datetime
    updated_at: datetime
    copies: int
    outlets: int
    version: int
    kind: VersionKind
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the change log; ``seq`` is the cursor to read on from."""

    seq: int
    kind: ChangeKind
    story_id: int
    article_id: int | None
    version: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Counts:
    """Totals for summaries. ``removed``/``kept`` are characters taken off pages and kept as story."""

    feeds: int
    feeds_failing: int
    entries: int
    pages: int
    articles: int
    copies: int
    stories: int
    versions: int
    changes: int
    failed: int
    removed: int
    kept: int


@dataclass(frozen=True, slots=True)
class StepReport:
    """What a step did, for logs and summaries: counts by name, and one line for each failure."""

    step: str
    done: int = 0
    failed: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


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
    seen: Mapping[str, datetime]


@dataclass(frozen=True, slots=True)
class DuplicateFeeds:
    """Two feeds that are one: the share of their entries that both carry (Jaccard, 0..1), and why they count as one."""

    feed_id: int
    other_id: int
    shared: float
    reason: str


@dataclass(frozen=True, slots=True)
class EntryRow:
    """An entry as an operator looks at it: where it stands and, if it failed, why."""

    id: int
    outlet: str
    url: str
    title: str
    status: EntryStatus
    outcome: str
    detail: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Doubt:
    """An article that an operator should look at: its readings agree little, or its page was set aside as no article.

    ``story_id`` is None where it is no copy of a story.
    """

    article_id: int
    story_id: int | None
    outlet: str
    url: str
    title: str
    kind: PageKind
    agreement: float
