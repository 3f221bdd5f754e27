"""The wire's text out of several copies, paragraph by paragraph.

What two outlets carry is the wire's; what one alone adds between paragraphs that others carry in a row is its own;
what the chosen copy lacks and two others carry is put back where they have it. Needs three outlets: two that differ
do not say who is right.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from operator import eq

from pipeline.model import Member
from pipeline.text.alike import same_paragraph
from pipeline.text.normalize import folded

ENOUGH = 3
CARRIED = 2
# Stories whose paragraphs are kept, some 10 KB each.
KEPT = 1000
Unit = int


@dataclass(frozen=True, slots=True)
class Reconciled:
    """The text, in how many outlets each paragraph stands, and what was done to the chosen copy."""

    body: tuple[str, ...]
    support: tuple[int, ...]
    restored: int = 0
    left_out: int = 0


def reconcile(base: Member, members: Sequence[Member], laid: Laid | None = None) -> Reconciled:
    """The text of ``base`` with what other outlets' copies of its edition prove missing or added.

    The same whatever the order of the members, and the base's own text where fewer than three outlets speak. ``laid``
    has what earlier calls read of the same copies, and gains what this one reads.
    """
    outlets = {one.outlet for one in members if one.edition == base.edition}
    if len(outlets) == 1:
        return Reconciled(base.body, (1,) * len(base.body))
    rivals = sorted((one for one in members if one.edition == base.edition), key=lambda one: one.article_id)
    units = (laid or Laid()).of([base, *(one for one in rivals if one.article_id != base.article_id)])
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


def _added(unit: Unit, base: Member, others: Sequence[Sequence[Unit]], units: _Paragraphs) -> bool:
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


def _with_missing(kept: Sequence[Unit], others: Sequence[Sequence[Unit]], units: _Paragraphs) -> list[Unit]:
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


class Laid:
    """Copies that were laid beside each other: of the stories asked for last, so that only what joins one is read."""

    def __init__(self) -> None:
        self._kept: OrderedDict[int, _Paragraphs] = OrderedDict()

    def of(self, copies: Sequence[Member]) -> _Paragraphs:
        """The paragraphs of these copies, read in this order."""
        first = copies[0].article_id
        units = self._kept.pop(first, None)
        if units is None or not units.begin(copies):
            units = _Paragraphs()
        for one in copies[len(units) :]:
            units.read(one)
        self._kept[first] = units
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return units


class _Paragraphs:
    """The distinct paragraphs of some copies, each with its wordings and the outlets that carry these."""

    def __init__(self) -> None:
        self._read: list[tuple[int, str, tuple[str, ...]]] = []
        self._known: dict[str, Unit] = {}
        self._first: list[str] = []
        self._wordings: list[dict[str, set[str]]] = []
        self._outlets: list[set[str]] = []
        self._of: dict[int, list[Unit]] = {}

    def __len__(self) -> int:
        return len(self._read)

    def begin(self, copies: Sequence[Member]) -> bool:
        """Whether those that were read are the first of these, as they are now."""
        return len(self) <= len(copies) and all(map(eq, self._read, map(_as_read, copies)))

    def of(self, member: Member) -> list[Unit]:
        """The copy's paragraphs, each once."""
        return self._of[member.article_id]

    def support(self, unit: Unit) -> int:
        """Outlets that carry it."""
        return len(self._outlets[unit])

    def supports(self, body: tuple[str, ...]) -> tuple[int, ...]:
        """Outlets that carry each paragraph of a copy that was read."""
        return tuple(self.support(self._known[text]) for text in folded(body))

    def wording(self, unit: Unit) -> str:
        """The wording of most outlets; of as many, the one read first, which is the base's."""
        wordings = self._wordings[unit]
        return max(wordings, key=lambda text: len(wordings[text]))

    def read(self, member: Member) -> None:
        """Lay one more copy beside those that were read."""
        units: list[Unit] = []
        for text, bare in zip(member.body, folded(member.body), strict=True):
            unit = self._known.get(bare)
            if unit is None:
                unit = self._known[bare] = self._alike(text, units)
            self._wordings[unit].setdefault(text, set()).add(member.outlet)
            self._outlets[unit].add(member.outlet)
            units.append(unit)
        self._of[member.article_id] = list(dict.fromkeys(units))
        self._read.append(_as_read(member))

    def _alike(self, text: str, taken: Sequence[Unit]) -> Unit:
        """The paragraph that this is a wording of: looked for from where the copy's last one goes on. Two paragraphs of
        one copy that are merely alike are two."""
        following, number = taken[-1] + 1 if taken else 0, len(self._first)
        for unit in chain(range(following, number), range(following)):
            if unit not in taken and same_paragraph(text, self._first[unit]):
                return unit
        self._first.append(text)
        self._wordings.append({})
        self._outlets.append(set())
        return number


def _as_read(one: Member) -> tuple[int, str, tuple[str, ...]]:
    return one.article_id, one.outlet, one.body
