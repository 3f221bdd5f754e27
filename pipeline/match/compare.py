"""How two texts compare, on their real shingles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from pipeline.match.fingerprint import shingles_of
from pipeline.match.first_seen import Flags, Weights
from pipeline.model import Member
from pipeline.text.shingles import Hashes


@dataclass(frozen=True, slots=True)
class Document:
    """A text ready for comparison: sorted distinct shingles, what each weighs by its first_seen, and their sum."""

    hashes: Hashes
    weights: Weights
    total: float


class Comparison(NamedTuple):
    """Shares in 0..1: ``containment`` and ``fresh`` over the smaller text, ``of_first`` and ``of_second`` over each."""

    jaccard: float
    containment: float
    fresh: float
    of_first: float
    of_second: float
    shared: int


NOTHING = Comparison(0.0, 0.0, 0.0, 0.0, 0.0, 0)


def within(hashes: Hashes, known: Hashes) -> Flags:
    """Which of ``hashes`` are in ``known``, which is sorted."""
    if not len(known):
        return np.zeros(len(hashes), dtype=bool)
    found: Flags = known.take(known.searchsorted(hashes), mode="clip") == hashes
    return found


class Shared(NamedTuple):
    """Which of a text's shingles another has, by the text's own order, and how many."""

    places: Flags
    number: int


class Overlap:
    """Which of one text's shingles other texts have; each is looked up once, whoever asks."""

    def __init__(self, hashes: Hashes) -> None:
        self.hashes = hashes
        self._found: dict[int, Shared] = {}

    def with_member(self, member: Member, hashes: Hashes | None = None) -> Shared:
        """Which of them a story's member has. ``hashes``: its shingles, where they are at hand."""
        found = self._found.get(member.article_id)
        if found is None:
            places = within(self.hashes, shingles_of(member.fingerprint) if hashes is None else hashes)
            found = self._found[member.article_id] = Shared(places, int(np.count_nonzero(places)))
        return found


def compare(first: Document, second: Document) -> Comparison:
    """Containment and Jaccard of the shingles, and containment by the weight of first_seen. Symmetric but for names."""
    both = within(first.hashes, second.hashes)
    shared = int(np.count_nonzero(both))
    weight = float(first.weights[both].sum())
    return comparison(shared, weight, (len(first.hashes), len(second.hashes)), (first.total, second.total))


def comparison(shared: int, weight: float, sizes: tuple[int, int], totals: tuple[float, float]) -> Comparison:
    """Of two texts of so many shingles and such weights in all, by how many they share and what those weigh."""
    if not shared:
        return NOTHING
    first, second = sizes
    least = min(totals)
    fresh = min(weight / least, 1.0) if least else 0.0
    return Comparison(
        shared / (first + second - shared), shared / min(sizes), fresh, shared / first, shared / second, shared
    )
