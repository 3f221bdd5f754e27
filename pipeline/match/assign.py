"""Where an article belongs: in a story that is there, or in one of its own.

Strictly one article after another, in time order. A story's score is the mean of its best five members'
containment by the weight of novelty; the best story within the window takes the article if the score reaches the
threshold, the real shingles agree, and what is shared is not a template filled in otherwise.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from pipeline.config import MatchConfig
from pipeline.match.compare import Comparison, Document, compare
from pipeline.match.fingerprint import shingles_of
from pipeline.match.novelty import Hours, Novelty
from pipeline.match.template import Alignment, Sentences, align, sentences
from pipeline.model import Assignment, Fingerprint, Member, Relation, VersionKind

BEST = 5
# Tried without gain: to join under the threshold where all aligned sentences agree, F1 .970 and .976 as without.
NO_WEIGHTS = np.empty(0)
# Whatever novelty says, no text joins that shares less than this of the smaller one's shingles.
CONTAINMENT_FLOOR = 0.25
SHARED_FLOOR = 5
VERBATIM = 0.9
INSIDE = 0.75


@dataclass(frozen=True, slots=True)
class Incoming:
    """An article to place."""

    article_id: int
    outlet: str
    seen_at: datetime
    title: str
    body: tuple[str, ...]
    mark: VersionKind
    fingerprint: Fingerprint


@dataclass(slots=True)
class Desk:
    """What the articles of a run are compared with: the members of candidate stories, and texts made ready once."""

    config: MatchConfig
    novelty: Novelty
    members: dict[int, list[Member]] = field(default_factory=lambda: defaultdict(list))
    _sentences: dict[int, Sentences] = field(default_factory=dict)
    _firsts: dict[int, Hours] = field(default_factory=dict)

    def sentences_of(self, article_id: int, body: Sequence[str]) -> Sentences:
        """A text's sentences, split once."""
        if article_id not in self._sentences:
            self._sentences[article_id] = sentences(body)
        return self._sentences[article_id]

    def hold(self, members: Iterable[Member]) -> None:
        """Compare with these members from now on; what was made ready of others is dropped."""
        self.members.clear()
        for member in members:
            self.members[member.story_id].append(member)
        held = {member.article_id for group in self.members.values() for member in group}
        for ready in (self._sentences, self._firsts):
            for article_id in ready.keys() - held:
                del ready[article_id]

    def forget(self, story: int, article_id: int) -> None:
        """Drop a member, and the story with its last one."""
        left = [member for member in self.members.get(story, ()) if member.article_id != article_id]
        if left:
            self.members[story] = left
        else:
            self.members.pop(story, None)
        self._sentences.pop(article_id, None)
        self._firsts.pop(article_id, None)

    def incoming(self, fingerprint: Fingerprint, at: datetime) -> Document:
        """A text's shingles, weighed as they were novel at ``at``."""
        hashes = shingles_of(fingerprint)
        weights = self.novelty.weights(hashes, at)
        return Document(hashes, weights, float(weights.sum()))

    def held(self, member: Member, at: datetime) -> Document:
        """A member's shingles with the sum of their weights at ``at``; when each was first seen is looked up once."""
        hashes = shingles_of(member.fingerprint)
        if member.article_id not in self._firsts:
            self._firsts[member.article_id] = self.novelty.firsts(hashes)
        return Document(hashes, NO_WEIGHTS, self.novelty.total(self._firsts[member.article_id], at))


@dataclass(frozen=True, slots=True)
class _Rival:
    story_id: int
    score: float
    best: Member
    comparison: Comparison
    scored: tuple[tuple[float, Member, Comparison], ...]


def assign(article: Incoming, candidates: Mapping[int, Sequence[int]], desk: Desk) -> Assignment:
    """The article's place. ``candidates``: story id -> ids of its articles that share bands, most shared first."""
    rivals = [rival for story, ids in candidates.items() if (rival := _rival(article, story, ids, desk))]
    for rival in sorted(rivals, key=lambda one: (-one.score, one.story_id)):
        if rival.score < desk.config.join:
            break
        alignment = _aligned(article, rival.best, desk)
        if not alignment.other_bulletin:
            return _joined(article, rival, desk)
    return Assignment(article.article_id, None, Relation.ORIGIN, 1, 1.0, _alone(rivals))


def _alone(rivals: Sequence[_Rival]) -> str:
    if not rivals:
        return "no stored text is like it"
    best = max(rivals, key=lambda one: one.score)
    return f"first of its story: the nearest, story {best.story_id}, shares {best.score:.0%} of what is fresh"


def _rival(article: Incoming, story_id: int, ids: Sequence[int], desk: Desk) -> _Rival | None:
    window = timedelta(hours=desk.config.window_hours)
    wanted = set(ids)
    near = [
        m
        for m in desk.members.get(story_id, ())
        if m.article_id in wanted and abs(article.seen_at - m.seen_at) <= window
    ]
    mine = desk.incoming(article.fingerprint, article.seen_at)
    scored = [_scored(mine, member, article.seen_at, desk) for member in near]
    scored.sort(key=lambda one: (-one[0], one[1].article_id))
    if not scored or not _alike(scored[0][2], mine):
        return None
    top = scored[:BEST]
    score = sum(one[0] for one in top) / len(top)
    return _Rival(story_id, score, scored[0][1], scored[0][2], tuple(scored))


def _scored(mine: Document, member: Member, at: datetime, desk: Desk) -> tuple[float, Member, Comparison]:
    found = compare(mine, desk.held(member, max(at, member.seen_at)))
    return found.fresh, member, found


def _alike(found: Comparison, mine: Document) -> bool:
    return found.containment >= CONTAINMENT_FLOOR and found.shared >= min(SHARED_FLOOR, len(mine.hashes))


def _aligned(article: Incoming, member: Member, desk: Desk) -> Alignment:
    mine = desk.sentences_of(article.article_id, article.body)
    return align(mine, desk.sentences_of(member.article_id, member.body))


def _joined(article: Incoming, rival: _Rival, desk: Desk) -> Assignment:
    members = [member for _, member, _ in rival.scored]
    edition, nearest = _edition(article, rival, desk)
    newest = max(member.edition for member in desk.members[rival.story_id])
    relation = Relation.UPDATE if edition > newest else _relation(_of(nearest, rival))
    hours = abs((article.seen_at - min(member.seen_at for member in members)).total_seconds()) / 3600
    outlets = len({member.outlet for member in desk.members[rival.story_id]})
    reason = (
        f"{rival.score:.0%} of {rival.comparison.shared} shared shingles' weight, "
        f"{outlets} outlet{'s' * (outlets > 1)}, {hours:.0f} h"
    )
    return Assignment(article.article_id, rival.story_id, relation, edition, rival.score, reason)


def _of(member: Member, rival: _Rival) -> Comparison:
    return next(found for _, one, found in rival.scored if one.article_id == member.article_id)


def _edition(article: Incoming, rival: _Rival, desk: Desk) -> tuple[int, Member]:
    """The edition of the member whose text is nearest; a new one where even that has other numbers, or where the
    agency's mark says so and no member carries the mark."""
    scored = sorted(rival.scored, key=lambda one: (-one[2].jaccard, one[1].article_id))
    story = desk.members[rival.story_id]
    newest = max(member.edition for member in story)
    nearest = scored[0][1]
    if article.mark is not VersionKind.ORIGINAL:
        marked = [member for _, member, _ in scored if member.mark is article.mark]
        same = next((m for m in marked if not _aligned(article, m, desk).changed_numbers), None)
        return (same.edition, same) if same else (newest + 1, nearest)
    agreeing = (member for _, member, _ in scored if not _aligned(article, member, desk).changed_numbers)
    if agreed := next(agreeing, None):
        return agreed.edition, agreed
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
