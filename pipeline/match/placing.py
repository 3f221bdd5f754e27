"""An article that is being placed, compared with members of stories: each pair once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import NamedTuple

from pipeline.match.alignment import Alignment, align
from pipeline.match.compare import Comparison, Overlap, Shared
from pipeline.match.evidence import HOURS_MOST, Evidence, aligned_signs, title_likeness
from pipeline.match.word_sequence import SharedWords
from pipeline.match.workspace import NewArticle, PreparedText, Workspace
from pipeline.model import Member

# Share of the smaller text's shingles, and number of shingles, that a copy must share whatever their weight: a floor
# of .25 lost a tenth of the recall that was missing, where copies were edited word by word.
CONTAINMENT_FLOOR = 0.15
SHARED_FLOOR = 5
# The words of the lead: behind those that hold a dateline or a source.
LEAD_START, LEAD_END = 8, 33


class MemberMatch(NamedTuple):
    """A member of a story and how the article compares with it."""

    member: Member
    comparison: Comparison


class StoryMatch(NamedTuple):
    """A candidate story, its score, and its members compared, the best one first."""

    story_id: int
    score: float
    members: tuple[MemberMatch, ...]

    @property
    def best(self) -> Member:
        """The member that is most like the article."""
        return self.members[0].member

    @property
    def comparison(self) -> Comparison:
        """How the article compares with the best member."""
        return self.members[0].comparison

    def nearest_first(self) -> list[MemberMatch]:
        """Return the members by Jaccard, the nearest text first."""
        return sorted(self.members, key=lambda match: (-match.comparison.jaccard, match.member.article_id))


@dataclass(slots=True)
class Placing:
    """An article that is being assigned, with its comparisons so far."""

    article: NewArticle
    workspace: Workspace
    text: PreparedText
    overlap: Overlap
    _alignments: dict[int, Alignment] = field(default_factory=dict)
    _shared_words: dict[int, SharedWords] = field(default_factory=dict)

    @classmethod
    def of_article(cls, article: NewArticle, workspace: Workspace) -> Placing:
        """Return the placing of an article whose text is prepared in the workspace."""
        overlap = workspace.overlap(article.article_id, article.fingerprint)
        return cls(article, workspace, workspace.prepared(article), overlap)

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

    def compare_all(self, members: Sequence[Member]) -> list[MemberMatch]:
        """Return these members with the same comparisons, made at once."""
        texts = [self.workspace.prepared(member) for member in members]
        times = [min(self.article.seen_at, member.seen_at) for member in members]
        comparisons = self.workspace.compare_all(self.text, texts, list(map(self.shared, members)), times)
        return list(map(MemberMatch, members, comparisons))

    def shared(self, member: Member) -> Shared:
        """Return the article's shingles that a member has."""
        return self.overlap.with_member(member, self.workspace.prepared(member).hashes)

    def shares_enough(self, member: Member) -> bool:
        """Whether a member shares enough shingles to be a copy, whatever their weight."""
        length, member_length = len(self.text.hashes), len(self.workspace.prepared(member).hashes)
        return _is_enough(self.shared(member).number, length, member_length)

    def may_match(self, article_id: int) -> bool:
        """Whether a candidate shares enough shingles to be a copy, or is not at hand to be asked."""
        shared, text = self.overlap.with_article(article_id), self.workspace.text(article_id)
        if shared is None or text is None:
            return True
        return _is_enough(shared.number, len(self.text.hashes), len(text.hashes))

    def members_within(self, hours: float, story_id: int, ids: Sequence[int]) -> list[Member]:
        """Return a story's members among ``ids`` that were seen at most so far from the article."""
        candidates, at, window = set(ids), self.article.seen_at, timedelta(hours=hours)
        members = self.workspace.members.get(story_id, ())
        return [member for member in members if member.article_id in candidates and abs(member.seen_at - at) <= window]

    def hours_from(self, member: Member) -> float:
        """Return the hours between the two sightings."""
        return abs((self.article.seen_at - member.seen_at).total_seconds()) / 3600

    def shared_words(self, member: Member) -> SharedWords:
        """Return what the two texts share word by word."""
        if member.article_id not in self._shared_words:
            shared = SharedWords(self.text.words, self.workspace.prepared(member).words)
            self._shared_words[member.article_id] = shared
        return self._shared_words[member.article_id]

    def evidence(self, match: MemberMatch) -> Evidence:
        """Return the signs that the article and a member are one text."""
        return self.with_facts(self.with_lead(self.evidence_at_best(match), match.member), match.member)

    def evidence_at_best(self, match: MemberMatch) -> Evidence:
        """Return the signs as far as they cost nothing: as if the leads and the facts were the same."""
        comparison, member = match.comparison, match.member
        title = title_likeness(self.article.title, member.title)
        hours = min(self.hours_from(member), HOURS_MOST)
        return Evidence(comparison.of_heavier, comparison.fresh, 1.0, title, 0.0, hours)

    def with_lead(self, evidence: Evidence, member: Member) -> Evidence:
        """Return the signs with what the leads share."""
        return evidence._replace(lead=self.shared_words(member).least_share(LEAD_START, LEAD_END))

    def with_facts(self, evidence: Evidence, member: Member) -> Evidence:
        """Return the signs with the facts that differ, which cost more than the lead."""
        return evidence._replace(differing_facts=self.shared_words(member).differing_facts())


def _is_enough(shared: int, length: int, member_length: int) -> bool:
    is_share = shared > 0 and shared / min(length, member_length) >= CONTAINMENT_FLOOR
    return is_share and shared >= min(SHARED_FLOOR, length)


def pair_signs(first: Member, second: Member, workspace: Workspace) -> tuple[float, ...]:
    """Return the signs of two members (:data:`pipeline.match.evidence.SIGNS`), as if the first came last."""
    body, fingerprint = first.body, first.fingerprint
    article = NewArticle(first.article_id, first.outlet, first.seen_at, first.title, body, first.mark, fingerprint)
    placing = Placing.of_article(article, workspace)
    evidence = placing.evidence(MemberMatch(second, placing.compare(second)))
    return (*evidence, *aligned_signs(placing.align(second), evidence))
