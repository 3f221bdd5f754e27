"""What a reader gives: the rows of the SQL views, typed. Times are aware, in UTC."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, TypeVar

from pipeline.errors import UsageError
from pipeline.model import Change, Provenance, Snippet, StoryStatus
from pipeline.read.view_rows import ViewRows

T = TypeVar("T")
# Columns that hold a list as JSON.
LISTS = ("byline", "signals")


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """A store: its UUID, the name of its schema, the cursor of its log's end, and after which seq the log begins."""

    store: str
    schema: str
    cursor: str
    floor: int


@dataclass(frozen=True, slots=True)
class StoryHead:
    """A story without its texts. ``uri`` names it in the whole world; ``successor`` is where a merged story leads.

    ``digest`` is of the text in force, None where there is none to use. ``article`` is the copy that the text is based
    on; outlet, url, byline, deck, place, section and published are that copy's. ``published`` is as written (ISO 8601),
    ``published_utc`` its instant, of a bare day (``published_precision``) the beginning.
    """

    story: int
    uri: str
    status: StoryStatus
    successor: int | None
    revision: int
    title: str
    agency: str
    lang: str
    first_seen: datetime
    updated: datetime
    version: int
    kind: str
    digest: str | None
    article: int | None
    outlet: str | None
    url: str | None
    byline: tuple[str, ...]
    deck: str | None
    place: str | None
    section: str | None
    published: str | None
    published_utc: datetime | None
    published_precision: str | None
    copies: int
    outlets: int


@dataclass(frozen=True, slots=True)
class VersionText:
    """One version of a story. ``title``, ``body`` and ``digest`` are None where the text is not to be used."""

    story: int
    version: int
    kind: str
    article: int
    title: str | None
    body: tuple[str, ...] | None
    digest: str | None
    reason: str
    created: datetime
    in_force: bool
    removed: datetime | None


@dataclass(frozen=True, slots=True)
class CopyPlace:
    """A page's place in a story. ``withheld`` says why its own text is not kept, '' where it is."""

    article: int
    story: int
    outlet: str
    url: str
    url_key: str
    title: str
    lang: str
    byline: tuple[str, ...]
    agency: str
    relation: str
    edition: int
    score: float
    reason: str
    first_seen: datetime
    published: str | None
    published_utc: datetime | None
    published_precision: str | None
    licence: str
    signals: tuple[str, ...]
    withheld: str
    canonical: bool


@dataclass(frozen=True, slots=True)
class StoryState:
    """All that is to be known of a story in one view. Of a story that is not live, head alone tells; ``provenance`` is
    None then."""

    head: StoryHead
    versions: tuple[VersionText, ...] = ()
    copies: tuple[CopyPlace, ...] = ()
    provenance: Provenance | None = None


@dataclass(frozen=True, slots=True)
class Kill:
    """An order that a text is not to be used: of a version, of the whole story where that is None.

    ``level`` is withdrawn (by the agency), withheld (rights) or removed (by a person); ``actor`` gave the order, and
    ``successor`` is where the story leads.
    """

    seq: int
    at: datetime
    story: int
    uri: str
    version: int | None
    level: str
    actor: str
    reason: str
    successor: int | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole store in one view, or what changed behind a cursor: ``states`` and ``kills`` are read as they are
    iterated, once, while the snapshot is open; ``view_rows`` are the same stories as rows of a database's views."""

    info: StoreInfo
    states: Iterator[StoryState]
    kills: Iterator[Kill]
    view_rows: ViewRows | None = None

    @property
    def rows(self) -> ViewRows:
        """Return the rows. Raises UsageError where no database is read."""
        if self.view_rows is None:
            raise UsageError("has no SQL views", concerns="an export or API", todo="read the store itself")
        return self.view_rows


@dataclass(frozen=True, slots=True)
class StoryFilter:
    """Which stories: ``since`` and ``until`` bound the order's time (until left out), ``outlet`` has a copy of it,
    ``section`` and the rest are the head's. None asks nothing; ``status`` None takes every status. ``words``: live
    stories whose title and text in force have all of them, phrases in quotes as they stand."""

    since: datetime | None = None
    until: datetime | None = None
    agency: str | None = None
    lang: str | None = None
    outlet: str | None = None
    section: str | None = None
    status: StoryStatus | None = StoryStatus.LIVE
    words: str | None = None


@dataclass(frozen=True, slots=True)
class StoryPage:
    """A page of stories, and what to pass as ``after`` for the next one; None behind the last.

    Where words were asked for, ``snippets`` has by story the snippet of its text that has the most of them, in parts
    that were asked for (``found``) and others; a story that has them in its title alone has none.
    """

    stories: tuple[StoryHead, ...]
    after: str | None
    snippets: Mapping[int, Snippet] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChangePage:
    """Lines of the change log to the end of a commit, and the cursor behind them. ``states`` has each story that they
    name as it is now, by id, where that was asked for."""

    lines: tuple[Change, ...]
    cursor: str
    states: Mapping[int, StoryState] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PagePlace:
    """What is stored of an address that was asked for: the page's outlet, and, where it is placed, its story in force.

    ``copies`` are all of that story's. An address of no stored page has neither outlet nor story; one whose page waits
    to be placed, or is no article, has no story.
    """

    url: str
    outlet: str | None = None
    article: int | None = None
    head: StoryHead | None = None
    copies: tuple[CopyPlace, ...] = ()


# The columns of each view's rows.
FIELD_NAMES: Mapping[type[Any], tuple[str, ...]] = {
    kind: tuple(column.name for column in fields(kind)) for kind in (StoryHead, VersionText, CopyPlace, Kill)
}


def typed_row(kind: type[T], row: Mapping[Any, Any], **extra: Any) -> T:
    """Return a view's row as a record whose fields are its columns; ``extra`` are fields that are none, or are read
    already."""
    values = {name: row[name] for name in FIELD_NAMES[kind] if name not in extra}
    values |= {name: tuple(json.loads(values[name] or "[]")) for name in LISTS if name in values}
    if "status" in values:
        values["status"] = StoryStatus(values["status"])
    return kind(**values, **extra)
