"""How two texts compare, on their real shingles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.match.novelty import Weights
from pipeline.text.shingles import Hashes


@dataclass(frozen=True, slots=True)
class Document:
    """A text ready for comparison: sorted distinct shingles, and what each weighs by its novelty."""

    hashes: Hashes
    weights: Weights


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
    common, mine, theirs = np.intersect1d(first.hashes, second.hashes, assume_unique=True, return_indices=True)
    if not len(common):
        return NOTHING
    sizes = len(first.hashes), len(second.hashes)
    # A shingle weighs the same on both sides of one comparison: the older document's sighting made it stale for both.
    weight = float(np.maximum(first.weights[mine], second.weights[theirs]).sum())
    least = min(float(first.weights.sum()), float(second.weights.sum()))
    return Comparison(
        jaccard=len(common) / (sum(sizes) - len(common)),
        containment=len(common) / min(sizes),
        fresh=min(weight / least, 1.0) if least else 0.0,
        of_first=len(common) / sizes[0],
        of_second=len(common) / sizes[1],
        shared=len(common),
    )
