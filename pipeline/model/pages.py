"""Entries and the pages fetched for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.model.articles import Article, ArticleRecord
from pipeline.model.feeds import Delivered, Validators
from pipeline.model.moments import Moment


class EntryStatus(StrEnum):
    """Where an entry stands: NEW -> EXTRACTED -> CLUSTERED, or RETRY, or FAILED for good; SET_ASIDE is a page that is
    no article, kept and marked; REMOVED has lost its text, and is never read again."""

    NEW = "new"
    RETRY = "retry"
    EXTRACTED = "extracted"
    CLUSTERED = "clustered"
    FAILED = "failed"
    SET_ASIDE = "set-aside"
    REMOVED = "removed"


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
class RedirectedEntry:
    """An entry whose address led to another. ``article_id`` is None where its page holds no article."""

    id: int
    url: str
    title: str
    article_id: int | None


@dataclass(frozen=True, slots=True)
class SharedPage:
    """A page that redirects lead to, and the entries of one outlet that ended at it, the latest first."""

    outlet: str
    url: str
    entries: tuple[RedirectedEntry, ...]


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
    validators: Validators = Validators()  # noqa: RUF009 - frozen


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
    """The result of visiting a page again; ``next_visit`` is None where there is none.

    ``page`` where one was fetched, ``article`` where its text has changed; ``reason`` is for a person. ``signals``
    where what is reserved has changed and the text as it is stored stays.
    """

    entry_id: int
    at: datetime
    outcome: str
    next_visit: datetime | None
    page: PageRecord | None = None
    article: Article | None = None
    reason: str = ""
    signals: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an entry got no article. ``retry_at`` is None where no other try is worth it."""

    outcome: str
    detail: str
    retry_at: datetime | None = None


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
