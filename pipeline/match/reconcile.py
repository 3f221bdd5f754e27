"""The wire's text out of several copies, paragraph by paragraph.

What two outlets carry is the wire's; what one alone adds between paragraphs that others carry in a row is its own;
what the chosen copy lacks and two others carry is put back where they have it. Needs three outlets: two that differ
do not say who is right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from pipeline.model import Member
from pipeline.text.alike import same_paragraph
from pipeline.text.normalize import fold

ENOUGH = 3
CARRIED = 2
Unit = int


@dataclass(frozen=True, slots=True)
class Reconciled:
    """The text, in how many outlets each paragraph stands, and what was done to the chosen copy."""

    body: tuple[str, ...]
    support: tuple[int, ...]
    restored: int = 0
    left_out: int = 0


def reconcile(base: Member, members: Sequence[Member]) -> Reconciled:
    """The text of ``base`` with what other outlets' copies of its edition prove missing or added.

    The same whatever the order of the members, and the base's own text where fewer than three outlets speak.
    """
    outlets = {one.outlet for one in members if one.edition == base.edition}
    if len(outlets) == 1:
        return Reconciled(base.body, (1,) * len(base.body))
    rivals = sorted((one for one in members if one.edition == base.edition), key=lambda one: one.article_id)
    units = _Units([base, *rivals])
    if len(outlets) < ENOUGH:
        return Reconciled(base.body, units.supports(base.body))
    others = [units.of(one) for one in rivals if one.outlet != base.outlet]
    kept = [unit for unit in units.of(base) if units.support(unit) >= CARRIED or not _added(unit, base, others, units)]
    text = _with_missing(kept, others, units)
    return Reconciled(
        tuple(units.wording(unit) for unit in text),
        tuple(units.support(unit) for unit in text),
        restored=len(set(text) - set(kept)),
        left_out=len(units.of(base)) - len(kept),
    )


def _added(unit: Unit, base: Member, others: Sequence[Sequence[Unit]], units: _Units) -> bool:
    """Whether two others go on where the base puts in a paragraph that nobody else has.

    A copy that was cut off says nothing of what came after its end.
    """
    text = units.of(base)
    place = text.index(unit)
    before = next((one for one in reversed(text[:place]) if units.support(one) >= CARRIED), None)
    after = next((one for one in text[place + 1 :] if units.support(one) >= CARRIED), None)
    if after is None:
        return False
    return sum(_goes_on(other, before, after) for other in others) >= CARRIED


def _goes_on(other: Sequence[Unit], before: Unit | None, after: Unit) -> bool:
    if after not in other:
        return False
    place = other.index(after)
    return place == 0 if before is None else place > 0 and other[place - 1] == before


def _with_missing(kept: Sequence[Unit], others: Sequence[Sequence[Unit]], units: _Units) -> list[Unit]:
    """Each paragraph that two outlets carry and the base lacks, after the one that it follows in their copies."""
    text = list(kept)
    for other in others:
        place = 0
        for unit in other:
            if unit in text:
                place = text.index(unit) + 1
            elif units.support(unit) >= CARRIED:
                text.insert(place, unit)
                place += 1
    return text


class _Units:
    """The distinct paragraphs of some copies, each with its wordings and the outlets that carry these."""

    def __init__(self, members: Sequence[Member]) -> None:
        self._known: dict[str, Unit] = {}
        self._first: list[str] = []
        self._wordings: list[dict[str, set[str]]] = []
        self._of: dict[int, list[Unit]] = {}
        for member in members:
            if member.article_id not in self._of:
                self._of[member.article_id] = self._read(member)

    def of(self, member: Member) -> list[Unit]:
        """The copy's paragraphs, each once."""
        return self._of[member.article_id]

    def support(self, unit: Unit) -> int:
        """Outlets that carry it."""
        outlets = list(self._wordings[unit].values())
        return len(outlets[0] if len(outlets) == 1 else set().union(*outlets))

    def supports(self, body: Sequence[str]) -> tuple[int, ...]:
        """Outlets that carry each paragraph of a copy that was read."""
        return tuple(self.support(self._known[fold(text)]) for text in body)

    def wording(self, unit: Unit) -> str:
        """The wording of most outlets; of as many, the one read first, which is the base's."""
        wordings = self._wordings[unit]
        return max(wordings, key=lambda text: len(wordings[text]))

    def _read(self, member: Member) -> list[Unit]:
        units: list[Unit] = []
        for text in member.body:
            folded = fold(text)
            unit = self._known.get(folded)
            if unit is None:
                unit = self._known[folded] = self._alike(text, units)
            self._wordings[unit].setdefault(text, set()).add(member.outlet)
            units.append(unit)
        return list(dict.fromkeys(units))

    def _alike(self, text: str, taken: Sequence[Unit]) -> Unit:
        """The paragraph that this is a wording of: looked for from where the copy's last one goes on. Two paragraphs of
        one copy that are merely alike are two."""
        following, number = taken[-1] + 1 if taken else 0, len(self._first)
        for unit in chain(range(following, number), range(following)):
            if unit not in taken and same_paragraph(text, self._first[unit]):
                return unit
        self._first.append(text)
        self._wordings.append({})
        return number
