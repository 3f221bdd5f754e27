"""The wire's text out of several copies, paragraph by paragraph.

What two outlets carry is the wire's; what one alone adds between paragraphs that others carry in a row is its own;
what the chosen copy lacks and two others carry is put back where they have it. Needs three outlets: two that differ
do not say who is right.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from operator import eq
from typing import Generic, TypeVar

from pipeline.match.sentences import paragraph_token_hashes
from pipeline.model import Member
from pipeline.text.alike import same_paragraph, surely_same
from pipeline.text.normalize import folded

ENOUGH = 3
CARRIED = 2
# Stories whose paragraphs are kept, some 15 KB each.
KEPT = 1000
Unit = int


@dataclass(frozen=True, slots=True)
class Reconciled:
    """The text, in how many outlets each paragraph stands, and what was done to the chosen copy."""

    body: tuple[str, ...]
    support: tuple[int, ...]
    restored: int = 0
    left_out: int = 0


def reconcile(base: Member, members: Sequence[Member], laid: ParagraphCache | None = None) -> Reconciled:
    """The text of ``base`` with what other outlets' copies of its edition prove missing or added.

    The same whatever the order of the members, and the base's own text where fewer than three outlets speak. ``laid``
    has what earlier calls read of the same copies, and gains what this one reads.
    """
    outlets = {one.outlet for one in members if one.edition == base.edition}
    if len(outlets) == 1:
        return Reconciled(base.body, (1,) * len(base.body))
    rivals = sorted((one for one in members if one.edition == base.edition), key=lambda one: one.article_id)
    units = (laid or ParagraphCache()).of([base, *(one for one in rivals if one.article_id != base.article_id)])
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


class ParagraphCache:
    """Copies that were laid beside each other: of the stories asked for last, so that only what joins one is read."""

    def __init__(self) -> None:
        self._paragraphs, self._carried = _Kept(_Paragraphs), _Kept(_Carried)

    def of(self, copies: Sequence[Member]) -> _Paragraphs:
        """The paragraphs of these copies, read in this order."""
        return self._paragraphs.of(copies)

    def carried(self, copies: Sequence[Member]) -> Set[str]:
        """The paragraphs, folded, that stand in the copies of two outlets or more."""
        return self._carried.of(copies).by_two


class _Reader(ABC):
    """What is known of some copies, one after another."""

    def __init__(self) -> None:
        self._read: list[tuple[int, str, tuple[str, ...]]] = []

    def __len__(self) -> int:
        return len(self._read)

    def begin(self, copies: Sequence[Member]) -> bool:
        """Whether those that were read are the first of these, as they are now."""
        return len(self) <= len(copies) and all(map(eq, self._read, map(_as_read, copies)))

    def read(self, member: Member) -> None:
        """Read one more copy."""
        self._take(member, folded(member.body))
        self._read.append(_as_read(member))

    @abstractmethod
    def _take(self, member: Member, bare: tuple[str, ...]) -> None:
        """``bare``: its paragraphs, folded."""


R = TypeVar("R", bound=_Reader)


class _Kept(Generic[R]):
    """Readers, each by the first copy that it read; those asked for longest ago are put away."""

    def __init__(self, make: Callable[[], R]) -> None:
        self._make, self._kept = make, OrderedDict[int, R]()

    def of(self, copies: Sequence[Member]) -> R:
        """The reader of these copies, in this order."""
        first = copies[0].article_id
        reader = self._kept.pop(first, None)
        if reader is None or not reader.begin(copies):
            reader = self._make()
        for one in copies[len(reader) :]:
            reader.read(one)
        self._kept[first] = reader
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return reader


class _Carried(_Reader):
    """Which paragraphs two outlets carry."""

    def __init__(self) -> None:
        super().__init__()
        self.by_two: set[str] = set()
        self._outlets: dict[str, str] = {}

    def _take(self, member: Member, bare: tuple[str, ...]) -> None:
        outlet, known = member.outlet, self._outlets
        self.by_two.update([text for text in bare if known.setdefault(text, outlet) != outlet])


class _Paragraphs(_Reader):
    """The distinct paragraphs of some copies, each with its wordings and the outlets that carry these."""

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[str, Unit] = {}
        self._first: list[_Wording] = []
        self._wordings: list[dict[str, set[str]]] = []
        self._outlets: list[set[str]] = []
        self._of: dict[int, list[Unit]] = {}

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

    def _take(self, member: Member, bare: tuple[str, ...]) -> None:
        units: list[Unit] = []
        for text, known in zip(member.body, bare, strict=True):
            unit = self._known.get(known)
            if unit is None:
                unit = self._known[known] = self._alike(text, units)
            self._wordings[unit].setdefault(text, set()).add(member.outlet)
            self._outlets[unit].add(member.outlet)
            units.append(unit)
        self._of[member.article_id] = list(dict.fromkeys(units))

    def _alike(self, text: str, taken: Sequence[Unit]) -> Unit:
        """The paragraph that this is a wording of: looked for from where the copy's last one goes on. Two paragraphs of
        one copy that are merely alike are two."""
        following, number, wording = taken[-1] + 1 if taken else 0, len(self._first), _Wording(text)
        for unit in chain(range(following, number), range(following)):
            if unit not in taken and wording.is_of(self._first[unit]):
                return unit
        self._first.append(wording)
        self._wordings.append({})
        self._outlets.append(set())
        return number


class _Wording:
    """A paragraph as it was read first."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def hashed(self) -> bytes:
        """Of its tokens, in order."""
        return paragraph_token_hashes(self.text)

    @cached_property
    def words(self) -> int:
        """How many it has, each counted once."""
        return len(set(memoryview(self.hashed).cast("Q")))

    def is_of(self, other: _Wording) -> bool:
        """Whether both are wordings of one paragraph."""
        return surely_same(self.hashed, other.hashed, other.words) or same_paragraph(self.text, other.text)


def _as_read(one: Member) -> tuple[int, str, tuple[str, ...]]:
    return one.article_id, one.outlet, one.body
