"""Which copy's text is the story's.

A total order over the copies of the edition in force: the rules of the policy one after another (``[canonical]
order``), then what is not known to be cut, then the lowest id. The copy in force stays unless another beats it by a
rule that stands no later than ``complete``: who came a minute earlier, or is preferred, is no reason to change a text
that readers have. So the choice never flips to and fro.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from typing import NamedTuple

from pipeline.config import CanonicalConfig
from pipeline.match.reconcile import ParagraphCache, Reconciled, reconcile
from pipeline.model import CanonicalChoice, Member, Relation, VersionKind
from pipeline.text.attribution import named_by, said_by
from pipeline.text.normalize import folded

Text = tuple[int, int, int]
Key = tuple[object, ...]
DEFAULT = CanonicalConfig()
COMPLETE = "complete"
REVIVED = (VersionKind.UPDATE, VersionKind.CORRECTION)


class _Story(NamedTuple):
    """What the rules look at: the paragraphs that two outlets carry, copies in all, and whose the story is."""

    carried: Set[str]
    copies: int
    agency: str


def choose(
    members: Sequence[Member],
    current: int | None = None,
    policy: CanonicalConfig = DEFAULT,
    agency: str | None = None,
    *,
    mended: bool = True,
    laid: ParagraphCache | None = None,
) -> CanonicalChoice:
    """The canonical copy of a story's members (at least one), with its reason.

    ``current`` is the article whose text is in force; ``agency`` the members' :func:`agency_of`, where it is known.
    Without ``mended`` the text is the copy's own; ``laid``: what was read for it before (:func:`reconcile`).
    """
    laid = laid or ParagraphCache()
    newest = _edition_in_force(members)
    rivals = [member for member in members if member.edition == newest]
    about = _Story(laid.carried(members), len(members), agency_of(members) if agency is None else agency)
    keys = {member.article_id: _key(member, about, policy.order) for member in rivals}
    best = min(rivals, key=lambda member: keys[member.article_id])
    held = next((member for member in rivals if member.article_id == current), None)
    firm = policy.order.index(COMPLETE) + 1 if COMPLETE in policy.order else len(policy.order)
    if held and keys[held.article_id][:firm] <= keys[best.article_id][:firm]:
        best = held
    told = reconcile(best, members, laid) if mended else Reconciled(best.body, ())
    reason = _reason(best, rivals, about) + _decided(best, keys, held, policy.order) + _mended(told)
    return CanonicalChoice(best.article_id, _kind(rivals, best), best.title, told.body, reason, told.support)


def agency_of(members: Sequence[Member]) -> str:
    """The agency that the members' evidence names."""
    return named_by([said_by(one.outlet, one.claims, one.agency, one.feed_agency) for one in members])


def _edition_in_force(members: Sequence[Member]) -> int:
    """The newest. What an agency took back comes again only by its own mark: a copy with other numbers that an outlet
    publishes after the withdrawal does not bring the text back."""
    withdrawn = [member.edition for member in members if member.mark is VersionKind.WITHDRAWAL]
    if not withdrawn:
        return max(member.edition for member in members)
    last = max(withdrawn)
    return max((one.edition for one in members if one.edition > last and one.mark in REVIVED), default=last)


def _key(member: Member, about: _Story, order: Sequence[str]) -> Key:
    cut = member.relation in (Relation.PARTIAL, Relation.TRIMMED)
    return (*(RULES[name](member, about) for name in order), cut, member.article_id)


def _own_page(member: Member, about: _Story) -> bool:
    """Least where it is the page of the agency whose story it is: by its feed's word, or by its name."""
    page_of = member.feed_agency or member.outlet
    return not (page_of == about.agency or (bool(member.feed_agency) and not about.agency))


def _preferred(member: Member, _about: _Story) -> bool:
    return not member.preferred


def _out_by(member: Member, _about: _Story) -> float:
    """When it is known to have been out: of a bare day that is the day's end, so that it does not beat a time of the
    same day."""
    return member.seen_at.timestamp()


def _text(member: Member, about: _Story) -> Text:
    """To be least: supported paragraphs missing, those that stand here alone, missing length of a lone copy."""
    if about.copies == 1:
        return (0, 0, 0)
    texts = folded(member.body)
    supported = sum(map(about.carried.__contains__, texts))
    alone = len(texts) - supported
    # Two copies that share nothing word for word tell nothing of additions: then the fuller one counts.
    return (-supported, alone, 0) if supported else (0, 0, -sum(map(len, texts)))


# By name, as ``[canonical] order`` has them; each gives a value that is least for the best copy.
RULES: Mapping[str, Callable[[Member, _Story], object]] = {
    "agency-page": _own_page,
    COMPLETE: _text,
    "earliest": _out_by,
    "preferred": _preferred,
}
WORDS = {"agency-page": "the agency's own page", "earliest": "the earliest", "preferred": "a preferred outlet"}


def _kind(rivals: Sequence[Member], best: Member) -> VersionKind:
    marks = {member.mark for member in rivals}
    for kind in (VersionKind.WITHDRAWAL, VersionKind.CORRECTION):
        if kind in marks:
            return kind
    return VersionKind.UPDATE if best.edition > 1 else VersionKind.ORIGINAL


def _mended(told: Reconciled) -> str:
    done = [(told.restored, "put back from other outlets"), (told.left_out, "left out as its own")]
    return "".join(f"; {number} {what}" for number, what in done if number)


def _decided(best: Member, keys: Mapping[int, Key], held: Member | None, order: Sequence[str]) -> str:
    """The rule beside the text's own that put it before the next best."""
    others = [key for number, key in keys.items() if number != best.article_id]
    if not others:
        return ""
    mine, next_best = keys[best.article_id], min(others)
    if mine > next_best and best is held:
        return "; it was in force, and equals are no reason to change"
    rule = next((name for name, one, other in zip(order, mine, next_best, strict=False) if one != other), "")
    return f"; {WORDS[rule]}" if rule in WORDS else ""


def _reason(best: Member, rivals: Sequence[Member], about: _Story) -> str:
    if len(rivals) == 1:
        return f"the only copy of edition {best.edition} ({best.outlet})"
    supported, alone, _ = _text(best, about)
    if not supported:
        return f"the fullest of {len(rivals)} copies ({best.outlet})"
    own = "none" if not alone else str(alone)
    return (
        f"{-supported} paragraphs that other outlets carry too, {own} of its own, among {len(rivals)} ({best.outlet})"
    )
