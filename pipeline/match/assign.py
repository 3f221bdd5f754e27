"""Where an article belongs: in a story that is there, or in one of its own.

Strictly one article after another, in time order. A story's score is the mean of its best five members'
containment by weight. The best story within the window takes the article if its sentences, laid beside
the best member's, bear that out: they cover half of what is novel, begin alike, and do not fill a template otherwise.
Where they agree in every novel fact too, less of a score will do. A text that is all known already may be a reprint
of a story days ago.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import NamedTuple

import numpy as np

from pipeline.match.alignment import Alignment, align
from pipeline.match.compare import Comparison, Overlap, Shared
from pipeline.match.workspace import NewArticle, PreparedText, Workspace
from pipeline.model import Assignment, Member, Relation, VersionKind

BEST = 5
# Whatever first_seen says, no text joins that shares less than this of the smaller one's shingles: .25 lost a tenth of
# the recall that was missing, where copies were edited word by word.
CONTAINMENT_FLOOR = 0.15
SHARED_FLOOR = 5
# Rivals under LIKELY are not aligned; from POSSIBLY on one joins whose novel facts agree, from the config's on any.
LIKELY = 0.2
POSSIBLY = 0.4
AGREEING = 1.0
COVERED = 0.5
# The story, days ago, of a text that is known already must have so much of the smaller text.
REPRINTED = 0.8
# A digest has a tenth of itself from each of at least three stories, apart from each other.
DIGEST_STORIES = 3
DIGEST_PART = 0.1
DIGEST_MOST = 0.35
VERBATIM = 0.9
INSIDE = 0.75


class _Rival(NamedTuple):
    story_id: int
    score: float
    best: Member
    comparison: Comparison
    scored: tuple[tuple[float, Member, Comparison], ...]


@dataclass(slots=True)
class _Placing:
    """One article being placed: what of it is computed once."""

    article: NewArticle
    workspace: Workspace
    text: PreparedText
    overlap: Overlap
    _aligned: dict[int, Alignment] = field(default_factory=dict)

    def aligned(self, member: Member) -> Alignment:
        """The article's sentences beside a member's."""
        if member.article_id not in self._aligned:
            workspace, theirs = self.workspace, _ready(self.workspace, member)
            since = workspace.since(min(self.article.seen_at, member.seen_at))
            weights = [partial(text.novel, since, workspace.first_seen) for text in (self.text, theirs)]
            self._aligned[member.article_id] = align(self.text.sentences, theirs.sentences, *weights)
        return self._aligned[member.article_id]

    def compared(self, member: Member) -> Comparison:
        """The article's shingles beside a member's, both weighed as they were novel when the older was seen.

        Weighed as of the younger, a text 36 hours old is as stale as its template: .5 to 2.5 % more bulletins merged.
        """
        at = min(self.article.seen_at, member.seen_at)
        return self.workspace.compared(self.text, _ready(self.workspace, member), self.shared(member), at)

    def shared(self, member: Member) -> Shared:
        """The article's shingles that a member has."""
        return self.overlap.with_member(member, _ready(self.workspace, member).hashes)

    def alike(self, member: Member) -> bool:
        """Whether a member shares enough to be a copy, whatever first_seen says."""
        shared, own = self.shared(member).number, len(self.text.hashes)
        least = min(own, len(_ready(self.workspace, member).hashes))
        return shared > 0 and shared / least >= CONTAINMENT_FLOOR and shared >= min(SHARED_FLOOR, own)

    def within(self, hours: float, story_id: int, ids: Sequence[int]) -> list[Member]:
        """The members among ``ids`` of a story that were seen no further from the article than so."""
        wanted, at, most = set(ids), self.article.seen_at, timedelta(hours=hours)
        every = self.workspace.members.get(story_id, ())
        return [one for one in every if one.article_id in wanted and abs(one.seen_at - at) <= most]

    def hours_from(self, member: Member) -> float:
        """How far apart the two were seen."""
        return abs((self.article.seen_at - member.seen_at).total_seconds()) / 3600


def assign(article: NewArticle, candidates: Mapping[int, Sequence[int]], workspace: Workspace) -> Assignment:
    """The article's place. ``candidates``: story id -> ids of its articles that share bands, most shared first.

    Those seen before the window count for a text alone that is known already (:meth:`Workspace.known`).
    """
    text = workspace.ready(article.article_id, article.fingerprint, article.body)
    placing = _Placing(article, workspace, text, workspace.overlap(article.article_id, article.fingerprint))
    rivals = [rival for story, ids in candidates.items() if (rival := _rival(placing, story, ids))]
    if _is_digest(placing, rivals):
        return Assignment(article.article_id, None, Relation.ORIGIN, 1, 1.0, "a digest: parts of several stories")
    for rival in sorted(rivals, key=lambda one: (-one.score, one.story_id)):
        if rival.score < LIKELY:
            break
        if _same(placing, rival):
            return _joined(placing, rival)
    return _reprinted(placing, candidates) or _alone(article, rivals)


def _ready(workspace: Workspace, member: Member) -> PreparedText:
    return workspace.ready(member.article_id, member.fingerprint, member.body)


def _alone(article: NewArticle, rivals: Sequence[_Rival]) -> Assignment:
    reason = "no stored text is like it"
    if rivals:
        best = max(rivals, key=lambda one: one.score)
        reason = f"first of its story: the nearest, story {best.story_id}, shares {best.score:.0%} of what is fresh"
    return Assignment(article.article_id, None, Relation.ORIGIN, 1, 1.0, reason)


def _is_digest(placing: _Placing, rivals: Sequence[_Rival]) -> bool:
    """Whether the text is made of parts of several stories, none of which is most of it."""
    parted = [rival for rival in rivals if rival.comparison.of_first >= DIGEST_PART]
    if len(parted) < DIGEST_STORIES or max(rival.comparison.of_first for rival in parted) > DIGEST_MOST:
        return False
    taken = np.zeros(len(placing.text.hashes), dtype=bool)
    parts = 0
    for rival in sorted(parted, key=lambda one: (-one.comparison.of_first, one.story_id)):
        shared = placing.shared(rival.best).places
        parts += bool((shared & ~taken).mean() >= DIGEST_PART)
        taken |= shared
    return parts >= DIGEST_STORIES


def _same(placing: _Placing, rival: _Rival) -> bool:
    """Whether the best member's sentences bear out what the score says; of a text that is withheld, its shingles."""
    if not (placing.article.body and rival.best.body):
        return rival.score >= placing.workspace.config.join and rival.comparison.containment >= INSIDE
    found = placing.aligned(rival.best)
    if found.other_bulletin or found.other_lead or not found.covers(COVERED):
        return False
    if rival.score >= placing.workspace.config.join:
        return True
    return found.agreeing and (rival.score >= POSSIBLY or found.agreed >= AGREEING)


def _rival(placing: _Placing, story_id: int, ids: Sequence[int]) -> _Rival | None:
    near = placing.within(placing.workspace.config.window_hours, story_id, ids)
    # Of four in five stories no member shares enough, whatever it weighs.
    if not any(map(placing.alike, near)):
        return None
    compared = [(found.fresh, member, found) for member in near for found in (placing.compared(member),)]
    scored = sorted(compared, key=lambda one: (-one[0], one[1].article_id))
    if not placing.alike(scored[0][1]):
        return None
    top = scored[:BEST]
    score = sum(one[0] for one in top) / len(top)
    return _Rival(story_id, score, scored[0][1], scored[0][2], tuple(scored))


def _reprinted(placing: _Placing, candidates: Mapping[int, Sequence[int]]) -> Assignment | None:
    """The story days ago that a known text is of: one that has nearly all of it, the nearest."""
    article, workspace = placing.article, placing.workspace
    if not workspace.is_known(article.article_id, article.fingerprint, article.seen_at):
        return None
    found = [rival for story, ids in candidates.items() if (rival := _old_rival(placing, story, ids))]
    for rival in sorted(found, key=lambda one: (-one.score, one.story_id)):
        alignment = placing.aligned(rival.best)
        if not alignment.other_bulletin and not alignment.other_lead and not alignment.differ:
            return _joined(placing, rival)
    return None


def _old_rival(placing: _Placing, story_id: int, ids: Sequence[int]) -> _Rival | None:
    near = placing.within(placing.workspace.config.reprint_hours, story_id, ids)
    compared = [(found.containment, member, found) for member in near for found in (placing.compared(member),)]
    scored = sorted(compared, key=lambda one: (-one[2].jaccard, one[1].article_id))
    if not scored or scored[0][0] < REPRINTED:
        return None
    return _Rival(story_id, scored[0][0], scored[0][1], scored[0][2], tuple(scored))


def _joined(placing: _Placing, rival: _Rival) -> Assignment:
    article, workspace = placing.article, placing.workspace
    edition, nearest = _edition(placing, rival)
    newest = max(member.edition for member in workspace.members[rival.story_id])
    relation = Relation.UPDATE if edition > newest else _relation(_of(nearest, rival))
    hours = max(placing.hours_from(member) for _, member, _ in rival.scored)
    outlets = len({member.outlet for member in workspace.members[rival.story_id]})
    reason = (
        f"{rival.score:.0%} of {rival.comparison.shared} shared shingles' weight, "
        f"{outlets} outlet{'s' * (outlets > 1)}, {hours:.0f} h"
    )
    return Assignment(article.article_id, rival.story_id, relation, edition, rival.score, reason)


def _of(member: Member, rival: _Rival) -> Comparison:
    return next(found for _, one, found in rival.scored if one.article_id == member.article_id)


def _edition(placing: _Placing, rival: _Rival) -> tuple[int, Member]:
    """The edition of the member whose text is nearest; a new one where even that has other numbers, or where the
    agency's mark says so and no member carries the mark."""
    article = placing.article
    scored = sorted(rival.scored, key=lambda one: (-one[2].jaccard, one[1].article_id))
    story = placing.workspace.members[rival.story_id]
    newest = max(member.edition for member in story)
    nearest = scored[0][1]
    if article.mark is not VersionKind.ORIGINAL:
        marked = [member for _, member, _ in scored if member.mark is article.mark]
        same = [member for member in marked if not placing.aligned(member).changed_numbers]
        return (same[0].edition, same[0]) if same else (newest + 1, nearest)
    agreeing = next((member for _, member, _ in scored if not placing.aligned(member).changed_numbers), None)
    if agreeing:
        return agreeing.edition, agreeing
    later = article.seen_at >= max(member.seen_at for member in story)
    return (newest + 1 if later else nearest.edition), nearest


def _relation(found: Comparison) -> Relation:
    if found.of_first >= VERBATIM and found.of_second >= VERBATIM:
        return Relation.VERBATIM
    if found.of_first >= INSIDE and found.of_first >= found.of_second:
        return Relation.TRIMMED
    if found.of_second >= INSIDE:
        return Relation.EXTENDED
    return Relation.PARTIAL
