"""Whether two paragraphs are one, spelt or punctuated otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from pipeline.text.normalize import fold
from pipeline.text.shingles import tokens

SAME_WORDS = 0.8


def same_paragraph(paragraph: str, candidate: str) -> bool:
    """Whether two paragraphs share four fifths of their words (:func:`likeness`)."""
    return likeness(paragraph, candidate) >= SAME_WORDS


def likeness(text: str, reference: str) -> float:
    """The Dice coefficient of two texts' words, each counted once; 0 where there is none."""
    first, second = _words(text), _words(reference)
    total = len(first) + len(second)
    return 2 * len(first & second) / total if total else 0.0


@lru_cache(maxsize=8192)
def _words(text: str) -> frozenset[str]:
    return frozenset(tokens(text))


def additions(copied: Sequence[str], body: Sequence[str]) -> tuple[str, ...]:
    """The paragraphs of a copy that the canonical text ``body`` does not have."""
    canonical_paragraphs = {fold(text) for text in body}
    return tuple(
        text
        for text in copied
        if fold(text) not in canonical_paragraphs and not any(same_paragraph(text, paragraph) for paragraph in body)
    )
