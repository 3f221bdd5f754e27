"""What matching keeps of a text: its shingles, and the keys that find candidates. The one import of datasketch."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from pipeline.match.sentences import token_hashes
from pipeline.model import Fingerprint
from pipeline.text.shingles import (
    FACTORS,
    TOKEN_BYTES,
    WIDTH,
    Hashes,
    distinct,
    hashed,
    running_hashes,
    scattered,
    tokens,
)

if TYPE_CHECKING:
    from datasketch import MinHash

# The recipe: datasketch's affine32 MinHash, 64 permutations, seed 1, over the low 32 bits of each shingle; 8 bands of
# 8 rows, which find full copies. Briefs and cut copies share a tenth of a full text's shingles: for them a fractional
# sketch (FracMinHash, Irber et al., 2022), the shingles whose hash is in the lowest fifth. Some 88 keys for 400 words.
# Of an eighth, 60 keys, candidate recall was .987 to .995 on generated corpora, of a sixth .995 to 1.000, now .996 to
# 1.000. What is made by another recipe is not comparable, and a migration makes it anew.
RECIPE_VERSION = 6
PERMUTATIONS = 64
ROWS = 8
BANDS = PERMUTATIONS // ROWS
OF_ROW = np.cumprod(np.full(ROWS, FACTORS[0]))
OF_BAND = np.arange(BANDS, dtype=np.uint64) * FACTORS[1]
SKETCH_END = np.uint64(2**64 // 5)
# A text of few shingles keeps them all: a fifth of them could be none.
KEPT_WHOLE = 32
LOW = np.uint64(0xFFFFFFFF)
Lows = np.ndarray[Any, np.dtype[np.uint32]]


def fingerprint_many(texts: Sequence[str]) -> list[Fingerprint]:
    """Fingerprints of many texts at once; a text without a token has no shingles and no bands."""
    return _fingerprints([hashed(tokens(text)) for text in texts])


def fingerprint_bodies(bodies: Sequence[Sequence[str]]) -> list[Fingerprint]:
    """The same of texts in paragraphs; sentences that were read before are not read again."""
    return _fingerprints([token_hashes(body) for body in bodies])


def _fingerprints(texts: Sequence[bytes]) -> list[Fingerprint]:
    hashes = _shingles(texts)
    return [
        Fingerprint(RECIPE_VERSION, _raw(each), keys, len(text) // TOKEN_BYTES)
        for each, keys, text in zip(hashes, _keys(hashes), texts, strict=True)
    ]


def _shingles(texts: Sequence[bytes]) -> list[Hashes]:
    """Of texts as :func:`hashed` has them, all at once: runs that begin in one and end in the next are cut away."""
    every, start, found = running_hashes(b"".join(texts)), 0, []
    for text in texts:
        number = len(text) // TOKEN_BYTES
        runs = running_hashes(text) if number < WIDTH else every[start : start + number - WIDTH + 1]
        found.append(distinct(runs))
        start += number
    return found


def restore_bands(made: Fingerprint) -> Fingerprint:
    """A fingerprint whose bands were not kept: they follow from its shingles."""
    [keys] = _keys([shingles_of(made)])
    return replace(made, bands=keys)


def _min_hash() -> type[MinHash]:
    """datasketch's MinHash, without what its package imports besides.

    ``import datasketch`` brings scipy's integration for the optimiser of band parameters, which are fixed here: 1.5 s
    at each start, against 0.1 s for the module alone. The package is put out of the way again, so that who wants all
    of it still gets it.
    """
    if "datasketch" in sys.modules:
        return cast("type[MinHash]", importlib.import_module("datasketch.minhash").MinHash)
    found = importlib.util.find_spec("datasketch")
    package = ModuleType("datasketch")
    package.__path__ = list(found.submodule_search_locations or ()) if found else []
    sys.modules["datasketch"] = package
    try:
        return cast("type[MinHash]", importlib.import_module("datasketch.minhash").MinHash)
    finally:
        del sys.modules["datasketch"]


def shingles_of(print_: Fingerprint) -> Hashes:
    """The stored shingles as a sorted array."""
    return np.frombuffer(print_.shingles, dtype="<u8").astype(np.uint64, copy=False)


def _keys(hashes: Sequence[Hashes]) -> list[bytes]:
    """The keys of texts with these shingles, as a fingerprint has them."""
    told = [each for each in hashes if len(each)]
    bands = iter(band_keys(_signatures(told)) if told else ())
    return [_raw(next(bands)) + _raw(sketch_keys(each)) if len(each) else b"" for each in hashes]


def _raw(words: Hashes) -> bytes:
    return words.astype("<u8", copy=False).tobytes()


@cache
def _permutations() -> tuple[Lows, Lows]:
    factors, offsets = _min_hash()(num_perm=PERMUTATIONS, seed=1, scheme="affine32").permutations
    return factors, offsets


def _signatures(hashes: Sequence[Hashes]) -> Lows:
    """A row a text: the values of datasketch's MinHash over the low halves of its shingles, of which it has some.

    In an eighth of its time: shingles are hashes already, and a permutation at a time goes over all texts.
    """
    mixed = _mixed((np.concatenate(hashes) & LOW).astype(np.uint32))
    starts = np.cumsum([0, *(len(each) for each in hashes[:-1])])
    least = [
        np.minimum.reduceat(mixed * factor + offset, starts) for factor, offset in zip(*_permutations(), strict=True)
    ]
    return np.array(least).T


def _mixed(low: Lows) -> Lows:
    """MurmurHash3's finaliser, which the scheme begins with."""
    low = (low ^ (low >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    low = (low ^ (low >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return low ^ (low >> np.uint32(16))


def sketch_keys(hashes: Hashes) -> Hashes:
    """The kept fraction of the shingles, those with the least hashes."""
    kept = len(hashes) if len(hashes) <= KEPT_WHOLE else int(hashes.searchsorted(SKETCH_END))
    return hashes[:kept]


def band_keys(signatures: Lows) -> list[Hashes]:
    """Of each text a 64-bit key a band: a hash of the band's values and its number, so that keys of two
    bands never meet."""
    bands = signatures.reshape(len(signatures), BANDS, ROWS).astype(np.uint64)
    return list(scattered(bands @ OF_ROW + OF_BAND))
