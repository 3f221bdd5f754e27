"""Which story an article is a copy of: the odds by its best members, and what an outlet's own texts say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf
from typing import NamedTuple

from pipeline.match.evidence import Evidence, log_odds_of, penalty, title_likeness
from pipeline.match.placing import MemberMatch, Placing, StoryMatch

# Members that are judged: those that contain most.
JUDGED_MEMBERS = 8
# An outlet's text so many hours away is no evidence, and where a story has one, these log odds are lost.
OWN_HOURS, OWN_LOSS = 6.0, 2.0
# A re-issue shares so much by weight and of the first words; besides, it is a brief that grew, or a long text nearly
# whole, or has the same lead under a like title and states no other facts.
REISSUE_FRESH, REISSUE_LEAD, REISSUE_WORDS = 0.58, 0.5, 50
REISSUE_LENGTHS, LONG_WORDS, LONG_SHARE, LONG_LEAD = 0.5, 200, 0.8, 0.6
SAME_LEAD, LIKE_TITLE, FEW_FACTS = 0.8, 0.45, 1.0
# A text cut to half is a re-issue within so many hours, as in the next morning's paper; a day later, it is the next one
# of its kind.
CUT_HOURS = 12.0
# Members that are asked whether a story is another bulletin of the article's form.
VOTING_MEMBERS = 5
# Score and containment from which a text whose words are withheld joins.
WITHHELD_SCORE, WITHHELD_CONTAINED = 0.55, 0.75
# What a sum of log odds can be off by.
ROUNDING = 1e-9
# Words of a notice at most, and the likeness of titles up to which an outlet repeats it: a wall, a subscription box.
WALL_WORDS, WALL_TITLES = 100, 0.3


class Verdict(NamedTuple):
    """A story, the log odds that the article is a copy of it, and the signs of its best member."""

    match: StoryMatch
    log_odds: float
    evidence: Evidence


def best_verdict(placing: Placing, matches: Iterable[StoryMatch]) -> Verdict | None:
    """Return the story of the highest odds that are good enough to join; those that cannot win are not judged."""
    best: Verdict | None = None
    least = log_odds_of(placing.workspace.config.join)
    bounds = [(_bound(placing, match), match) for match in matches]
    for bound, match in sorted(bounds, key=lambda story: (-story[0], story[1].story_id)):
        if bound < least:
            break
        verdict = _judge(placing, match, least)
        if verdict.log_odds >= least and (best is None or verdict.log_odds > best.log_odds):
            best, least = verdict, verdict.log_odds
    return best


def repeated_articles(placing: Placing, match: StoryMatch) -> list[int]:
    """Return the articles of a story with the same few words, of the same outlet, under other titles: a wall's."""
    article = placing.article
    if article.fingerprint.tokens >= WALL_WORDS or not article.title:
        return []
    earlier = (member for member, _ in match.members if member.outlet == article.outlet and member.title)
    return [
        member.article_id
        for member in earlier
        if member.fingerprint.shingles == article.fingerprint.shingles
        and title_likeness(article.title, member.title) < WALL_TITLES
    ]


def is_reissue(placing: Placing, match: MemberMatch) -> bool:
    """Whether the article is the same outlet's text once more: a brief that grew, or a long text nearly whole."""
    if match.comparison.fresh < REISSUE_FRESH:
        return False
    words = placing.shared_words(match.member)
    lead = words.least_share(0, REISSUE_WORDS)
    length, earlier_length = placing.article.fingerprint.tokens, match.member.fingerprint.tokens
    if lead < REISSUE_LEAD or not length:
        return False
    is_long = min(length, earlier_length) >= LONG_WORDS
    is_whole = is_long and min(words.shares()) >= LONG_SHARE and lead >= LONG_LEAD
    if earlier_length / length <= REISSUE_LENGTHS or is_whole:
        return True
    is_cut = length / earlier_length <= REISSUE_LENGTHS and placing.hours_from(match.member) <= CUT_HOURS
    return (is_cut or _has_same_opening(placing, match)) and _has_same_facts(placing, match)


def _has_same_opening(placing: Placing, match: MemberMatch) -> bool:
    signs = placing.evidence(match)
    return signs.lead >= SAME_LEAD and signs.title >= LIKE_TITLE


def _has_same_facts(placing: Placing, match: MemberMatch) -> bool:
    is_same = placing.evidence(match).differing_facts < FEW_FACTS
    return is_same and not placing.align(match.member).other_bulletin


def _bound(placing: Placing, match: StoryMatch) -> float:
    """Return log odds that the story's cannot exceed."""
    if not placing.article.body:
        return inf
    if any(_is_own(placing, member) for member in match.members):
        return inf
    return max(placing.evidence_at_best(member).log_odds() for member in match.members[:JUDGED_MEMBERS])


def _judge(placing: Placing, match: StoryMatch, least: float) -> Verdict:
    """Return the verdict on a story; below ``least`` its odds need not be exact."""
    if not (placing.article.body and match.best.body):
        contained = match.score >= WITHHELD_SCORE and match.comparison.containment >= WITHHELD_CONTAINED
        return Verdict(match, inf if contained else -inf, placing.evidence(match.members[0]))
    own_texts = [member for member in match.members if _is_own(placing, member)]
    if any(is_reissue(placing, member) for member in own_texts):
        return Verdict(match, inf, placing.evidence(match.members[0]))
    rivals = [member for member in match.members if not _is_own(placing, member)][:JUDGED_MEMBERS]
    if not rivals or (own_texts and _is_of_one_outlet(placing, match)):
        return Verdict(match, -inf, placing.evidence_at_best(match.members[0]))
    loss = OWN_LOSS * bool(own_texts)
    log_odds, signs = _likeliest(placing, rivals, least + loss)
    if log_odds - loss >= least and signs.differing_facts >= FEW_FACTS and _are_other_bulletins(placing, rivals):
        return Verdict(match, -inf, signs)
    return Verdict(match, log_odds - loss, signs)


def _are_other_bulletins(placing: Placing, members: Sequence[MemberMatch]) -> bool:
    """Whether most of a story's members are the article's form filled in otherwise, though one of them, cut or edited,
    does not show it."""
    votes = [placing.align(match.member).other_bulletin for match in members[:VOTING_MEMBERS]]
    return 2 * sum(votes) > len(votes)


def _likeliest(placing: Placing, members: Sequence[MemberMatch], least: float) -> tuple[float, Evidence]:
    """Return the highest log odds with a member, and its signs; what lies below ``least`` is not asked further.

    Each step costs more than the one before it and only lowers the odds: what is known of the members, their words,
    their aligned sentences.
    """
    bounds = [(placing.evidence_at_best(member), place, member) for place, member in enumerate(members)]
    best_rank, best_signs = (-inf, -inf, 0), bounds[0][0]
    for bound, place, match in sorted(bounds, key=lambda member: (-member[0].log_odds(), member[1])):
        enough = max(best_rank[0], least - ROUNDING)
        if bound.log_odds() < enough:
            break
        of_lead = placing.with_lead(bound, match.member)
        if of_lead.log_odds() < enough:
            continue
        evidence = placing.with_facts(of_lead, match.member)
        words_odds = evidence.log_odds()
        if words_odds < enough:
            continue
        rank = (words_odds + penalty(placing.align(match.member), evidence), words_odds, -place)
        if rank > best_rank:
            best_rank, best_signs = rank, evidence
    return best_rank[0], best_signs


def _is_own(placing: Placing, match: MemberMatch) -> bool:
    is_same = match.member.outlet == placing.article.outlet
    return is_same and placing.hours_from(match.member) >= OWN_HOURS


def _is_of_one_outlet(placing: Placing, match: StoryMatch) -> bool:
    members = placing.workspace.members[match.story_id]
    return all(member.outlet == placing.article.outlet for member in members)
