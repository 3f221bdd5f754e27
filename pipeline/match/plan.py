"""The plan of a batch: the articles' places, their links, stories to merge, and the versions that change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import chain
from types import MappingProxyType
from typing import TypeVar

from pipeline.config import CanonicalConfig
from pipeline.match.assign import assign
from pipeline.match.canonical import DEFAULT, agency_of, choose
from pipeline.match.first_seen import Flags
from pipeline.match.links import find_links, linkable_stories
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
    PlannedDoubt,
    PlannedLink,
    PlannedMerge,
    PlannedVersion,
    Relation,
    VersionKind,
)
from pipeline.text.keys import shared_among
from pipeline.text.shingles import Hashes

# A copy that shares keys with an article: its article id, its story, and how many keys they share.
CandidateCopy = tuple[int, int, int]
Candidates = Mapping[int, Sequence[CandidateCopy]]
# A story's number, or the name that ``copydesk cluster`` gives it.
StoryKey = TypeVar("StoryKey", int, str)
NO_WITHDRAWALS: Mapping[int, int] = MappingProxyType({})
# Candidate copies of an article at most, stored ones and those of its batch together: those that share most keys.
MOST_CANDIDATES = 40


def prepare(records: Sequence[ArticleRecord], fingerprints: Sequence[Fingerprint], workspace: Workspace) -> None:
    """Prepare the texts of a batch's articles in the workspace; a second call changes nothing."""
    pairs = zip(records, fingerprints, strict=True)
    new = [(record, fingerprint) for record, fingerprint in pairs if not workspace.is_prepared(record.id)]
    workspace.prepare([_new_article(*pair) for pair in new if pair[0].article.kind is PageKind.ARTICLE])


def plan_batch(
    records: Sequence[ArticleRecord],
    fingerprints: Sequence[Fingerprint],
    candidates: Candidates,
    canonicals: Mapping[int, int],
    workspace: Workspace,
    withdrawn: Mapping[int, int] = NO_WITHDRAWALS,
    separated: Iterable[tuple[int, int]] = (),
    policy: CanonicalConfig = DEFAULT,
    *,
    mended: bool = True,
) -> Plan:
    """Place each article, in the order given, and choose the canonical text of each story touched.

    ``candidates``: article id -> stored copies that share keys; ``canonicals``: story -> the article in force;
    ``withdrawn``: articles that withdraw a stored story -> that story; ``separated``: pairs of stories that a person
    keeps apart; ``mended``: whether canonical texts are reconciled. The workspace has the members of all these
    stories, and gains those placed here.
    """
    prepare(records, fingerprints, workspace)
    planner = _Planner(canonicals, workspace, withdrawn, separated, policy, mended)
    batch_candidates = _candidates_within(records, fingerprints)
    for record, fingerprint in zip(records, fingerprints, strict=True):
        planner.add(record, fingerprint, candidates.get(record.id, ()), batch_candidates.get(record.id, ()))
    return planner.plan()


def _candidates_within(
    records: Sequence[ArticleRecord], fingerprints: Sequence[Fingerprint]
) -> dict[int, list[tuple[int, int]]]:
    """Return article -> (earlier article of the batch, number of shared keys)."""
    candidates: dict[int, list[tuple[int, int]]] = defaultdict(list)
    keys = {record.id: fingerprint.bands for record, fingerprint in zip(records, fingerprints, strict=True)}
    for article_id, earlier_id, count in shared_among(keys):
        candidates[article_id].append((earlier_id, count))
    return candidates


class _Planner:
    """The plan of a batch as it grows, article by article."""

    def __init__(
        self,
        canonicals: Mapping[int, int],
        workspace: Workspace,
        withdrawn: Mapping[int, int],
        separated: Iterable[tuple[int, int]],
        policy: CanonicalConfig,
        mended: bool,
    ) -> None:
        self._canonicals, self._workspace, self._withdrawn = canonicals, workspace, withdrawn
        self._policy, self._mended = policy, mended
        self._copies: list[PlannedCopy] = []
        self._versions: list[PlannedVersion] = []
        self._links: list[PlannedLink] = []
        self._merges: list[PlannedMerge] = []
        self._set_aside: list[int] = []
        self._doubts: list[PlannedDoubt] = []
        self._story_of: dict[int, int] = {}
        self._lang_of_touched: dict[int, str] = {}
        self._opened_editions: dict[int, list[int]] = defaultdict(list)
        self._separated: dict[int, set[int]] = defaultdict(set)
        for first, second in separated:
            self._keep_separate(first, second)

    def add(
        self,
        record: ArticleRecord,
        fingerprint: Fingerprint,
        stored_candidates: Sequence[CandidateCopy],
        batch_candidates: Sequence[tuple[int, int]],
    ) -> None:
        """Place one article; of a live blog, only find its links."""
        candidates = self._by_story(stored_candidates, batch_candidates)
        self._workspace.look_up(record.id, fingerprint, chain.from_iterable(candidates.values()))
        if record.article.kind is not PageKind.ARTICLE:
            self._set_aside.append(record.id)
            self._add_links(record, self._find_links(record, fingerprint, candidates, None))
            return
        article = _new_article(record, fingerprint)
        assignment = self._assign(record, article, candidates)
        story = assignment.story_id if assignment.story_id is not None else -(len(self._copies) + 1)
        self._add_copy(record, fingerprint, assignment, story)
        if assignment.relation is not Relation.DERIVED:
            self._add_merge(find_merge(article, story, candidates, self._canonicals, self._separated, self._workspace))

    def plan(self) -> Plan:
        """Return the plan of all articles added."""
        versions = chain(self._versions, *map(self._story_versions, self._lang_of_touched))
        return Plan(
            tuple(self._copies),
            tuple(versions),
            tuple(self._links),
            tuple(self._merges),
            tuple(self._set_aside),
            tuple(dict.fromkeys(self._doubts)),
        )

    def _assign(
        self, record: ArticleRecord, article: NewArticle, candidates: Mapping[int, Sequence[int]]
    ) -> Assignment:
        withdrawal = _assign_withdrawal(record, self._withdrawn, self._workspace)
        if withdrawal:
            return withdrawal
        assignment = assign(article, candidates, self._workspace)
        if assignment.repeated:
            numbers = (*assignment.repeated, article.article_id)
            self._doubts += [PlannedDoubt(number, assignment.reason) for number in numbers]
        links = self._find_links(record, article.fingerprint, candidates, assignment.story_id)
        self._add_links(record, links)
        if links.derived and record.article.mark is VersionKind.ORIGINAL:
            return _derived_assignment(assignment, links)
        return assignment

    def _find_links(
        self,
        record: ArticleRecord,
        fingerprint: Fingerprint,
        candidates: Mapping[int, Sequence[int]],
        home: int | None,
    ) -> Links:
        overlap = self._workspace.overlap(record.id, fingerprint)
        stories = linkable_stories(record.id, overlap, candidates, self._workspace.members, home)
        new_since = partial(self._new_since, record.id)
        return find_links(record.article.body, stories, new_since, record.article.kind, record.claims, overlap)

    def _new_since(self, article_id: int, hashes: Hashes, at: datetime) -> Flags:
        fresh = timedelta(hours=self._workspace.config.fresh_hours)
        return self._workspace.first_minutes(article_id, hashes) >= self._workspace.fresh_from(at + fresh)

    def _add_links(self, record: ArticleRecord, links: Links) -> None:
        self._links += [PlannedLink(record.id, tie) for tie in links.ties if tie.story != links.same]

    def _add_copy(self, record: ArticleRecord, fingerprint: Fingerprint, assignment: Assignment, story: int) -> None:
        self._copies.append(_planned_copy(assignment, story, fingerprint))
        members = self._workspace.members[story]
        if assignment.edition > max((member.edition for member in members), default=0):
            self._opened_editions[story].append(assignment.edition)
        self._lang_of_touched[story] = record.article.lang or self._lang_of_touched.get(story, "")
        members.append(placed_member(record, story, assignment, fingerprint))
        self._story_of[record.id] = story

    def _add_merge(self, merge: PlannedMerge | None) -> None:
        """Plan a merge: the other story gets a last version, and the target its members and separations."""
        if merge is None:
            return
        self._merges.append(merge)
        lang = self._lang_of_touched.get(merge.source, "")
        if merge.source in self._lang_of_touched:
            self._versions += self._story_versions(merge.source)
            del self._lang_of_touched[merge.source]
        self._lang_of_touched[merge.target] = self._lang_of_touched.get(merge.target, "") or lang
        moved = [replace(member, story_id=merge.target) for member in self._workspace.members.pop(merge.source)]
        self._workspace.members[merge.target].extend(moved)
        for story in self._separated.pop(merge.source, set()):
            self._keep_separate(merge.target, story)

    def _keep_separate(self, first: int, second: int) -> None:
        self._separated[first].add(second)
        self._separated[second].add(first)

    def _by_story(self, stored: Sequence[CandidateCopy], batch: Sequence[tuple[int, int]]) -> dict[int, list[int]]:
        """Return story -> its candidate articles, those that share most keys first."""
        placed = [(article_id, self._story_of[article_id], count)
                  for article_id, count in batch if article_id in self._story_of]  # fmt: skip
        ranked = sorted([*stored, *placed], key=lambda copy: (-copy[2], copy[0]))
        merged = {merge.source: merge.target for merge in self._merges}
        by_story: dict[int, list[int]] = defaultdict(list)
        for article_id, story, _count in ranked[: max(MOST_CANDIDATES, len(stored))]:
            by_story[surviving_story(story, merged)].append(article_id)
        return by_story

    def _story_versions(self, story: int) -> list[PlannedVersion]:
        """Return a text for each edition that the batch opened, as it stood before the next one came, and the text in
        force: a text that is corrected or withdrawn within one batch is told before what was done to it."""
        members = self._workspace.members[story]
        earlier = self._opened_editions[story][:-1]
        copies = ([member for member in members if member.edition <= edition] for edition in earlier)
        return [self._version(story, edition_copies) for edition_copies in (*copies, members)]

    def _version(self, story: int, members: Sequence[Member]) -> PlannedVersion:
        head = Head(self._canonicals.get(story), self._lang_of_touched.get(story, ""))
        cache = self._workspace.paragraphs
        return choose_version(story, members, head, self._policy, mended=self._mended, paragraphs=cache)


def _derived_assignment(assignment: Assignment, links: Links) -> Assignment:
    """Return the place of a text made from several: a story of its own, with others made from the same."""
    sources = f": {', '.join(str(tie.story) for tie in links.ties)}" if links.ties else ""
    reason = f"made from {len(links.ties)} stories{sources}; a copy of none"
    return replace(assignment, story_id=links.same, relation=Relation.DERIVED, edition=1, score=1.0, reason=reason)


def _assign_withdrawal(record: ArticleRecord, withdrawn: Mapping[int, int], workspace: Workspace) -> Assignment | None:
    """Return the place of a withdrawal notice in the story that it names, in the store or in this batch, or None."""
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


def _new_article(record: ArticleRecord, fingerprint: Fingerprint) -> NewArticle:
    article = record.article
    return NewArticle(record.id, record.outlet, record.seen_at, article.title, article.body, article.mark, fingerprint)


def _planned_copy(place: Assignment, story: int, fingerprint: Fingerprint) -> PlannedCopy:
    return PlannedCopy(place.article_id, story, place.relation, place.edition, place.score, place.reason, fingerprint)


def placed_member(
    record: ArticleRecord, story: int, assignment: Assignment | PlannedCopy, fingerprint: Fingerprint
) -> Member:
    """Return an article as a copy of a story, as ``assignment`` places it."""
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
        relation=assignment.relation,
        edition=assignment.edition,
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
    paragraphs: ParagraphCache | None = None,
) -> PlannedVersion:
    """Return the version of a story whose copies have changed; ``head``: what the story shows now."""
    agency = agency_of(members)
    choice = choose(members, head.article_id, policy, agency, mended=mended, paragraphs=paragraphs)
    return PlannedVersion(story, choice, agency, head.lang)


def surviving_story(story: StoryKey, merged: Mapping[StoryKey, StoryKey]) -> StoryKey:
    """Return the story that ``story`` ended up in; ``merged``: merged story -> the story that it went into."""
    while story in merged:
        story = merged[story]
    return story
