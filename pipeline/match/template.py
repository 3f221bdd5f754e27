"""Telling another bulletin of the same template from another copy of the same text.

Sentences of the two are aligned by the words they share. A copy's sentences are the same but for spelling; an
update changes some numbers; another bulletin puts other names and other numbers into nearly every sentence.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import regex

from pipeline.text.shingles import tokens

SENTENCE = re.compile(r"(?<=[.!?。।؟！？])[\"”’»)]*\s+|(?<=[。！？])|\n+")
DIGIT = re.compile(r"\d")
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


@dataclass(frozen=True, slots=True)
class Sentences:
    """A text's first sentences, and where each is found: by all its words, or by one of its frame."""

    each: tuple[Sentence, ...]
    same: Mapping[tuple[frozenset[str], frozenset[str]], Sentence]
    holders: Mapping[str, Sequence[int]]


def sentences(paragraphs: Sequence[str]) -> Sentences:
    """The first sentences of a text, ready to be aligned."""
    texts = (text for paragraph in paragraphs for text in SENTENCE.split(paragraph) if text and text.strip())
    each = tuple(_sentence(text) for _, text in zip(range(MOST), texts, strict=False))
    holders: dict[str, list[int]] = {}
    for n, sentence in enumerate(each):
        for word in sentence.frame:
            holders.setdefault(word, []).append(n)
    return Sentences(each, {(one.words, one.frame): one for one in reversed(each)}, holders)


def _sentence(text: str) -> Sentence:
    words = frozenset(tokens(text))
    names = frozenset(tokens(" ".join(NAME.findall(text))))
    digits = frozenset(word for word in words if DIGIT.search(word))
    return Sentence(words, words - names - digits, frozenset(NUMBER.findall(text)), names)


def align(first: Sentences, second: Sentences) -> Alignment:
    """Each sentence of the shorter text with the one of the longer that shares most of its words."""
    short, long = sorted((first, second), key=lambda text: len(text.each))
    facts = differ = numbers = aligned = 0
    lead = False
    for position, sentence in enumerate(short.each):
        best = _nearest(sentence, long)
        if best is None:
            continue
        aligned += 1
        other_numbers, other_names = _numbers_differ(sentence, best), _names_differ(sentence, best)
        facts += bool(sentence.numbers or sentence.names) and bool(best.numbers or best.names)
        differ += other_numbers or other_names
        numbers += other_numbers
        lead = lead or (other_numbers and position == 0)
    return Alignment(aligned, facts, differ, numbers, lead)


def _nearest(sentence: Sentence, text: Sentences) -> Sentence | None:
    """The likest sentence of the text, or None. Most are the same word for word, and the rest are found by the words
    they share: comparing each with each took three quarters of all placing."""
    if same := text.same.get((sentence.words, sentence.frame)):
        return same
    shared = Counter(chain.from_iterable(text.holders.get(word, ()) for word in sentence.frame))
    likeness = {n: _likeness(sentence, text.each[n], shared[n]) for n in sorted(shared)}
    found = [n for n, share in likeness.items() if share >= ALIGNED]
    best = max(found, key=lambda n: (likeness[n], len(sentence.words & text.each[n].words)), default=None)
    return None if best is None else text.each[best]


def _likeness(one: Sentence, other: Sentence, shared: int) -> float:
    """Shared words over all words, of the frames where names and numbers are left out. Of two words all must be."""
    union = len(one.frame) + len(other.frame) - shared
    return shared / union if union > 2 else float(one.words == other.words)


def _numbers_differ(one: Sentence, other: Sentence) -> bool:
    return bool(one.numbers - other.numbers) and bool(other.numbers - one.numbers)


def _names_differ(one: Sentence, other: Sentence) -> bool:
    return bool(one.names - other.words) and bool(other.names - one.words)
