"""Tokens of every script, and the shingles that matching compares."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import numpy as np
import regex
import xxhash

WIDTH = 4
# Scripts written without spaces give a token a character; elsewhere a token is a run of letters, marks and digits
# (``\w`` would break Hindi words at their vowel signs).
UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}"
TOKEN = regex.compile(rf"(?V1)[{UNSPACED}]\p{{M}}*|[[\p{{L}}\p{{M}}\p{{N}}]--[{UNSPACED}]]+")
Hashes = np.ndarray[tuple[int], np.dtype[np.uint64]]


def tokens(text: str) -> list[str]:
    """The text's tokens in NFKC, case folded; a soft hyphen ends none."""
    plain = text.replace("\u00ad", "")
    found: list[str] = TOKEN.findall(unicodedata.normalize("NFKC", plain).casefold())
    return found


def shingle_hashes(words: Sequence[str]) -> Hashes:
    """Distinct 64-bit hashes (xxh64) of all runs of four tokens, sorted; a shorter text is one shingle."""
    if not words:
        return np.empty(0, dtype=np.uint64)
    last = max(len(words) - WIDTH + 1, 1)
    values = {xxhash.xxh64_intdigest(" ".join(words[n : n + WIDTH])) for n in range(last)}
    return np.fromiter(sorted(values), dtype=np.uint64, count=len(values))
