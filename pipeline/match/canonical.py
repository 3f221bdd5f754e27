"""Choice of the canonical copy: which copy's text is the story's.

The copies of the edition in force are put in a total order: the rules of the policy one after another (``[canonical]
order``), then copies that are not known to be cut, then the lowest id. The copy in force stays unless another beats it
by a rule that stands no later than ``complete``: an earlier time or a preferred outlet is no reason to change a text
that readers have. So the choice never flips back and forth.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from typing import NamedTuple

from pipeline.config import CanonicalConfig
from pipeline.match.reconcile import ParagraphCache, Reconciled, reconcile
from pipeline.match.titles import canonical_title
from pipeline.model import CanonicalChoice, Member, Relation, VersionKind
from pipeline.text.attribution import attributed_agency, outlet_claims
from pipeline.text.normalize import folded

Completeness = tuple[int, int, int]
Key = tuple[object, ...]
DEFAULT = CanonicalConfig()
COMPLETE = "complete"
REVIVING_MARKS = (VersionKind.UPDATE, VersionKind.CORRECTION)


class _StoryFacts(NamedTuple):
    """What the rules look at: paragraphs that two outlets carry, number of copies, the story's agency."""

    shared_paragraphs: Set[str]
    copies: int
    agency: str


def choose(
    members: Sequence[Member],
    current: int | None = None,
    policy: CanonicalConfig = DEFAULT,
    agency: str | None = None,
    *,
    mended: bool = True,
    paragraphs: ParagraphCache | None = None,
) -> CanonicalChoice:
    """Return the canonical copy of a story's members (at least one), with its reason.

    ``current``: the article in force; ``agency``: the members' :func:`agency_of`, where it is known already. The text
    is reconciled with the other copies (:func:`reconcile`) unless ``mended`` is false; ``paragraphs``: the cache of
    that.
    """
    paragraphs = paragraphs or ParagraphCache()
    edition = _edition_in_force(members)
    rivals = [member for member in members if member.edition == edition]
    shared = paragraphs.shared_paragraphs(members) if len(members) > 1 else frozenset()
    facts = _StoryFacts(shared, len(members), agency_of(members) if agency is None else agency)
    keys = {member.article_id: _sort_key(member, facts, policy.order) for member in rivals}
    in_force = next((member for member in rivals if member.article_id == current), None)
    best = _best_rival(rivals, keys, in_force, policy.order)
    text = reconcile(best, members, paragraphs) if mended else Reconciled(best.body, ())
    reason = _reason(best, rivals, facts) + _deciding_rule(best, keys, in_force, policy.order) + _repairs(text)
    title = canonical_title(best, rivals, facts.agency)
    return CanonicalChoice(best.article_id, _version_kind(rivals, best), title, text.body, reason, text.support)


def agency_of(members: Sequence[Member]) -> str:
    """Return the agency that the members' evidence names; '' for none."""
    return attributed_agency(
        [outlet_claims(member.outlet, member.claims, member.agency, member.feed_agency) for member in members]
    )


def _best_rival(
    rivals: Sequence[Member], keys: Mapping[int, Key], in_force: Member | None, order: Sequence[str]
) -> Member:
    best = min(rivals, key=lambda member: keys[member.article_id])
    rules = order.index(COMPLETE) + 1 if COMPLETE in order else len(order)
    if in_force and keys[in_force.article_id][:rules] <= keys[best.article_id][:rules]:
        return in_force
    return best


def _edition_in_force(members: Sequence[Member]) -> int:
    """Return the newest edition; after a withdrawal, the newest one that the agency's own mark brought back.

    A copy with other numbers that an outlet publishes after the withdrawal does not bring the text back.
    """
    withdrawn = [member.edition for member in members if member.mark is VersionKind.WITHDRAWAL]
    if not withdrawn:
        return max(member.edition for member in members)
    last = max(withdrawn)
    revived = [member.edition for member in members if member.edition > last and member.mark in REVIVING_MARKS]
    return max(revived, default=last)


def _sort_key(member: Member, facts: _StoryFacts, order: Sequence[str]) -> Key:
    is_cut = member.relation in (Relation.PARTIAL, Relation.TRIMMED)
    return (*(RULES[rule](member, facts) for rule in order), is_cut, member.article_id)


def _not_agency_page(member: Member, facts: _StoryFacts) -> bool:
    """Return False for a page of the story's agency, by its feed's setting or by its outlet's name."""
    page_agency = member.feed_agency or member.outlet
    return not (page_agency == facts.agency or (bool(member.feed_agency) and not facts.agency))


def _not_preferred(member: Member, _facts: _StoryFacts) -> bool:
    return not member.preferred


def _publication_time(member: Member, _facts: _StoryFacts) -> float:
    """Return the latest time at which it was out, in seconds: a bare day counts by its end, and so never beats a time
    of the same day."""
    return member.seen_at.timestamp()


def _completeness(member: Member, facts: _StoryFacts) -> Completeness:
    """Return, least for the most complete copy: shared paragraphs (negative), paragraphs of its own, length (negative).

    Length counts only where no paragraph is shared: two copies without a common paragraph say nothing of additions.
    """
    if facts.copies == 1:
        return (0, 0, 0)
    texts = folded(member.body)
    shared = sum(text in facts.shared_paragraphs for text in texts)
    return (-shared, len(texts) - shared, 0) if shared else (0, 0, -sum(map(len, texts)))


# The rules of ``[canonical] order`` by name; each value is least for the best copy.
RULES: Mapping[str, Callable[[Member, _StoryFacts], object]] = {
    "agency-page": _not_agency_page,
    COMPLETE: _completeness,
    "earliest": _publication_time,
    "preferred": _not_preferred,
}
RULE_PHRASES = {"agency-page": "the agency's own page", "earliest": "the earliest", "preferred": "a preferred outlet"}


def _version_kind(rivals: Sequence[Member], best: Member) -> VersionKind:
    marks = {member.mark for member in rivals}
    for kind in (VersionKind.WITHDRAWAL, VersionKind.CORRECTION):
        if kind in marks:
            return kind
    return VersionKind.UPDATE if best.edition > 1 else VersionKind.ORIGINAL


def _repairs(text: Reconciled) -> str:
    repairs = [(text.restored, "put back from other outlets"), (text.left_out, "left out as its own")]
    return "".join(f"; {count} {repair}" for count, repair in repairs if count)


def _deciding_rule(best: Member, keys: Mapping[int, Key], in_force: Member | None, order: Sequence[str]) -> str:
    """Return in words the rule, other than ``complete``, that put the copy before the next best; '' for none."""
    rival_keys = [key for article_id, key in keys.items() if article_id != best.article_id]
    if not rival_keys:
        return ""
    best_key, next_key = keys[best.article_id], min(rival_keys)
    if best_key > next_key and best is in_force:
        return "; it was in force, and equals are no reason to change"
    compared = zip(order, best_key, next_key, strict=False)
    rule = next((name for name, value, next_value in compared if value != next_value), "")
    return f"; {RULE_PHRASES[rule]}" if rule in RULE_PHRASES else ""


def _reason(best: Member, rivals: Sequence[Member], facts: _StoryFacts) -> str:
    if len(rivals) == 1:
        return f"the only copy of edition {best.edition} ({best.outlet})"
    shared, unshared, _ = _completeness(best, facts)
    if not shared:
        return f"the fullest of {len(rivals)} copies ({best.outlet})"
    paragraphs = "1 paragraph" if shared == -1 else f"{-shared} paragraphs"
    return (
        f"{paragraphs} that other outlets carry too, {unshared or 'none'} of its own, "
        f"among {len(rivals)} ({best.outlet})"
    )
