"""Stories as they are stored and read: copies, versions, links, changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from pipeline.model.articles import ArticleRecord, Evidence, VersionKind
from pipeline.model.moments import Moment
from pipeline.model.placing import LinkKind, Relation


class ChangeKind(StrEnum):
    """What one line of the change log tells a downstream job, which reads the story again whatever the kind.

    Merges, splits and their undo name both stories. CHANGED is what readers see of a copy, of the version in force (its
    basis, not its text), or of the story (its agency, links, origins).
    """

    STORY_CREATED = "story-created"
    STORY_REVIVED = "story-revived"
    COPY_ADDED = "copy-added"
    COPY_MOVED = "copy-moved"
    COPY_CHANGED = "copy-changed"
    RIGHTS_CHANGED = "rights-changed"
    TEXT_REMOVED = "text-removed"
    STORY_LINKED = "story-linked"
    VERSION_ADDED = "version-added"
    VERSION_CHANGED = "version-changed"
    STORY_WITHDRAWN = "story-withdrawn"
    STORY_RESTORED = "story-restored"
    STORY_CHANGED = "story-changed"
    STORY_SPLIT = "story-split"
    STORY_ABSORBED = "story-absorbed"
    STORY_MERGED = "story-merged"


class StoryStatus(StrEnum):
    """What may be done with a story: LIVE it is read; MERGED it leads to another; WITHDRAWN its text is not to be used;
    REMOVED its text is gone for good."""

    LIVE = "live"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"
    REMOVED = "removed"


class Actor(StrEnum):
    """Who made a change: the machine by its rules, a person, the agency by its notice, the policy on rights."""

    MACHINE = "machine"
    PERSON = "person"
    AGENCY = "agency"
    POLICY = "policy"


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
    """The story's canonical text as it came into force: ``number`` counts from 1, ``support`` the outlets of each
    paragraph then. Only its text may be removed since, at ``removed_at``; ``digest`` stays that of the text."""

    story_id: int
    number: int
    kind: VersionKind
    article_id: int
    title: str
    body: tuple[str, ...]
    reason: str
    created_at: datetime
    support: tuple[int, ...] = ()
    digest: str = ""
    removed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """The stored group with the version in force, and what that is based on now: ``article_id``, ``support`` (the
    outlets of each paragraph) and the rule, ``reason``. ``digest`` is of its text, None where there is none to read."""

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
    status: StoryStatus = StoryStatus.LIVE
    revision: int = 0
    digest: str | None = None
    article_id: int | None = None
    support: tuple[int, ...] = ()
    reason: str = ""


class WholeStory(NamedTuple):
    """A story with all that is shown of it; ``additions`` are the paragraphs that a copy adds, by article."""

    head: Story
    versions: Sequence[Version]
    copies: Sequence[Copy]
    additions: Mapping[int, Sequence[str]]
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class SnippetPart:
    """Words of a snippet that a search asked for (``is_match``), or what stands between them."""

    text: str
    is_match: bool


# What a search shows of a text: where its words stand.
Snippet = tuple[SnippetPart, ...]


@dataclass(frozen=True, slots=True)
class StoryFilter:
    """Which stories are wanted. ``words``: all in title or text, phrases in quotes as they stand. ``agency``: its id,
    '' for none named, None for any. ``outlet`` has a copy. First seen at or after ``since`` and before ``until``.
    ``kind`` is that of the version in force. ``after``: a story's id.
    """

    words: str = ""
    agency: str | None = None
    outlet: str = ""
    lang: str = ""
    since: datetime | None = None
    until: datetime | None = None
    kind: VersionKind | None = None
    after: int = 0

    def following(self, story_id: int) -> StoryFilter:
        """The same stories, from behind this one on."""
        return replace(self, after=story_id)


@dataclass(frozen=True, slots=True)
class WholeCopy:
    """An article with its spans, its feed, and the story that it is a copy of (None before it has a place);
    ``fetched_at`` is None where its text came with the feed."""

    record: ArticleRecord
    feed_id: int
    story_id: int | None
    story_title: str
    fetched_at: datetime | None


class CreditState(StrEnum):
    """What a copy says of the agency whose story it is: CREDITED names it, DROPPED names none, OTHER_AGENCY
    names others alone."""

    CREDITED = "kept"
    DROPPED = "dropped"
    OTHER_AGENCY = "other"


@dataclass(frozen=True, slots=True)
class Pickup:
    """A copy beside its story's text in force.

    ``minutes`` are those after the first copy whose time of publishing is known; None where this one's is not, or only
    its day. ``share_kept`` is of the text's words, 0..1; ``words_added`` counts the copy's words that the text has not;
    both are None where either text is not kept, and ``headline_changed`` where either headline is not.
    ``paragraphs_dropped`` counts the text's paragraphs of which the copy has less than half. ``corrected_after`` are
    the minutes from the story's last correction until its page changed; None where there was none, or it did not.
    ``still_up`` says of a story that was withdrawn or removed whether the page was there after that; None where it was
    not looked at since. ``credit`` is None of a story that names no agency.
    """

    story_id: int
    story_title: str
    status: StoryStatus
    article_id: int
    outlet: str
    url: str
    published: Moment | None
    minutes: float | None
    relation: Relation
    headline_changed: bool | None
    share_kept: float | None
    words_added: int | None
    credit: CreditState | None
    agency: str
    paragraphs_dropped: int | None = None
    corrected_after: float | None = None
    still_up: bool | None = None
    title: str = ""
    canonical: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the change log, and the story's state after its commit.

    ``tx`` is the first ``seq`` of the commit; ``other_id`` the other story of a merge, split or link; ``revision``
    counts the story's lines; ``digest`` is of the text in force, None where there is none to read; ``changed`` names
    fields of the story's record that may be others now; ``tag`` (8 bytes in hex) is chained over all lines; ``cursor``
    is where to read on from.
    """

    seq: int
    tx: int
    at: datetime
    kind: ChangeKind
    story_id: int
    other_id: int | None
    articles: tuple[int, ...]
    version: int | None
    revision: int
    status: StoryStatus
    digest: str | None
    changed: tuple[str, ...]
    actor: Actor
    reason: str
    tag: str
    cursor: str


@dataclass(frozen=True, slots=True)
class Trace:
    """Where a removed text was looked for: how many texts, and the places that still hold one of them."""

    path: str
    texts: int
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KillReach:
    """What a withdrawal or a removal of a story would reach: its copies and versions, the archived pages, the merged
    stories that lead to it (``merged``) and the stories that have a version by one of its copies (``quoting``)."""

    story_id: int
    title: str
    status: StoryStatus
    outlets: tuple[str, ...]
    copies: int
    versions: int
    pages: int
    merged: tuple[int, ...]
    quoting: tuple[int, ...]


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


@dataclass(frozen=True, slots=True)
class DayCounts:
    """Stories with a new version in a time, by its kind; ``waiting`` articles have no place yet."""

    waiting: int
    updated: int
    corrected: int
    withdrawn: int


@dataclass(frozen=True, slots=True)
class OutletRow:
    """An outlet in a list: its feeds, articles of the last days, and lines that its pages repeat."""

    name: str
    feeds: int
    articles: int
    lines: int


@dataclass(frozen=True, slots=True)
class OutletLine:
    """A line that was taken off an outlet's newest pages because they repeat it: on how many of them, and examples as
    (article, its title)."""

    text: str
    pages: int
    examples: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class OutletShare:
    """What an outlet's newest articles have of one agency ('' for none named): articles, the share of them whose page
    names the agency, and the median delay in minutes after a story's first copy (None where no time is known)."""

    agency: str
    articles: int
    credited: float
    delay: float | None


@dataclass(frozen=True, slots=True)
class OutletFigures:
    """An outlet's newest articles: their number, characters kept and taken off, agencies, reservations with their
    number, texts withheld, and the places where its stories keep their text, each with its stories."""

    articles: int
    kept_characters: int
    removed_characters: int
    shares: tuple[OutletShare, ...]
    signals: tuple[tuple[str, int], ...]
    withheld: int
    places: tuple[tuple[str, int], ...]
