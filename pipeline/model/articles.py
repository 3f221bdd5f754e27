"""What extraction found in a page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.model.moments import Moment


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


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of the article's raw text that was taken off.

    The raw text is a sequence of blocks (lines). ``block`` counts them from 0; ``start`` is the
    code point inside the block. ``is_whole_block`` says that the whole block was taken off, else what is left of it is
    the next paragraph of ``body``. Body and spans together rebuild every block.
    """

    kind: SpanKind
    text: str
    rule: str
    block: int
    start: int = 0
    is_whole_block: bool = True
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
    which tell for each block where in the page's markup it stands ("" where that is not known). ``agreement`` is the
    confidence of the reader in the text, 0..1. ``signals`` are reservations such as ``noarchive`` and
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


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What matching keeps of a text.

    ``shingles``: the distinct 64-bit hashes of its word 4-grams, sorted, little-endian raw bytes.
    ``bands``: keys to find candidates by, signed 64-bit numbers, little-endian raw bytes too: one for each LSH band.
    ``version`` names the recipe of the shingles, from which the keys follow.
    """

    version: int
    shingles: bytes
    bands: bytes
    tokens: int


@dataclass(frozen=True, slots=True)
class LineVerdict:
    """What the reader makes of one line of a page: the ``probability`` (0..1) that it is the story's, and whether it is
    chosen; the standfirst is chosen also under .5. ``tag`` is that of the element it stands in."""

    text: str
    tag: str
    probability: float
    is_chosen: bool
    is_standfirst: bool = False


@dataclass(frozen=True, slots=True)
class Doubt:
    """An article that an operator should look at: its readings agree little, or its page was set aside as no article.

    ``story_id`` is None where it is no copy of a story. ``reason`` is told of pages that many entries end at.
    """

    article_id: int
    story_id: int | None
    outlet: str
    url: str
    title: str
    kind: PageKind
    agreement: float
    reason: str = ""
