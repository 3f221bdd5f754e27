"""What a line's own words show of it: length, ends, letters, what the page repeats and what it declares elsewhere."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from pipeline.extract.lines import Line
from pipeline.extract.reader.ancestors import Floats
from pipeline.text.normalize import reading_length

TOKEN = re.compile(r"\w+")
DIGITS = re.compile(r"\d+")
SENTENCE_STOPS, DOTS, CLOSING_MARKS = ".!?。।؟！？", ("...", "…"), '"”’»)]」』'
DATE = re.compile(r"\b\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\b|\b\d{1,2}:\d{2}\b|\b(?:19|20)\d\d\b|\d年")
ENDS = (*SENTENCE_STOPS, "…")
LAST_DOTS = re.compile(r"(?:\.\.\.|…)\W*$")
ASCII_DIGITS, ASCII_CAPITALS = b"0123456789", bytes(range(ord("A"), ord("Z") + 1))
# What is counted in a line's characters is counted in so many of them.
SAMPLE = 200
# A description that opens with a line's first characters tells the line.
OPENING = 40
Trigram = tuple[str, str, str]
TEXT_FIGURES = (
    "characters", "words", "ends_sentence", "ends_colon", "first_upper", "first_lower", "first_digit", "first_mark",
    "digits", "capitals", "sentences", "commas", "has_bar", "has_copyright", "dates", "ends_dots", "same", "same_masked",
    "declared_body", "described", "is_description",
)  # fmt: skip


def text_figures(lines: Sequence[Line], declared_body: str, descriptions: Sequence[str]) -> Floats:
    """Return the :data:`TEXT_FIGURES` of each line. ``declared_body`` is the text that the page's JSON-LD gives."""
    texts = [line.text for line in lines]
    same = Counter(texts)
    masked_texts = [DIGITS.sub("0", text) for text in texts]
    masked = Counter(masked_texts)
    body_grams = _trigrams(TOKEN.findall(declared_body)) if declared_body else None
    description_grams = _trigrams(TOKEN.findall("\n".join(descriptions))) if descriptions else None
    rows = []
    for text, mask in zip(texts, masked_texts, strict=True):
        words = TOKEN.findall(text)
        grams = _trigrams(words)
        rows.append(
            (
                *_shape(text),
                same[text],
                masked[mask],
                _share(grams, body_grams),
                _share(grams, description_grams),
                _is_description(text, descriptions),
            )
        )
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(TEXT_FIGURES))


@lru_cache(maxsize=4096)  # a page's menus say the same several times, and an outlet's pages again
def _shape(text: str) -> tuple[float, ...]:
    sample, first, words = text[:SAMPLE], text[:1], len(TOKEN.findall(text))
    digits, capitals = _digits_and_capitals(sample)
    return (
        reading_length(text),
        words,
        text.rstrip(CLOSING_MARKS).endswith(ENDS),
        text[-1:] in ":：",
        first.isupper(),
        first.islower(),
        first.isdigit(),
        not first.isalnum(),
        digits / len(sample),
        capitals / len(sample),
        sum(map(text.count, SENTENCE_STOPS)),
        (sample.count(",") + sample.count("，") + sample.count("、")) / max(words, 1),
        "|" in text,
        "©" in text,
        len(DATE.findall(sample)) if digits else 0,
        any(dots in text for dots in DOTS) and LAST_DOTS.search(text) is not None,
    )


def _digits_and_capitals(text: str) -> tuple[int, int]:
    if not text.isascii():
        return sum(map(str.isdigit, text)), sum(map(str.isupper, text))
    characters = text.encode()
    digits, capitals = (len(characters.translate(None, kind)) for kind in (ASCII_DIGITS, ASCII_CAPITALS))
    return len(text) - digits, len(text) - capitals


def _trigrams(words: Sequence[str]) -> set[Trigram]:
    return set(zip(words, words[1:], words[2:], strict=False))


def _share(grams: set[Trigram], among: set[Trigram] | None) -> float:
    """Return the share of the grams that are ``among`` others; -1 where the page declares none."""
    if among is None:
        return -1.0
    return len(grams & among) / max(len(grams), 1)


def _is_description(text: str, descriptions: Sequence[str]) -> int:
    """Return 2 where a description is the line, 1 where either opens the other, else 0."""
    if text in descriptions:
        return 2
    opening = text[:OPENING]
    return int(len(opening) == OPENING and any(description.startswith(opening) for description in descriptions))
