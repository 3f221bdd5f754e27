"""How two texts compare, on their real shingles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.match.novelty import Flags, Weights
from pipeline.text.shingles import Hashes


@dataclass(frozen=True, slots=True)
class Document:
    """A text ready for comparison: sorted distinct shingles, what each weighs by its novelty (None where all are fresh
    and weigh 1), and their sum.

    Of the second text of a comparison the sum alone is read: a shingle weighs the same in every text.
    """

    hashes: Hashes
    weights: Weights | None
    total: float


@dataclass(frozen=True, slots=True)
class Comparison:
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
    found: Flags = known[np.searchsorted(known, hashes).clip(max=len(known) - 1)] == hashes
    return found


def compare(first: Document, second: Document) -> Comparison:
    """Containment and Jaccard of the shingles, and containment by the weight of novelty. Symmetric but for names."""
    if not len(first.hashes) or not len(second.hashes):
        return NOTHING
    both = within(first.hashes, second.hashes)
    shared = int(np.count_nonzero(both))
    if not shared:
        return NOTHING
    sizes = len(first.hashes), len(second.hashes)
    weight = float(shared) if first.weights is None else float(first.weights[both].sum())
    least = min(first.total, second.total)
    return Comparison(
        jaccard=shared / (sum(sizes) - shared),
        containment=shared / min(sizes),
        fresh=min(weight / least, 1.0) if least else 0.0,
        of_first=shared / sizes[0],
        of_second=shared / sizes[1],
        shared=shared,
    )
