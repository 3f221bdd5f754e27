"""What a line's own words show of it: length, ends, letters, what the page repeats and what it declares elsewhere."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from pipeline.extract.lines import Line
from pipeline.extract.reader.ancestors import Floats
from pipeline.text.normalize import reading_length

TOKEN = re.compile(r"\w+")
DIGITS = re.compile(r"\d+")
SENTENCE_STOPS = re.compile(r"[.!?。।؟！？]")
ENDS = re.compile(r"[.!?。।؟！？…][\"”’»)\]」』]*$")
DATE = re.compile(r"\b\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\b|\b\d{1,2}:\d{2}\b|\b(?:19|20)\d\d\b|\d年")
DOTS = re.compile(r"(?:\.\.\.|…)\W*$")
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
                *_shape(text, words),
                same[text],
                masked[mask],
                _share(grams, body_grams),
                _share(grams, description_grams),
                _is_description(text, descriptions),
            )
        )
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(TEXT_FIGURES))


def _shape(text: str, words: Sequence[str]) -> tuple[float, ...]:
    sample, first = text[:SAMPLE], text[:1]
    return (
        reading_length(text),
        len(words),
        ENDS.search(text) is not None,
        text[-1:] in ":：",
        first.isupper(),
        first.islower(),
        first.isdigit(),
        not first.isalnum(),
        sum(map(str.isdigit, sample)) / len(sample),
        sum(map(str.isupper, sample)) / len(sample),
        len(SENTENCE_STOPS.findall(text)),
        (sample.count(",") + sample.count("，") + sample.count("、")) / max(len(words), 1),
        "|" in text,
        "©" in text,
        len(DATE.findall(sample)),
        DOTS.search(text) is not None,
    )


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
