"""Fingerprints: a text's shingles, and the keys by which candidates are found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from pipeline.match.sentences import token_hashes
from pipeline.model import Fingerprint
from pipeline.text.shingles import FACTORS, TOKEN_BYTES, Hashes, distinct, hashed, running_hashes, scattered, tokens

# The recipe: datasketch's affine32 MinHash, 64 permutations, seed 1, over the low 32 bits of each shingle; 8 bands of
# 8 rows, which find full copies. Briefs and cut copies share a tenth of a full text's shingles: for them a fractional
# sketch (FracMinHash, Irber et al., 2022), the shingles whose hash is in the lowest fifth. Some 88 keys for 400 words.
# Of an eighth, 60 keys, candidate recall was .987 to .995 on generated corpora, of a sixth .995 to 1.000, now .996 to
# 1.000. Fingerprints of another recipe are not comparable: a migration makes them anew.
RECIPE_VERSION = 7
PERMUTATIONS = 64
SEED = 1
ROWS = 8
BANDS = PERMUTATIONS // ROWS
# A band's key is a hash of its eight values and its number.
ROW_FACTORS = np.cumprod(np.full(ROWS, FACTORS[0]))
BAND_OFFSETS = np.arange(BANDS, dtype=np.uint64) * FACTORS[1]
SKETCH_END = np.uint64(2**64 // 5)
# A text of at most so many shingles has them all in its sketch: the lowest fifth could be none.
SKETCHED_WHOLE = 32
LOW_32_BITS = np.uint64(0xFFFFFFFF)
Values32 = np.ndarray[Any, np.dtype[np.uint32]]


def fingerprint_many(texts: Sequence[str]) -> list[Fingerprint]:
    """Return the fingerprints of texts; a text without a token has no shingles and no keys."""
    return _fingerprints([hashed(tokens(text)) for text in texts])


def fingerprint_bodies(bodies: Sequence[Sequence[str]]) -> list[Fingerprint]:
    """Return the fingerprints of texts in paragraphs; sentences that were tokenised before are not tokenised again."""
    return _fingerprints([token_hashes(body) for body in bodies])


def _fingerprints(texts: Sequence[bytes]) -> list[Fingerprint]:
    shingles = [distinct(running_hashes(text)) for text in texts]
    return [
        Fingerprint(RECIPE_VERSION, _to_bytes(hashes), keys, len(text) // TOKEN_BYTES)
        for hashes, keys, text in zip(shingles, _candidate_keys(shingles), texts, strict=True)
    ]


def restore_bands(fingerprint: Fingerprint) -> Fingerprint:
    """Return the fingerprint with its candidate keys, which follow from its shingles and are not stored with it."""
    [keys] = _candidate_keys([shingles_of(fingerprint)])
    return replace(fingerprint, bands=keys)


def shingles_of(fingerprint: Fingerprint) -> Hashes:
    """Return the stored shingles as a sorted array."""
    return np.frombuffer(fingerprint.shingles, dtype="<u8").astype(np.uint64, copy=False)


def _candidate_keys(shingles: Sequence[Hashes]) -> list[bytes]:
    """Return the band and sketch keys of texts with these shingles, eight bytes a key."""
    nonempty = [hashes for hashes in shingles if len(hashes)]
    bands = iter(band_keys(_signatures(nonempty)) if nonempty else ())
    return [_to_bytes(next(bands)) + _to_bytes(sketch_keys(hashes)) if len(hashes) else b"" for hashes in shingles]


def _to_bytes(words: Hashes) -> bytes:
    return words.astype("<u8", copy=False).tobytes()


@cache
def _permutations() -> tuple[Values32, Values32]:
    """Return factors and offsets of the affine permutations, drawn as datasketch's affine32 scheme draws them.

    A test holds the signatures equal to datasketch's. Its package is not imported: it brings in scipy for the choice
    of band parameters, which are fixed here, and costs 1.5 s at each start.
    """
    chance = np.random.RandomState(SEED)
    factors = chance.randint(0, 1 << 31, PERMUTATIONS, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    return factors, chance.randint(0, 1 << 32, PERMUTATIONS, dtype=np.uint32)


def _signatures(shingles: Sequence[Hashes]) -> Values32:
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


def sketch_keys(hashes: Hashes) -> Hashes:
    """Return the fractional sketch of sorted shingles: those with the lowest hashes."""
    count = len(hashes) if len(hashes) <= SKETCHED_WHOLE else int(hashes.searchsorted(SKETCH_END))
    return hashes[:count]


def band_keys(signatures: Values32) -> list[Hashes]:
    """Return for each text a 64-bit key a band. The band's number is hashed too, so that keys of two bands never
    meet."""
    bands = signatures.reshape(len(signatures), BANDS, ROWS).astype(np.uint64)
    return list(scattered(bands @ ROW_FACTORS + BAND_OFFSETS))
