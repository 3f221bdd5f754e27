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
import xxhash

from pipeline.match.sentences import tokens_of
from pipeline.model import Fingerprint
from pipeline.text.shingles import Hashes, shingle_hashes, tokens

if TYPE_CHECKING:
    from datasketch import MinHash

# The recipe: datasketch's affine32 MinHash, 64 permutations, seed 1, over the low 32 bits of each shingle; 8 bands of
# 8 rows, which find full copies. Briefs and cut copies share a tenth of a full text's shingles: for them a fractional
# sketch (FracMinHash, Irber et al., 2022), the shingles whose hash is a multiple of 6. Some 75 keys for 400 words. Of
# multiples of 8, 60 keys, candidate recall was .987 to .995 on generated corpora, now .997 to 1.000. Another recipe is
# another version: the shingles are the same, but keys of two recipes meet less often.
RECIPE_VERSION = 5
PERMUTATIONS = 64
ROWS = 8
BANDS = PERMUTATIONS // ROWS
FRACTION = 6
# A text of few shingles keeps them all: a sixth of them could be none.
KEPT_WHOLE = 32
LOW = np.uint64(0xFFFFFFFF)
Lows = np.ndarray[Any, np.dtype[np.uint32]]


def fingerprint_many(texts: Sequence[str]) -> list[Fingerprint]:
    """Fingerprints of many texts at once; a text without a token has no shingles and no bands."""
    return _fingerprints([tokens(text) for text in texts])


def fingerprint_bodies(bodies: Sequence[Sequence[str]]) -> list[Fingerprint]:
    """The same of texts in paragraphs; sentences that were read before are not read again."""
    return _fingerprints([tokens_of(body) for body in bodies])


def _fingerprints(words: Sequence[Sequence[str]]) -> list[Fingerprint]:
    hashes = [shingle_hashes(each) for each in words]
    bands = _bands(hashes)
    return [
        Fingerprint(RECIPE_VERSION, each.astype("<u8", copy=False).tobytes(), keys + sketch_keys(each), len(found))
        for each, keys, found in zip(hashes, bands, words, strict=True)
    ]


def with_bands(made: Fingerprint) -> Fingerprint:
    """A fingerprint whose bands were not kept: they follow from its shingles."""
    hashes = shingles_of(made)
    [keys] = _bands([hashes])
    return replace(made, bands=keys + sketch_keys(hashes))


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


def _bands(hashes: Sequence[Hashes]) -> list[tuple[int, ...]]:
    return [band_keys(_signature(each)) if len(each) else () for each in hashes]


@cache
def _permutations() -> tuple[Lows, Lows]:
    factors, offsets = _min_hash()(num_perm=PERMUTATIONS, seed=1, scheme="affine32").permutations
    return factors[:, None], offsets[:, None]


def _signature(hashes: Hashes) -> Lows:
    """The values of datasketch's MinHash over the low halves of these shingles, in a third of its time: shingles are
    hashes already, and a row a permutation is how the least of each is found soonest."""
    factors, offsets = _permutations()
    mixed = _mixed((hashes & LOW).astype(np.uint32))
    least: Lows = (factors * mixed + offsets).min(axis=1)
    return least


def _mixed(low: Lows) -> Lows:
    """MurmurHash3's finaliser, which the scheme begins with."""
    low = (low ^ (low >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    low = (low ^ (low >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return low ^ (low >> np.uint32(16))


def sketch_keys(hashes: Hashes) -> tuple[int, ...]:
    """The kept fraction of the shingles, as signed 64-bit keys."""
    kept = hashes if len(hashes) <= KEPT_WHOLE else hashes[hashes % np.uint64(FRACTION) == 0]
    return tuple(kept.astype("<u8").view("<i8").tolist())


def band_keys(values: Lows) -> tuple[int, ...]:
    """One signed 64-bit key a band, the band's number mixed in, so that keys of two bands never meet."""
    raw = values.astype("<u8").tobytes()
    width = 8 * ROWS
    digests = [xxhash.xxh64_intdigest(raw[n * width : (n + 1) * width], seed=n + 1) for n in range(BANDS)]
    return tuple(np.array(digests, dtype=np.uint64).view(np.int64).tolist())
