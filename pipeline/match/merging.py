"""Merges: whether a new copy shows that two stories are one.

Only strong evidence counts, for a false merge costs a reader more than a miss: the copy holds both stories' texts
almost whole, and the two texts share most of their fresh shingles. So a digest, or a text made from two stories, merges
nothing; and bulletins of one template are never merged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pipeline.match.alignment import align
from pipeline.match.compare import WeightedText, compare
from pipeline.match.workspace import NewArticle, Workspace
from pipeline.model import Member, PlannedMerge, Relation, VersionKind

# Share of each story's text that the copy must hold, by weight and by number of shingles: what a copy loses by
# spelling and headlines is under a tenth.
CONTAINED = 0.9
# Share of each of the two texts that the other must have. What joins a story shares .55 with it, by the mean of five.
ALIKE = 0.6


def find_merge(
    article: NewArticle,
    home: int,
    candidate_stories: Iterable[int],
    canonicals: Mapping[int, int],
    separated: Mapping[int, set[int]],
    workspace: Workspace,
) -> PlannedMerge | None:
    """Return the merge that an article placed in ``home`` brings about, or None.

    ``candidate_stories`` share keys with it; ``canonicals``: story -> the article in force; ``separated``: story ->
    the stories that a person keeps apart from it.
    """
    stories = set(candidate_stories) - {home} - separated.get(home, set())
    home_text = _contained_text(article, home, canonicals, workspace) if stories else None
    for story in sorted(stories) if home_text else ():
        text = _contained_text(article, story, canonicals, workspace)
        reason = _evidence(article, home_text, text, workspace) if home_text and text else ""
        if reason:
            older, younger = sorted((home, story), key=lambda number: _age(workspace.members[number], number))
            return PlannedMerge(older, younger, reason, article.article_id)
    return None


def _contained_text(
    article: NewArticle, story: int, canonicals: Mapping[int, int], workspace: Workspace
) -> Member | None:
    """Return the copy in force of a story, if the article holds it. Nearly every story is refused here."""
    copy = _copy_in_force(workspace.members.get(story, ()), canonicals.get(story), article)
    return copy if copy and _share_held(article, copy, workspace) >= CONTAINED else None


def _age(members: Sequence[Member], story: int) -> tuple[float, bool, int]:
    """Return a key that is least for the older story; of two new ones, for the one that was opened first."""
    return min(member.seen_at.timestamp() for member in members), story < 0, abs(story)


def _copy_in_force(members: Sequence[Member], canonical: int | None, article: NewArticle) -> Member | None:
    """Return the copy in force, or None for a story that was withdrawn, is derived, or has the article alone.

    A derived story's copies hold their parents' texts too.
    """
    copies = [member for member in members if member.article_id != article.article_id]
    if any(copy.mark is VersionKind.WITHDRAWAL or copy.relation is Relation.DERIVED for copy in copies):
        return None
    return next((copy for copy in copies if copy.article_id == canonical), copies[0] if copies else None)


def _evidence(article: NewArticle, first: Member, second: Member, workspace: Workspace) -> str:
    """Return in words why two texts are one; '' where they are not known to be."""
    text, first_text, second_text = (
        workspace.weigh(copy.fingerprint, article.seen_at) for copy in (article, first, second)
    )
    shares = [min(_shares_held(text, story_text)) for story_text in (first_text, second_text)]
    shared = compare(first_text, second_text)
    # The least of both: a brief that stands in a long text says nothing of the rest of it.
    alike = min(shared.fresh, shared.of_first, shared.of_second)
    if min(shares) < CONTAINED or alike < ALIKE or _is_template(article, first, second, workspace):
        return ""
    return (
        f"article {article.article_id} holds {shares[0]:.0%} and {shares[1]:.0%} of the two texts, "
        f"which share {alike:.0%}"
    )


def _share_held(article: NewArticle, member: Member, workspace: Workspace) -> float:
    """Return the share of a member's shingles that the article has; 0 for a text without any."""
    hashes = workspace.prepared(member).hashes
    overlap = workspace.overlap(article.article_id, article.fingerprint)
    if not len(hashes):
        return 0.0
    return overlap.with_member(member, hashes).number / len(hashes)


def _shares_held(holder: WeightedText, text: WeightedText) -> tuple[float, float]:
    """Return how much of ``text`` the holder has, by weight and by number of shingles."""
    result = compare(text, holder)
    weight = result.fresh * min(text.total, holder.total)
    return (weight / text.total if text.total else 0.0), result.of_first


def _is_template(article: NewArticle, first: Member, second: Member, workspace: Workspace) -> bool:
    """Whether any two of the three texts are bulletins of one template."""
    text, first_text, second_text = (workspace.prepared(copy).sentences for copy in (article, first, second))
    pairs = ((first_text, second_text), (text, first_text), (text, second_text))
    return any(align(*pair).other_bulletin for pair in pairs)
