"""Assignment: the story that an article belongs to, or a new one.

Articles are assigned one after another, in time order. A story's score is the mean, over its best five members in the
window, of the containment by weight. The article joins the best story whose best member it aligns with: the aligned
sentences cover half of the fresh words, the two begin alike, and they are no bulletins of one template. Where no fresh
fact differs, a lower score is enough. A text that was known before may be a reprint of a story older than the window.
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

# Members whose mean containment is a story's score.
SCORED_MEMBERS = 5
# Share of the smaller text's shingles, and number of shingles, that a copy must share whatever their weight: a floor
# of .25 lost a tenth of the recall that was missing, where copies were edited word by word.
CONTAINMENT_FLOOR = 0.15
SHARED_FLOOR = 5
# Scores: a story below LIKELY is not aligned; from POSSIBLE on, an article joins if its fresh facts agree; from
# ``[match] join`` on, it joins unless they disagree. Below POSSIBLE it takes AGREED_FACTS sentences of agreeing facts.
LIKELY = 0.2
POSSIBLE = 0.4
AGREED_FACTS = 1.0
# Share of the lighter text's fresh words that aligned sentences must cover.
COVERED = 0.5
# Containment in a story older than the window that makes a known text its reprint.
REPRINT_CONTAINMENT = 0.8
# A digest has a tenth of itself from each of three stories, at different places, and at most .35 from any.
DIGEST_STORIES = 3
DIGEST_PART = 0.1
DIGEST_LARGEST_PART = 0.35
# Shares of shingles that make a copy verbatim (of both texts), or trimmed or extended (of one).
VERBATIM = 0.9
CONTAINED = 0.75


class _MemberMatch(NamedTuple):
    """A member of a story and how the article compares with it."""

    member: Member
    comparison: Comparison


class _StoryMatch(NamedTuple):
    """A candidate story, its score, and its members compared, the best one first."""

    story_id: int
    score: float
    members: tuple[_MemberMatch, ...]

    @property
    def best(self) -> Member:
        """The member that is most like the article."""
        return self.members[0].member

    @property
    def comparison(self) -> Comparison:
        """How the article compares with the best member."""
        return self.members[0].comparison

    def nearest_first(self) -> list[_MemberMatch]:
        """Return the members by Jaccard, the nearest text first."""
        return sorted(self.members, key=lambda match: (-match.comparison.jaccard, match.member.article_id))


@dataclass(slots=True)
class _Placing:
    """An article that is being assigned, with its comparisons so far."""

    article: NewArticle
    workspace: Workspace
    text: PreparedText
    overlap: Overlap
    _alignments: dict[int, Alignment] = field(default_factory=dict)

    def align(self, member: Member) -> Alignment:
        """Return the alignment of the article's sentences with a member's."""
        if member.article_id not in self._alignments:
            member_text = self.workspace.prepared(member)
            since = self.workspace.fresh_from(min(self.article.seen_at, member.seen_at))
            weigh = [partial(text.weigh_sentences, since, self.workspace.first_seen)
                     for text in (self.text, member_text)]  # fmt: skip
            self._alignments[member.article_id] = align(self.text.sentences, member_text.sentences, *weigh)
        return self._alignments[member.article_id]

    def compare(self, member: Member) -> Comparison:
        """Return the comparison with a member, both weighed as of the older text.

        Weighed as of the younger, a text 36 hours old is as stale as its template: .5 to 2.5 % more bulletins merged.
        """
        at = min(self.article.seen_at, member.seen_at)
        return self.workspace.compare(self.text, self.workspace.prepared(member), self.shared(member), at)

    def shared(self, member: Member) -> Shared:
        """Return the article's shingles that a member has."""
        return self.overlap.with_member(member, self.workspace.prepared(member).hashes)

    def shares_enough(self, member: Member) -> bool:
        """Whether a member shares enough shingles to be a copy, whatever their weight."""
        shared, length = self.shared(member).number, len(self.text.hashes)
        smaller = min(length, len(self.workspace.prepared(member).hashes))
        return shared > 0 and shared / smaller >= CONTAINMENT_FLOOR and shared >= min(SHARED_FLOOR, length)

    def members_within(self, hours: float, story_id: int, ids: Sequence[int]) -> list[Member]:
        """Return a story's members among ``ids`` that were seen at most so far from the article."""
        candidates, at, window = set(ids), self.article.seen_at, timedelta(hours=hours)
        members = self.workspace.members.get(story_id, ())
        return [member for member in members if member.article_id in candidates and abs(member.seen_at - at) <= window]

    def hours_from(self, member: Member) -> float:
        """Return the hours between the two sightings."""
        return abs((self.article.seen_at - member.seen_at).total_seconds()) / 3600


def assign(article: NewArticle, candidates: Mapping[int, Sequence[int]], workspace: Workspace) -> Assignment:
    """Return the article's story (None for a new one), relation, edition, score and reason.

    ``candidates``: story id -> ids of its articles that share keys, those that share most first. Members older than
    the window are considered only for reprints (:meth:`Workspace.is_known`).
    """
    placing = _Placing(
        article, workspace, workspace.prepared(article), workspace.overlap(article.article_id, article.fingerprint)
    )
    matches = [match for story, ids in candidates.items() if (match := _match_story(placing, story, ids))]
    if _is_digest(placing, matches):
        return Assignment(article.article_id, None, Relation.ORIGIN, 1, 1.0, "a digest: parts of several stories")
    for match in _best_first(matches):
        if match.score < LIKELY:
            break
        if _is_copy(placing, match):
            return _join_story(placing, match)
    return _assign_reprint(placing, candidates) or _open_story(article, matches)


def _best_first(matches: Sequence[_StoryMatch]) -> list[_StoryMatch]:
    return sorted(matches, key=lambda match: (-match.score, match.story_id))


def _match_story(placing: _Placing, story_id: int, ids: Sequence[int]) -> _StoryMatch | None:
    """Return the score of a story by its members in the window; None where its best member shares too little."""
    members = placing.members_within(placing.workspace.config.window_hours, story_id, ids)
    # Of four in five stories no member shares enough, whatever it weighs.
    if not any(map(placing.shares_enough, members)):
        return None
    compared = [_MemberMatch(member, placing.compare(member)) for member in members]
    ranked = sorted(compared, key=lambda match: (-match.comparison.fresh, match.member.article_id))
    if not placing.shares_enough(ranked[0].member):
        return None
    top = ranked[:SCORED_MEMBERS]
    return _StoryMatch(story_id, sum(match.comparison.fresh for match in top) / len(top), tuple(ranked))


def _is_digest(placing: _Placing, matches: Sequence[_StoryMatch]) -> bool:
    """Whether the text is made of parts of several stories, none of which is most of it."""
    parts = [match for match in matches if match.comparison.of_first >= DIGEST_PART]
    if len(parts) < DIGEST_STORIES or max(part.comparison.of_first for part in parts) > DIGEST_LARGEST_PART:
        return False
    credited = np.zeros(len(placing.text.hashes), dtype=bool)
    stories = 0
    for part in sorted(parts, key=lambda match: (-match.comparison.of_first, match.story_id)):
        shared = placing.shared(part.best).flags
        stories += bool((shared & ~credited).mean() >= DIGEST_PART)
        credited |= shared
    return stories >= DIGEST_STORIES


def _is_copy(placing: _Placing, match: _StoryMatch) -> bool:
    """Whether the alignment with the best member confirms the score; for a withheld text, whether containment does."""
    join = placing.workspace.config.join
    if not (placing.article.body and match.best.body):
        return match.score >= join and match.comparison.containment >= CONTAINED
    alignment = placing.align(match.best)
    if alignment.other_bulletin or alignment.other_lead or not alignment.covers(COVERED):
        return False
    if match.score >= join:
        return True
    return alignment.facts_agree and (match.score >= POSSIBLE or alignment.agreed_facts >= AGREED_FACTS)


def _assign_reprint(placing: _Placing, candidates: Mapping[int, Sequence[int]]) -> Assignment | None:
    """Join the story, days old, that a known text is a reprint of: the one that contains most of it."""
    article, workspace = placing.article, placing.workspace
    if not workspace.is_known(article.article_id, article.fingerprint, article.seen_at):
        return None
    matches = [match for story, ids in candidates.items() if (match := _match_reprint(placing, story, ids))]
    for match in _best_first(matches):
        alignment = placing.align(match.best)
        if not alignment.other_bulletin and not alignment.other_lead and not alignment.differing_facts:
            return _join_story(placing, match)
    return None


def _match_reprint(placing: _Placing, story_id: int, ids: Sequence[int]) -> _StoryMatch | None:
    """Return the score of a story by the containment in its nearest member; None where that is too low."""
    members = placing.members_within(placing.workspace.config.reprint_hours, story_id, ids)
    compared = _StoryMatch(story_id, 0.0, tuple(_MemberMatch(member, placing.compare(member)) for member in members))
    ranked = compared.nearest_first()
    if not ranked or ranked[0].comparison.containment < REPRINT_CONTAINMENT:
        return None
    return _StoryMatch(story_id, ranked[0].comparison.containment, tuple(ranked))


def _open_story(article: NewArticle, matches: Sequence[_StoryMatch]) -> Assignment:
    reason = "no stored text is like it"
    if matches:
        best = max(matches, key=lambda match: match.score)
        reason = f"first of its story: the nearest, story {best.story_id}, shares {best.score:.0%} of what is fresh"
    return Assignment(article.article_id, None, Relation.ORIGIN, 1, 1.0, reason)


def _join_story(placing: _Placing, match: _StoryMatch) -> Assignment:
    members = placing.workspace.members[match.story_id]
    edition, nearest = _edition(placing, match)
    is_newest = edition > max(member.edition for member in members)
    relation = Relation.UPDATE if is_newest else _relation(nearest.comparison)
    hours = max(placing.hours_from(member) for member, _ in match.members)
    outlets = len({member.outlet for member in members})
    reason = (
        f"{match.score:.0%} of {match.comparison.shared} shared shingles' weight, "
        f"{outlets} outlet{'s' * (outlets > 1)}, {hours:.0f} h"
    )
    return Assignment(placing.article.article_id, match.story_id, relation, edition, match.score, reason)


def _edition(placing: _Placing, match: _StoryMatch) -> tuple[int, _MemberMatch]:
    """Return the article's edition, and the member that it is compared with.

    The edition is that of the nearest member with the same numbers. A new one is opened where no member has them, or
    where the article has an agency's mark and no member with that mark has the same numbers.
    """
    article, ranked = placing.article, match.nearest_first()
    members = placing.workspace.members[match.story_id]
    newest, nearest = max(member.edition for member in members), ranked[0]
    if article.mark is not VersionKind.ORIGINAL:
        marked = [candidate for candidate in ranked if candidate.member.mark is article.mark]
        same = _with_same_numbers(placing, marked)
        return (same.member.edition, same) if same else (newest + 1, nearest)
    same = _with_same_numbers(placing, ranked)
    if same:
        return same.member.edition, same
    is_latest = article.seen_at >= max(member.seen_at for member in members)
    return (newest + 1 if is_latest else nearest.member.edition), nearest


def _with_same_numbers(placing: _Placing, matches: Sequence[_MemberMatch]) -> _MemberMatch | None:
    return next((match for match in matches if not placing.align(match.member).numbers_changed), None)


def _relation(comparison: Comparison) -> Relation:
    if comparison.of_first >= VERBATIM and comparison.of_second >= VERBATIM:
        return Relation.VERBATIM
    if comparison.of_first >= CONTAINED and comparison.of_first >= comparison.of_second:
        return Relation.TRIMMED
    if comparison.of_second >= CONTAINED:
        return Relation.EXTENDED
    return Relation.PARTIAL
