"""From texts to places in stories: fingerprints, members, plans."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.model.articles import Claim, Fingerprint, VersionKind


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
class Assignment:
    """Where an article belongs. ``story_id`` None opens a new story; ``reason`` is for a person. ``repeated``: earlier
    articles of the outlet with the same few words under other titles; where there are any, the text is a wall."""

    article_id: int
    story_id: int | None
    relation: Relation
    edition: int
    score: float
    reason: str
    repeated: tuple[int, ...] = ()


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
    """Two stories (ids, or new stories' negative keys) that a late copy shows to be one; ``source`` goes into
    ``target``. ``article_id`` is the copy that shows it."""

    target: int
    source: int
    reason: str
    article_id: int = 0


@dataclass(frozen=True, slots=True)
class Head:
    """What a stored story shows now: the article whose copy its text is based on, if it has one, and its language."""

    article_id: int | None
    lang: str


@dataclass(frozen=True, slots=True)
class PlannedDoubt:
    """An article, new or placed before, whose text is perhaps no story; ``reason`` is for a person."""

    article_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """All that one clustering batch will write, carried out in one transaction. ``passed`` are articles that were
    looked at for their links alone, and have no place in a story."""

    copies: tuple[PlannedCopy, ...] = ()
    versions: tuple[PlannedVersion, ...] = ()
    links: tuple[PlannedLink, ...] = ()
    merges: tuple[PlannedMerge, ...] = ()
    passed: tuple[int, ...] = ()
    doubts: tuple[PlannedDoubt, ...] = ()


@dataclass(frozen=True, slots=True)
class PlacingLock:
    """Who holds the lock on placing: host and process, since when, and its fencing number."""

    name: str
    owner: str
    since: datetime
    fence: int
