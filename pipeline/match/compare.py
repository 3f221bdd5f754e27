"""Comparison of two texts by their shingles: Jaccard, containment, and containment by weight."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from pipeline.match.fingerprint import shingles_of
from pipeline.match.first_seen import Flags, Weights
from pipeline.model import Member
from pipeline.text.shingles import Hashes


@dataclass(frozen=True, slots=True)
class WeightedText:
    """A text's distinct shingles, sorted, the weight of each, and the sum of the weights."""

    hashes: Hashes
    weights: Weights
    total: float


class Comparison(NamedTuple):
    """How two texts compare; shares in 0..1.

    ``containment`` is the share of the smaller text's shingles that the other has, ``fresh`` the same by weight, and
    ``of_heavier`` the share of the text that weighs more; ``of_first`` and ``of_second`` are the shares of each text;
    ``shared`` counts shingles.
    """

    jaccard: float
    containment: float
    fresh: float
    of_heavier: float
    of_first: float
    of_second: float
    shared: int


# Low bits of a shingle by which texts are screened: two texts of 300 shingles have one in common by chance.
LOW_BITS = 16
LowBits = np.ndarray[Any, np.dtype[np.uint16]]
NOTHING_SHARED = Comparison(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0)


def contained(hashes: Hashes, sorted_hashes: Hashes) -> Flags:
    """Return for each of ``hashes`` whether it is in ``sorted_hashes``."""
    if not len(sorted_hashes):
        return np.zeros(len(hashes), dtype=bool)
    flags: Flags = sorted_hashes.take(sorted_hashes.searchsorted(hashes), mode="clip") == hashes
    return flags


class Shared(NamedTuple):
    """Which of a text's shingles another text has, in the text's own order, and how many."""

    flags: Flags
    number: int


class Overlap:
    """The shingles that one text shares with others. Assignment, links and merges ask for the same pairs: each is
    looked up once, and most not at all: the low bits alone show that they share too little."""

    def __init__(self, hashes: Hashes) -> None:
        self.hashes = hashes
        self._by_article: dict[int, Shared] = {}
        self._at_most: dict[int, int] = {}

    def screen(self, low_bits: Mapping[int, LowBits]) -> None:
        """Count for each of these texts, by article, how many of its shingles have the low bits of one of this text's:
        it shares so many at most."""
        texts = {article_id: bits for article_id, bits in low_bits.items() if len(bits)}
        if not texts:
            return
        table = np.zeros(1 << LOW_BITS, dtype=np.uint8)
        table[self.hashes.astype(np.uint16)] = 1
        starts = np.cumsum([0, *map(len, texts.values())])[:-1]
        counts = np.add.reduceat(table.take(np.concatenate(list(texts.values()))), starts, dtype=np.int64)
        self._at_most.update(zip(texts, counts.tolist(), strict=True))

    def at_most(self, article_id: int) -> int:
        """Return how many shingles the text shares with a screened one at most; with any other, with luck all."""
        return self._at_most.get(article_id, len(self.hashes))

    def with_member(self, member: Member, hashes: Hashes | None = None) -> Shared:
        """Return what the text shares with a story's member; ``hashes``: the member's shingles, if at hand."""
        shared = self._by_article.get(member.article_id)
        if shared is None:
            flags = contained(self.hashes, shingles_of(member.fingerprint) if hashes is None else hashes)
            shared = self._by_article[member.article_id] = Shared(flags, int(np.count_nonzero(flags)))
        return shared


def compare(first: WeightedText, second: WeightedText) -> Comparison:
    """Return the comparison of two texts; symmetric but for names."""
    flags = contained(first.hashes, second.hashes)
    weight = float(first.weights[flags].sum())
    sizes, totals = (len(first.hashes), len(second.hashes)), (first.total, second.total)
    return comparison(int(np.count_nonzero(flags)), weight, sizes, totals)


def comparison(shared: int, weight: float, sizes: tuple[int, int], totals: tuple[float, float]) -> Comparison:
    """Return the comparison of two texts by the number and weight of their shared shingles.

    ``sizes`` and ``totals``: number and weight of all shingles of each text.
    """
    if not shared:
        return NOTHING_SHARED
    first, second = sizes
    lighter, heavier = min(totals), max(totals)
    return Comparison(
        jaccard=shared / (first + second - shared),
        containment=shared / min(sizes),
        fresh=min(weight / lighter, 1.0) if lighter else 0.0,
        of_heavier=min(weight / heavier, 1.0) if heavier else 0.0,
        of_first=shared / first,
        of_second=shared / second,
        shared=shared,
    )
