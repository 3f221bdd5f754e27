"""Telling another bulletin of the same template from another copy of the same text.

Sentences of the two are aligned by the words they share. A copy's sentences are the same but for spelling; an
update changes some numbers; another bulletin puts other names and other numbers into nearly every sentence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import regex

from pipeline.text.shingles import tokens

SENTENCE = re.compile(r"(?<=[.!?。।؟！？])[\"”’»)]*\s+|(?<=[。！？])|\n+")
NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
# Scripts without letter case show no names; there the numbers alone must tell.
NAME = regex.compile(r"(?<![.!?。]\s)(?<!^)\b\p{Lu}[\w'’-]+")
ALIGNED = 0.45
MOST = 40
# A sentence without a name or a number is formula or opinion: it tells nothing of which bulletin this is.
FACTS_LEAST = 2
FACTS_DIFFER = 0.65


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence's words with digits and names taken out, and those apart."""

    words: frozenset[str]
    frame: frozenset[str]
    numbers: frozenset[str]
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Alignment:
    """Of the aligned sentences: how many state facts (numbers or names), and how many of those state others;
    ``numbers`` differ in so many, and ``lead`` says whether they do in the first one."""

    aligned: int
    facts: int
    differ: int
    numbers: int
    lead: bool

    @property
    def other_bulletin(self) -> bool:
        """Whether what is shared is a template, filled in otherwise."""
        return self.facts >= FACTS_LEAST and self.differ / self.facts >= FACTS_DIFFER

    @property
    def changed_numbers(self) -> bool:
        """Whether one is a later state of the other: numbers changed in the lead or in several sentences."""
        return self.numbers >= 2 or (self.lead and self.numbers >= 1)


def sentences(paragraphs: Sequence[str]) -> tuple[Sentence, ...]:
    """The first sentences of a text, ready to be aligned."""
    texts = (text for paragraph in paragraphs for text in SENTENCE.split(paragraph) if text and text.strip())
    return tuple(_sentence(text) for _, text in zip(range(MOST), texts, strict=False))


def _sentence(text: str) -> Sentence:
    words = frozenset(tokens(text))
    numbers = frozenset(NUMBER.findall(text))
    names = frozenset(token for name in NAME.findall(text) for token in tokens(name))
    digits = frozenset(word for word in words if any(char.isdigit() for char in word))
    return Sentence(words, words - names - digits, numbers, names)


def align(first: Sequence[Sentence], second: Sequence[Sentence]) -> Alignment:
    """Each sentence of the shorter text with the one of the longer that shares most of its words."""
    short, long = sorted((first, second), key=len)
    facts = differ = numbers = aligned = 0
    lead = False
    for position, sentence in enumerate(short):
        best = max(
            long, key=lambda other: (_likeness(sentence, other), len(sentence.words & other.words)), default=None
        )
        if best is None or _likeness(sentence, best) < ALIGNED:
            continue
        aligned += 1
        other_numbers, other_names = _numbers_differ(sentence, best), _names_differ(sentence, best)
        facts += bool(sentence.numbers or sentence.names) and bool(best.numbers or best.names)
        differ += other_numbers or other_names
        numbers += other_numbers
        lead = lead or (other_numbers and position == 0)
    return Alignment(aligned, facts, differ, numbers, lead)


def _likeness(one: Sentence, other: Sentence) -> float:
    """Shared words over all words, of the frames where names and numbers are left out."""
    union = len(one.frame | other.frame)
    return len(one.frame & other.frame) / union if union > 2 else float(one.words == other.words)


def _numbers_differ(one: Sentence, other: Sentence) -> bool:
    return bool(one.numbers - other.numbers) and bool(other.numbers - one.numbers)


def _names_differ(one: Sentence, other: Sentence) -> bool:
    return bool(one.names - other.words) and bool(other.names - one.words)
