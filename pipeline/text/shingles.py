"""Tokens of every script, and the shingles that matching compares."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import regex
import xxhash

from pipeline.text.normalize import OTHER_SCRIPTS, with_plain_marks
from pipeline.text.spelling import fold

WIDTH = 4
TOKEN_BYTES = 8
# Scripts written without spaces give a token a character; elsewhere a token is a run of letters, marks and digits
# (``\w`` would break Hindi words at their vowel signs).
UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}"
TOKEN = regex.compile(rf"(?V1)[{UNSPACED}]\p{{M}}*|[[\p{{L}}\p{{M}}\p{{N}}]--[{UNSPACED}]]+")
# Other scripts apart, the standard library's letters and digits are the same tokens, found in a seventh of the time.
SPACED = re.compile(r"[^\W_]+")
# Of plain English by a table, in a third of that time: letters in one case, blanks for all that parts them.
ASCII = "".join(chr(code).lower() if chr(code).isalnum() else " " for code in range(128)).encode() + b" " * 128
# Odd, and nothing else is asked of them: the first four primes of XXH64.
FACTORS = np.array([0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63], dtype=np.uint64)
Hashes = np.ndarray[tuple[int], np.dtype[np.uint64]]


def tokens(text: str) -> list[str]:
    """The text's tokens, folded as they are compared (:func:`pipeline.text.spelling.fold`)."""
    plain = fold(with_plain_marks(text))
    if plain.isascii():
        return plain.encode().translate(ASCII).decode().split()
    words: list[str] = (TOKEN if OTHER_SCRIPTS.search(plain) else SPACED).findall(plain)
    return words


def hashed(words: Iterable[str]) -> bytes:
    """Each token's xxh64, eight bytes a token."""
    return b"".join(map(xxhash.xxh64_digest, words))


def running_hashes(tokens_hashed: bytes) -> Hashes:
    """A 64-bit hash of the run of four tokens (:func:`hashed`) that begins at each place, in the order of the text; a
    run said twice stands there twice, and a text of fewer tokens is one run.

    Tokens are hashed, not runs: those of a sentence are kept with it, and runs follow from them by arithmetic, a
    multilinear hash (Lemire and Kaser, "Strongly universal string hashing is fast", 2014).
    """
    values = np.frombuffer(tokens_hashed, dtype=">u8").astype(np.uint64)
    if 0 < len(values) < WIDTH:
        values = np.concatenate([values, np.zeros(WIDTH - len(values), dtype=np.uint64)])
    number = max(len(values) - WIDTH + 1, 0)
    runs = values[:number] * FACTORS[0]
    for place in range(1, WIDTH):
        runs += values[place : place + number] * FACTORS[place]
    return scattered(runs)


def scattered(sums: Hashes) -> Hashes:
    """Sums of products so that each bit depends on all: whoever reads some of the bits sees a chance number."""
    folded = (sums ^ (sums >> np.uint64(32))) * FACTORS[0]
    hashes: Hashes = folded ^ (folded >> np.uint64(29))
    return hashes


def distinct(values: Hashes) -> Hashes:
    """Sorted, each once."""
    ordered = np.sort(values)
    first = np.ones(len(ordered), dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return ordered[first]
