"""Signatures: the MinHash values of a text's shingles, and the keys made of them by which candidates are found."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from pipeline.text.shingles import Hashes

# Candidates: datasketch's MinHash over the low 32 bits of each shingle, each permutation a band of one row, so that two
# texts meet where any of their minima is the same. More rows a band lose copies that are cut or edited (decision 19).
SCHEME = "affine32"
PERMUTATIONS = 96
SEED = 1
# What the stored keys were made by; those of another recipe never meet these, and are made anew while placing goes on.
KEYS_RECIPE = f"{SCHEME}, seed {SEED}, {PERMUTATIONS} bands of 1"
# A key is a minimum, 32 bits, and above it the number of its band.
BAND_NUMBERS = np.arange(PERMUTATIONS, dtype=np.uint64) << np.uint64(32)
LOW_32_BITS = np.uint64(0xFFFFFFFF)
Values32 = np.ndarray[Any, np.dtype[np.uint32]]


def candidate_keys(shingles: Sequence[Hashes]) -> list[bytes]:
    """Return the keys of texts with these shingles, eight bytes a key; a text without a shingle has none."""
    nonempty = [hashes for hashes in shingles if len(hashes)]
    keys = iter(signatures(nonempty).astype(np.uint64) | BAND_NUMBERS if nonempty else ())
    return [next(keys).astype("<u8", copy=False).tobytes() if len(hashes) else b"" for hashes in shingles]


@cache
def _permutations() -> tuple[Values32, Values32]:
    """Return factors and offsets of the affine permutations, drawn as datasketch's affine32 scheme draws them.

    A test holds the signatures equal to those of ``datasketch.MinHash.bulk``. Its package is not imported: it brings in
    scipy for the choice of band parameters, which are fixed here, and costs 1.5 s at each start.
    """
    chance = np.random.RandomState(SEED)
    factors = chance.randint(0, 1 << 31, PERMUTATIONS, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    return factors, chance.randint(0, 1 << 32, PERMUTATIONS, dtype=np.uint32)


def signatures(shingles: Sequence[Hashes]) -> Values32:
    """Return the MinHash values of texts with at least one shingle each: a row a text, a column a permutation.

    Shingles are hashes already, and each permutation goes over all texts at once: an eighth of datasketch's time.
    """
    values = _mix((np.concatenate(shingles) & LOW_32_BITS).astype(np.uint32))
    starts = np.cumsum([0, *(len(hashes) for hashes in shingles[:-1])])
    minima = [
        np.minimum.reduceat(values * factor + offset, starts) for factor, offset in zip(*_permutations(), strict=True)
    ]
    return np.array(minima).T


def _mix(values: Values32) -> Values32:
    """Return MurmurHash3's finaliser of the values, with which the affine32 scheme begins."""
    values = (values ^ (values >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    values = (values ^ (values >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return values ^ (values >> np.uint32(16))
