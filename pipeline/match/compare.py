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
    looked up once, the candidates all together."""

    def __init__(self, hashes: Hashes) -> None:
        self.hashes = hashes
        self._by_article: dict[int, Shared] = {}

    def look_up(self, texts: Mapping[int, tuple[Hashes, LowBits]]) -> None:
        """Look up what the text shares with each of these, by article: shingles and their low bits, by which most of
        them are seen to be no shingle of this text."""
        texts = {article_id: text for article_id, text in texts.items() if len(text[0])}
        if not texts or not len(self.hashes):
            return
        table = np.zeros(1 << LOW_BITS, dtype=bool)
        table[self.hashes.astype(np.uint16)] = True
        near = table.take(np.concatenate([low_bits for _, low_bits in texts.values()])).nonzero()[0]
        hashes = np.concatenate([text_hashes for text_hashes, _ in texts.values()]).take(near)
        places = self.hashes.searchsorted(hashes)
        shared = (self.hashes.take(places, mode="clip") == hashes).nonzero()[0]
        ends = np.cumsum([len(text_hashes) for text_hashes, _ in texts.values()])
        owners = ends.searchsorted(near.take(shared), side="right")
        flags = np.zeros((len(texts), len(self.hashes)), dtype=bool)
        flags[owners, places.take(shared)] = True
        numbers = np.bincount(owners, minlength=len(texts)).tolist()
        self._by_article |= {
            article_id: Shared(*row) for article_id, row in zip(texts, zip(flags, numbers, strict=True), strict=True)
        }

    def with_article(self, article_id: int) -> Shared | None:
        """Return what the text shares with an article that was looked up; None for any other."""
        return self._by_article.get(article_id)

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
