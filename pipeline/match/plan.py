"""A batch of articles to a Plan: their places, what ties them to other stories, stories that prove to be one, and the
canonical texts that change because of all this."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType

from pipeline.config import CanonicalConfig
from pipeline.match.assign import assign
from pipeline.match.canonical import DEFAULT, agency_of, choose
from pipeline.match.links import Places, linkable_stories, links
from pipeline.match.merging import find_merge
from pipeline.match.reconcile import ParagraphCache
from pipeline.match.withdrawal import withdrawn_story
from pipeline.match.workspace import NewArticle, Workspace
from pipeline.model import (
    ArticleRecord,
    Assignment,
    Fingerprint,
    Head,
    Links,
    Member,
    PageKind,
    Plan,
    PlannedCopy,
    PlannedLink,
    PlannedMerge,
    PlannedVersion,
    Relation,
    VersionKind,
)
from pipeline.text.keys import shared_among
from pipeline.text.shingles import Hashes

Candidates = Mapping[int, Sequence[tuple[int, int, int]]]
NO_STORIES: Mapping[int, int] = MappingProxyType({})
# Of the articles that share keys with one, stored or of its batch, those that share most are looked at.
MOST_CANDIDATES = 40


def prepare(records: Sequence[ArticleRecord], fingerprints: Sequence[Fingerprint], workspace: Workspace) -> None:
    """Make a batch's articles ready at the workspace; doing it twice changes nothing."""
    both = zip(records, fingerprints, strict=True)
    new = [(record, made) for record, made in both if not workspace.has(record.id)]
    workspace.prepare([_incoming(record, made) for record, made in new if record.article.kind is PageKind.ARTICLE])


def plan_batch(
    records: Sequence[ArticleRecord],
    fingerprints: Sequence[Fingerprint],
    candidates: Candidates,
    canonicals: Mapping[int, int],
    workspace: Workspace,
    withdrawn: Mapping[int, int] = NO_STORIES,
    apart: Iterable[tuple[int, int]] = (),
    policy: CanonicalConfig = DEFAULT,
    *,
    mended: bool = True,
) -> Plan:
    """Place each article, in the order given, and choose again the canonical text of each story touched.

    ``candidates``: article id -> (article, story, shared bands) from the store; ``canonicals``: story -> the
    article in force; ``withdrawn``: articles that withdraw a stored story -> that story; ``apart``: pairs of stories
    that a person's word keeps apart; ``mended``: whether texts are wanted, or who has them alone. The workspace has the
    members of all these stories, and gains those placed here.
    """
    prepare(records, fingerprints, workspace)
    batch = _Batch(canonicals, workspace, withdrawn, apart, policy, mended)
    together = _together(records, fingerprints)
    for record, fingerprint in zip(records, fingerprints, strict=True):
        batch.read(record, fingerprint, candidates.get(record.id, ()), together.get(record.id, ()))
    return batch.plan()


def _together(
    records: Sequence[ArticleRecord], fingerprints: Sequence[Fingerprint]
) -> dict[int, list[tuple[int, int]]]:
    """Article -> those before it in the batch that share bands, and how many; not all of them are copies."""
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    keys = {record.id: made.bands for record, made in zip(records, fingerprints, strict=True)}
    for article, other, count in shared_among(keys):
        found[article].append((other, count))
    return found


class _Batch:
    """The plan as it grows, article by article."""

    def __init__(
        self,
        canonicals: Mapping[int, int],
        workspace: Workspace,
        withdrawn: Mapping[int, int],
        apart: Iterable[tuple[int, int]],
        policy: CanonicalConfig,
        mended: bool,
    ) -> None:
        self._canonicals, self._desk, self._withdrawn, self._policy = canonicals, workspace, withdrawn, policy
        self._mended = mended
        self._copies: list[PlannedCopy] = []
        self._versions: list[PlannedVersion] = []
        self._links: list[PlannedLink] = []
        self._merges: list[PlannedMerge] = []
        self._passed: list[int] = []
        self._touched: dict[int, str] = {}
        self._placed: dict[int, int] = {}
        self._apart: dict[int, set[int]] = defaultdict(set)
        for one, other in apart:
            self._keep_apart(one, other)

    def read(
        self,
        record: ArticleRecord,
        fingerprint: Fingerprint,
        stored: Sequence[tuple[int, int, int]],
        together: Sequence[tuple[int, int]],
    ) -> None:
        """Place one article; of a live blog, only see what it quotes."""
        found = self._grouped(stored, together)
        if record.article.kind is not PageKind.ARTICLE:
            self._passed.append(record.id)
            self._tie(record, self._links_of(record, fingerprint, found, None))
            return
        article = _incoming(record, fingerprint)
        place = _withdrawing(record, self._withdrawn, self._desk)
        if place is None:
            place = assign(article, found, self._desk)
            ties = self._links_of(record, fingerprint, found, place.story_id)
            if ties.derived and record.article.mark is VersionKind.ORIGINAL:
                place = _made_from_others(place, ties)
            self._tie(record, ties)
        story = place.story_id if place.story_id is not None else -(len(self._copies) + 1)
        self._place(record, fingerprint, place, story)
        if place.relation is not Relation.DERIVED:
            self._merge(find_merge(article, story, found, self._canonicals, self._apart, self._desk))

    def plan(self) -> Plan:
        """All of it."""
        versions = self._versions + [self._version(story) for story in self._touched]
        return Plan(tuple(self._copies), tuple(versions), tuple(self._links), tuple(self._merges), tuple(self._passed))

    def _links_of(
        self, record: ArticleRecord, fingerprint: Fingerprint, found: Mapping[int, Sequence[int]], home: int | None
    ) -> Links:
        overlap = self._desk.overlap(record.id, fingerprint)
        rivals = linkable_stories(record.id, overlap, found, self._desk.members, home)
        new_since = partial(self._new_since, record.id)
        return links(record.article.body, rivals, new_since, record.article.kind, record.claims, overlap)

    def _new_since(self, article_id: int, hashes: Hashes, at: datetime) -> Places:
        fresh = timedelta(hours=self._desk.config.fresh_hours)
        return self._desk.firsts(article_id, hashes) >= self._desk.since(at + fresh)

    def _tie(self, record: ArticleRecord, found: Links) -> None:
        self._links += [PlannedLink(record.id, tie) for tie in found.ties if tie.story != found.same]

    def _place(self, record: ArticleRecord, fingerprint: Fingerprint, place: Assignment, story: int) -> None:
        self._copies.append(_copy(place, story, fingerprint))
        self._touched[story] = record.article.lang or self._touched.get(story, "")
        self._desk.members[story].append(_member(record, story, place, fingerprint))
        self._placed[record.id] = story

    def _merge(self, merge: PlannedMerge | None) -> None:
        if merge is None:
            return
        self._merges.append(merge)
        lang = self._touched.get(merge.other, "")
        if merge.other in self._touched:
            self._versions.append(self._version(merge.other))
            del self._touched[merge.other]
        self._touched[merge.target] = self._touched.get(merge.target, "") or lang
        moved = [replace(one, story_id=merge.target) for one in self._desk.members.pop(merge.other)]
        self._desk.members[merge.target].extend(moved)
        for kept in self._apart.pop(merge.other, set()):
            self._keep_apart(merge.target, kept)

    def _keep_apart(self, one: int, other: int) -> None:
        self._apart[one].add(other)
        self._apart[other].add(one)

    def _grouped(
        self, stored: Sequence[tuple[int, int, int]], together: Sequence[tuple[int, int]]
    ) -> dict[int, list[int]]:
        """Story -> its articles that share bands, most shared first; from the store and from this batch."""
        here = [(article, self._placed[article], count) for article, count in together if article in self._placed]
        ranked = sorted([*stored, *here], key=lambda one: (-one[2], one[0]))[: max(MOST_CANDIDATES, len(stored))]
        gone = {merge.other: merge.target for merge in self._merges}
        groups: dict[int, list[int]] = defaultdict(list)
        for article, story, _count in ranked:
            groups[surviving_story(story, gone)].append(article)
        return groups

    def _version(self, story: int) -> PlannedVersion:
        members = self._desk.members[story]
        head = Head(self._canonicals.get(story), self._touched.get(story, ""))
        return choose_version(story, members, head, self._policy, mended=self._mended, laid=self._desk.laid)


def _made_from_others(place: Assignment, ties: Links) -> Assignment:
    """A text made from several stands in a story of its own, with others made from the same."""
    sources = ", ".join(str(tie.story) for tie in ties.ties) if all(tie.story > 0 for tie in ties.ties) else ""
    reason = f"made from {len(ties.ties)} stories{': ' + sources if sources else ''}; a copy of none"
    return replace(place, story_id=ties.same, relation=Relation.DERIVED, edition=1, score=1.0, reason=reason)


def _withdrawing(record: ArticleRecord, withdrawn: Mapping[int, int], workspace: Workspace) -> Assignment | None:
    """A withdrawal goes to the story that it names, in the store or in this batch."""
    if record.article.mark is not VersionKind.WITHDRAWAL:
        return None
    titles = {story: [member.title for member in members] for story, members in workspace.members.items()}
    story = withdrawn.get(record.id) or withdrawn_story(record.article, titles)
    if story is None:
        return None
    members = workspace.members[story]
    marked = [member.edition for member in members if member.mark is VersionKind.WITHDRAWAL]
    edition = min(marked, default=max((member.edition for member in members), default=0) + 1)
    return Assignment(record.id, story, Relation.UPDATE, edition, 1.0, "withdraws the story by its headline")


def _incoming(record: ArticleRecord, fingerprint: Fingerprint) -> NewArticle:
    article = record.article
    return NewArticle(record.id, record.outlet, record.seen_at, article.title, article.body, article.mark, fingerprint)


def _copy(place: Assignment, story: int, fingerprint: Fingerprint) -> PlannedCopy:
    return PlannedCopy(place.article_id, story, place.relation, place.edition, place.score, place.reason, fingerprint)


def _member(record: ArticleRecord, story: int, place: Assignment, fingerprint: Fingerprint) -> Member:
    article = record.article
    return Member(
        article_id=record.id,
        story_id=story,
        outlet=record.outlet,
        preferred=record.preferred,
        seen_at=record.seen_at,
        title=article.title,
        body=article.body,
        agency=article.agency,
        relation=place.relation,
        edition=place.edition,
        mark=article.mark,
        fingerprint=fingerprint,
        feed_agency=record.feed_agency,
        claims=record.claims,
    )


def choose_version(
    story: int,
    members: Sequence[Member],
    head: Head,
    policy: CanonicalConfig = DEFAULT,
    *,
    mended: bool = True,
    laid: ParagraphCache | None = None,
) -> PlannedVersion:
    """The canonical text of a story whose copies have changed; ``head``: what it shows now."""
    agency = agency_of(members)
    choice = choose(members, head.article_id, policy, agency, mended=mended, laid=laid)
    return PlannedVersion(story, choice, agency, head.lang)


def surviving_story(story: int, gone: Mapping[int, int]) -> int:
    """Where a story went that merges took away; ``gone``: each such story -> the one that it went into."""
    while story in gone:
        story = gone[story]
    return story
