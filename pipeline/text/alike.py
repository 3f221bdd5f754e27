"""Whether two paragraphs are one, spelt or punctuated otherwise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pipeline.text.normalize import fold
from pipeline.text.shingles import tokens

SAME_WORDS = 0.8


def words_of(text: str) -> Counter[str]:
    """The paragraph's words, counted."""
    return Counter(tokens(text))


def same_words(one: Counter[str], other: Counter[str]) -> bool:
    """Whether the Dice coefficient of two paragraphs' words is at least .8."""
    first, second = one.total(), other.total()
    # Texts of very different lengths need no counting.
    if not first + second or 2 * min(first, second) < SAME_WORDS * (first + second):
        return False
    shared = sum([min(count, other[word]) for word, count in one.items() if word in other])
    return 2 * shared / (first + second) >= SAME_WORDS


def additions(copied: Sequence[str], body: Sequence[str]) -> tuple[str, ...]:
    """The paragraphs of a copy that the canonical text ``body`` does not have."""
    known = {fold(text) for text in body}
    words = [words_of(text) for text in body]
    return tuple(
        text
        for text in copied
        if fold(text) not in known and not any(same_words(words_of(text), other) for other in words)
    )
