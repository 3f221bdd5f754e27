"""Assignment: the story that an article belongs to, or a new one.

Articles are assigned one after another, in time order. Stories whose best five members share enough with the article
are judged by the odds that it is one text with one of them (:mod:`pipeline.match.evidence`); it joins the story of the
highest odds, if these are even or better. An outlet does not copy itself: its own earlier text is evidence only
where the article is a re-issue of it. A text that was known before may be a reprint of a story older than the window.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from pipeline.match.compare import Comparison
from pipeline.match.evidence import in_words, probability
from pipeline.match.placing import MemberMatch, Placing, StoryMatch
from pipeline.match.verdict import best_verdict, is_reissue, repeated_articles
from pipeline.match.workspace import NewArticle, Workspace
from pipeline.model import Assignment, Relation, VersionKind

# Members whose mean containment is a story's score.
SCORED_MEMBERS = 5
# A story below this score is not judged.
LIKELY = 0.35
# Containment in a story older than the window that makes a known text its reprint.
REPRINT_CONTAINMENT = 0.8
# A digest has a tenth of itself from each of three stories, at different places, and at most .35 from any.
DIGEST_STORIES = 3
DIGEST_PART = 0.1
DIGEST_LARGEST_PART = 0.35
# Shares of shingles that make a copy verbatim (of both texts), or trimmed or extended (of one).
VERBATIM = 0.9
CONTAINED = 0.75


def assign(article: NewArticle, candidates: Mapping[int, Sequence[int]], workspace: Workspace) -> Assignment:
    """Return the article's story (None for a new one), relation, edition, score and reason.

    ``candidates``: story id -> ids of its articles that share keys, those that share most first. Members older than
    the window are considered only for reprints (:meth:`Workspace.is_known`).
    """
    placing = Placing.of_article(article, workspace)
    matches = [match for story, ids in candidates.items() if (match := _match_story(placing, story, ids))]
    repeated = [article_id for match in matches for article_id in repeated_articles(placing, match)]
    if repeated:
        return replace(
            _own_story(article, "the outlet carries the same words under other titles"),
            repeated=tuple(sorted(repeated)),
        )
    if _is_digest(placing, matches):
        return _own_story(article, "a digest: parts of several stories")
    verdict = best_verdict(placing, [match for match in matches if match.score >= LIKELY])
    if verdict:
        return _join_story(placing, verdict.match, probability(verdict.log_odds), in_words(verdict.evidence))
    return _assign_reprint(placing, candidates) or _open_story(article, matches)


def _own_story(article: NewArticle, reason: str) -> Assignment:
    return Assignment(article.article_id, None, Relation.ORIGIN, 1, 1.0, reason)


def _best_first(matches: Sequence[StoryMatch]) -> list[StoryMatch]:
    return sorted(matches, key=lambda match: (-match.score, match.story_id))


def _match_story(placing: Placing, story_id: int, ids: Sequence[int]) -> StoryMatch | None:
    """Return the score of a story by its members in the window; None where its best member shares too little."""
    # Of four in five stories no member shares enough, whatever it weighs.
    if not any(map(placing.may_match, ids)):
        return None
    members = placing.members_within(placing.workspace.config.window_hours, story_id, ids)
    if not any(map(placing.shares_enough, members)):
        return None
    ranked = sorted(placing.compare_all(members), key=lambda match: (-match.comparison.fresh, match.member.article_id))
    if not placing.shares_enough(ranked[0].member):
        return None
    top = ranked[:SCORED_MEMBERS]
    return StoryMatch(story_id, sum(match.comparison.fresh for match in top) / len(top), tuple(ranked))


def _is_digest(placing: Placing, matches: Sequence[StoryMatch]) -> bool:
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


def _assign_reprint(placing: Placing, candidates: Mapping[int, Sequence[int]]) -> Assignment | None:
    """Join the story, days old, that a known text is a reprint of: the one that contains most of it."""
    article, workspace = placing.article, placing.workspace
    if not workspace.is_known(article.article_id, article.fingerprint, article.seen_at):
        return None
    matches = [match for story, ids in candidates.items() if (match := _match_reprint(placing, story, ids))]
    for match in _best_first(matches):
        if _is_reprint(placing, match):
            hours = placing.hours_from(match.best)
            reason = f"a reprint: holds {match.score:.0%} of a text of {hours / 24:.0f} days before"
            return _join_story(placing, match, match.score, reason)
    return None


def _is_reprint(placing: Placing, match: StoryMatch) -> bool:
    """Whether no fact differs; an outlet's own text must be its re-issue besides."""
    best = match.members[0]
    if best.member.outlet == placing.article.outlet and not is_reissue(placing, best):
        return False
    alignment = placing.align(best.member)
    return not (alignment.other_bulletin or alignment.other_lead or alignment.differing_facts)


def _match_reprint(placing: Placing, story_id: int, ids: Sequence[int]) -> StoryMatch | None:
    """Return the score of a story by the containment in its nearest member; None where that is too low."""
    members = placing.members_within(placing.workspace.config.reprint_hours, story_id, ids)
    compared = StoryMatch(story_id, 0.0, tuple(placing.compare_all(members)))
    ranked = compared.nearest_first()
    if not ranked or ranked[0].comparison.containment < REPRINT_CONTAINMENT:
        return None
    return StoryMatch(story_id, ranked[0].comparison.containment, tuple(ranked))


def _open_story(article: NewArticle, matches: Sequence[StoryMatch]) -> Assignment:
    reason = "no stored text is like it"
    if matches:
        best = max(matches, key=lambda match: match.score)
        reason = f"first of its story: the nearest, story {best.story_id}, shares {best.score:.0%} of what is fresh"
    return Assignment(article.article_id, None, Relation.ORIGIN, 1, 1.0, reason)


def _join_story(placing: Placing, match: StoryMatch, score: float, reason: str) -> Assignment:
    members = placing.workspace.members[match.story_id]
    edition, nearest = _edition(placing, match)
    is_newest = edition > max(member.edition for member in members)
    relation = Relation.UPDATE if is_newest else _relation(nearest.comparison)
    outlets = len({member.outlet for member in members})
    reason += f"; {outlets} outlet{'s' * (outlets > 1)}"
    return Assignment(placing.article.article_id, match.story_id, relation, edition, score, reason)


def _edition(placing: Placing, match: StoryMatch) -> tuple[int, MemberMatch]:
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


def _with_same_numbers(placing: Placing, matches: Sequence[MemberMatch]) -> MemberMatch | None:
    return next((match for match in matches if not placing.align(match.member).numbers_changed), None)


def _relation(comparison: Comparison) -> Relation:
    if comparison.of_first >= VERBATIM and comparison.of_second >= VERBATIM:
        return Relation.VERBATIM
    if comparison.of_first >= CONTAINED and comparison.of_first >= comparison.of_second:
        return Relation.TRIMMED
    if comparison.of_second >= CONTAINED:
        return Relation.EXTENDED
    return Relation.PARTIAL
