"""Fingerprints: a text's shingles, and the keys by which candidates are found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pipeline.match.sentences import token_hashes
from pipeline.model import Fingerprint
from pipeline.text.shingles import TOKEN_BYTES, Hashes, distinct, hashed, running_hashes, tokens
from pipeline.text.signatures import candidate_keys

# The recipe of shingles and their stored form. Fingerprints of another one are not comparable: a migration makes them
# anew.
RECIPE_VERSION = 7


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
        for hashes, keys, text in zip(shingles, candidate_keys(shingles), texts, strict=True)
    ]


def restore_bands(fingerprint: Fingerprint) -> Fingerprint:
    """Return the fingerprint with its candidate keys, which follow from its shingles and are not stored with it."""
    [keys] = candidate_keys([shingles_of(fingerprint)])
    return replace(fingerprint, bands=keys)


def shingles_of(fingerprint: Fingerprint) -> Hashes:
    """Return the stored shingles as a sorted array."""
    return np.frombuffer(fingerprint.shingles, dtype="<u8").astype(np.uint64, copy=False)


def _to_bytes(words: Hashes) -> bytes:
    return words.astype("<u8", copy=False).tobytes()
