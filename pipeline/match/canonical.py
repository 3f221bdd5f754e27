"""Which copy's text is the story's.

A total order: among the copies of the newest edition, the one with the most paragraphs that another copy carries
too, then with the fewest that nobody else carries, then the preferred outlet's, then the earliest, then the lowest
id. The copy in force stays unless another beats it on the text itself, so the choice never flips to and fro.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pipeline.match.reconcile import Reconciled, reconcile
from pipeline.model import CanonicalChoice, Member, Relation, VersionKind
from pipeline.text.normalize import fold

Text = tuple[int, int, int]


def choose(members: Sequence[Member], current: int | None = None) -> CanonicalChoice:
    """The canonical copy of a story's members (at least one), with its reason.

    ``current`` is the article whose text is in force.
    """
    newest = max(member.edition for member in members)
    rivals = [member for member in members if member.edition == newest]
    support = _support(members)
    texts = {member.article_id: _text(member, support, len(members)) for member in rivals}
    best = min(rivals, key=lambda member: (texts[member.article_id], *_ties(member)))
    held = next((member for member in rivals if member.article_id == current), None)
    if held and texts[held.article_id] <= texts[best.article_id]:
        best = held
    told = reconcile(best, members)
    reason = _reason(best, rivals, texts) + _mended(told)
    return CanonicalChoice(best.article_id, _kind(rivals, best), best.title, told.body, reason, told.support)


def _support(members: Sequence[Member]) -> Counter[str]:
    """In how many outlets each paragraph stands."""
    seen = {(member.outlet, fold(paragraph)) for member in members for paragraph in member.body}
    return Counter(paragraph for _, paragraph in seen)


def _text(member: Member, support: Counter[str], copies: int) -> Text:
    """To be least: supported paragraphs missing, those that stand here alone, missing length of a lone copy."""
    folded = [fold(paragraph) for paragraph in member.body]
    supported = sum(support[paragraph] > 1 for paragraph in folded)
    alone = len(folded) - supported
    if copies == 1:
        return (0, 0, 0)
    # Two copies that share nothing word for word tell nothing of additions: then the fuller one counts.
    return (-supported, alone, 0) if supported else (0, 0, -sum(map(len, folded)))


def _ties(member: Member) -> tuple[bool, bool, float, int]:
    fresh = member.relation in (Relation.PARTIAL, Relation.TRIMMED)
    return (not member.preferred, fresh, member.seen_at.timestamp(), member.article_id)


def _kind(rivals: Sequence[Member], best: Member) -> VersionKind:
    marks = {member.mark for member in rivals}
    for kind in (VersionKind.WITHDRAWAL, VersionKind.CORRECTION):
        if kind in marks:
            return kind
    return VersionKind.UPDATE if best.edition > 1 else VersionKind.ORIGINAL


def _mended(told: Reconciled) -> str:
    done = [(told.restored, "put back from other outlets"), (told.left_out, "left out as its own")]
    return "".join(f"; {number} {what}" for number, what in done if number)


def _reason(best: Member, rivals: Sequence[Member], texts: dict[int, Text]) -> str:
    if len(rivals) == 1:
        return f"the only copy of edition {best.edition} ({best.outlet})"
    supported, alone, _ = texts[best.article_id]
    if not supported:
        return f"the fullest of {len(rivals)} copies ({best.outlet})"
    own = "none" if not alone else str(alone)
    return (
        f"{-supported} paragraphs that other outlets carry too, {own} of its own, among {len(rivals)} ({best.outlet})"
    )
