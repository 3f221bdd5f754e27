"""Whether a late copy shows that two stories are one.

Strong evidence only, for a false merge costs a reader more than a miss: the copy holds both texts almost whole, and
the two texts have most of what is fresh in common themselves. So a digest, or a text made from two stories, bridges
nothing; and bulletins of one template never become one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pipeline.match.alignment import align
from pipeline.match.compare import Comparison, Document, compare
from pipeline.match.workspace import NewArticle, Workspace
from pipeline.model import Member, PlannedMerge, Relation, VersionKind

# Of each story's text by the weight of first_seen, and of its shingles as they are: what a copy loses by spelling and
# headlines is under a tenth.
HELD = 0.9
# Of the two texts in one another. What joins a story shares .55 with it, by the mean of five.
ALIKE = 0.6


def find_merge(
    article: NewArticle,
    home: int,
    others: Iterable[int],
    texts: Mapping[int, int],
    apart: Mapping[int, set[int]],
    workspace: Workspace,
) -> PlannedMerge | None:
    """The merge that an article placed in ``home`` brings about, or None.

    ``others``: the other stories that share keys with it; ``texts``: story -> the article whose text is in force;
    ``apart``: story -> those that a person's word keeps apart from it.
    """
    away = set(others) - {home} - apart.get(home, set())
    mine = _held_text(article, home, texts, workspace) if away else None
    for other in sorted(away) if mine else ():
        theirs = _held_text(article, other, texts, workspace)
        reason = _evidence(article, mine, theirs, workspace) if mine and theirs else ""
        if reason:
            target, gone = sorted((home, other), key=lambda story: _age(workspace.members[story], story))
            return PlannedMerge(target, gone, reason, article.article_id)
    return None


def _held_text(article: NewArticle, story: int, texts: Mapping[int, int], workspace: Workspace) -> Member | None:
    """The copy whose text is the story's, where the article holds it: nearly every story is refused by this."""
    found = _text_of(workspace.members.get(story, ()), texts.get(story), article)
    return found if found and _shares(article, found, workspace) >= HELD else None


def _age(members: Sequence[Member], story: int) -> tuple[float, bool, int]:
    """The older story stays; of two new ones, the one that was made first."""
    return min(one.seen_at.timestamp() for one in members), story < 0, abs(story)


def _text_of(members: Sequence[Member], force: int | None, article: NewArticle) -> Member | None:
    """The copy whose text is the story's; None where it was taken back, is made from other stories, whose words its
    copies hold too, or the article is all there is."""
    held = [one for one in members if one.article_id != article.article_id]
    if any(one.mark is VersionKind.WITHDRAWAL or one.relation is Relation.DERIVED for one in held):
        return None
    return next((one for one in held if one.article_id == force), held[0] if held else None)


def _evidence(article: NewArticle, first: Member, second: Member, workspace: Workspace) -> str:
    """Why the two are one text, in words; nothing where they are not known to be."""
    mine, one, other = (workspace.document(each.fingerprint, article.seen_at) for each in (article, first, second))
    held = [min(_held(mine, each)) for each in (one, other)]
    shared = compare(one, other)
    if min(held) < HELD or _least(shared) < ALIKE or _is_template(article, first, second, workspace):
        return ""
    return (
        f"article {article.article_id} holds {held[0]:.0%} and {held[1]:.0%} of the two texts, "
        f"which share {_least(shared):.0%}"
    )


def _shares(article: NewArticle, theirs: Member, workspace: Workspace) -> float:
    """How much of a member's shingles the article has."""
    held = workspace.ready(theirs.article_id, theirs.fingerprint, theirs.body).hashes
    both = workspace.overlap(article.article_id, article.fingerprint).with_member(theirs, held)
    return both.number / len(held) if len(held) else 0.0


def _least(found: Comparison) -> float:
    """Of both texts: a brief that stands in a long text says nothing of the rest of it."""
    return min(found.fresh, found.of_first, found.of_second)


def _held(mine: Document, theirs: Document) -> tuple[float, float]:
    """How much of the second text the first has: of its fresh weight, and of its shingles."""
    found = compare(theirs, mine)
    weight = found.fresh * min(theirs.total, mine.total)
    return (weight / theirs.total if theirs.total else 0.0), found.of_first


def _is_template(article: NewArticle, first: Member, second: Member, workspace: Workspace) -> bool:
    mine, one, other = (
        workspace.ready(each.article_id, each.fingerprint, each.body).sentences for each in (article, first, second)
    )
    return any(align(*pair).other_bulletin for pair in ((one, other), (mine, one), (mine, other)))
