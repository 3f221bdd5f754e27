"""Whether two paragraphs are one, spelt or punctuated otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from pipeline.text.normalize import fold
from pipeline.text.shingles import tokens

SAME_WORDS = 0.8


@lru_cache(maxsize=16_384)  # a story's copies are laid beside each other again for each that joins it
def same_paragraph(one: str, other: str) -> bool:
    """Whether the Dice coefficient of two paragraphs' words, each counted once, is at least .8."""
    first, second = words_of(one), words_of(other)
    total = len(first) + len(second)
    # Texts of very different lengths need no counting.
    if not total or 2 * min(len(first), len(second)) < SAME_WORDS * total:
        return False
    return 2 * len(first & second) >= SAME_WORDS * total


@lru_cache(maxsize=8192)
def words_of(text: str) -> frozenset[str]:
    """The paragraph's words, each once."""
    return frozenset(tokens(text))


def additions(copied: Sequence[str], body: Sequence[str]) -> tuple[str, ...]:
    """The paragraphs of a copy that the canonical text ``body`` does not have."""
    known = {fold(text) for text in body}
    return tuple(
        text for text in copied if fold(text) not in known and not any(same_paragraph(text, other) for other in body)
    )
