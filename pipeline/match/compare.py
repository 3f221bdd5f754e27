"""How two texts compare, on their real shingles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.match.novelty import Weights
from pipeline.text.shingles import Hashes


@dataclass(frozen=True, slots=True)
class Document:
    """A text ready for comparison: sorted distinct shingles, what each weighs by its novelty, and their sum.

    Of the second text of a comparison the sum alone is read: a shingle weighs the same in every text.
    """

    hashes: Hashes
    weights: Weights
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


def compare(first: Document, second: Document) -> Comparison:
    """Containment and Jaccard of the shingles, and containment by the weight of novelty. Symmetric but for names."""
    if not len(first.hashes) or not len(second.hashes):
        return NOTHING
    common, mine, _ = np.intersect1d(first.hashes, second.hashes, assume_unique=True, return_indices=True)
    if not len(common):
        return NOTHING
    sizes = len(first.hashes), len(second.hashes)
    weight = float(first.weights[mine].sum())
    least = min(first.total, second.total)
    return Comparison(
        jaccard=len(common) / (sum(sizes) - len(common)),
        containment=len(common) / min(sizes),
        fresh=min(weight / least, 1.0) if least else 0.0,
        of_first=len(common) / sizes[0],
        of_second=len(common) / sizes[1],
        shared=len(common),
    )
