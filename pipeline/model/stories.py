"""Stories as they are stored and read: copies, versions, links, changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from pipeline.model.articles import Evidence, VersionKind
from pipeline.model.moments import Moment
from pipeline.model.placing import LinkKind, Relation


class ChangeKind(StrEnum):
    """What one line of the change log tells a downstream job, which reads the story again whatever the kind.

    Merges and their undo name both stories. CHANGED is what readers see of a copy, of the version in force (its basis,
    not its text), or of the story (its agency, links, origins).
    """

    STORY_CREATED = "story-created"
    COPY_ADDED = "copy-added"
    COPY_CHANGED = "copy-changed"
    VERSION_ADDED = "version-added"
    VERSION_CHANGED = "version-changed"
    STORY_CHANGED = "story-changed"
    STORY_WITHDRAWN = "story-withdrawn"
    STORY_MERGED = "story-merged"
    STORY_ABSORBED = "story-absorbed"
    STORY_REVIVED = "story-revived"
    STORY_SPLIT = "story-split"
    STORY_LINKED = "story-linked"
    TEXT_REMOVED = "text-removed"


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


class WholeStory(NamedTuple):
    """A story with all that is shown of it; ``additions`` are the paragraphs that a copy adds, by article."""

    head: Story
    versions: Sequence[Version]
    copies: Sequence[Copy]
    additions: Mapping[int, Sequence[str]]
    provenance: Provenance


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
    """Totals for summaries. ``removed_characters`` were taken off pages, ``kept_characters`` are text of articles."""

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
    removed_characters: int
    kept_characters: int


@dataclass(frozen=True, slots=True)
class StepReport:
    """What a step did, for logs and summaries: counts by name, and one line for each failure."""

    step: str
    succeeded: int = 0
    failed: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
