"""A text's sentences, made ready once to be laid beside another text's.

Copies of a story have most sentences letter by letter in common, so each is read once, whichever text it stands in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import chain, islice, repeat

import numpy as np
import regex

from pipeline.text.shingles import Hashes, distinct, hashed, running_hashes, tokens

SENTENCE = re.compile(r"(?<=[.!?。।؟！？])[\"”’»)]*\s+|(?<=[。！？])|\n+")
# The same ends where no line ends, nor one of these: found in a quarter of the time.
ENDS_WITHOUT_BLANK = re.compile(r"[。！？]")
END = re.compile(r"[.!?।؟][\"”’»)]*\s+")
DIGIT = re.compile(r"\d")
# The first figure apart: to it Python's re skips, where a run of them is tried at every letter.
NUMBER = re.compile(r"\d\d*(?:[.,:]\d+)*")
# The same of plain English, in two thirds of that time.
PLAIN_NUMBER = re.compile(r"[0-9][0-9]*(?:[.,:][0-9]+)*")
# Scripts without letter case show no names; there the numbers alone must tell.
NAME = regex.compile(r"(?<![.!?。]\s)(?<!^)\b\p{Lu}[\w'’-]+")
MOST = 60
# Sentences kept ready, some 1 KB each: those of the last two thousand texts, or so.
KEPT = 32_768
# Texts whose sentences are put together once, for their fingerprint and their alignments: those of a batch, twice.
BODIES = 1024
Lengths = np.ndarray[tuple[int], np.dtype[np.int64]]


class Sentence:
    """A sentence with the number and the hashes of its tokens; the rest is made when it is asked for, and then kept."""

    def __init__(self, text: str, found: Sequence[str]) -> None:
        self.text, self.length, self.hashed = text, len(found), hashed(found)

    @cached_property
    def words(self) -> frozenset[str]:
        """Its words, each once."""
        return frozenset(tokens(self.text))

    @cached_property
    def numbers(self) -> frozenset[str]:
        """The numbers that it states."""
        return frozenset((PLAIN_NUMBER if self.text.isascii() else NUMBER).findall(self.text))

    @cached_property
    def names(self) -> frozenset[str]:
        """The words of the names in it."""
        return frozenset(tokens(" ".join(NAME.findall(self.text))))

    @cached_property
    def frame(self) -> frozenset[str]:
        """The words without digits and names."""
        digits = [word for word in self.words if not word.isalpha() and DIGIT.search(word)]
        return (self.words - self.names).difference(digits)

    @cached_property
    def shingles(self) -> Hashes:
        """The hashes of its runs of words."""
        return distinct(running_hashes(self.hashed))

    @cached_property
    def facts(self) -> bool:
        """Whether it states any: a sentence without a number or a name is formula or opinion."""
        return bool(self.numbers or NAME.search(self.text))


class Sentences:
    """The first sentences of a text, in order, and where in it to find one."""

    def __init__(self, held: Iterable[Sentence]) -> None:
        self.all = tuple(held)
        self.texts = [sentence.text for sentence in self.all]

    def __len__(self) -> int:
        return len(self.all)

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Where each sentence stands first, by its text."""
        return dict(zip(reversed(self.texts), range(len(self) - 1, -1, -1), strict=True))

    def found_in(self, other: Sentences) -> list[int]:
        """Where in the other text each sentence stands first, letter by letter; -1 where it does not."""
        return list(map(other.places.get, self.texts, repeat(-1)))

    @cached_property
    def shingles(self) -> tuple[Hashes, Lengths]:
        """Those of each sentence, one sentence after another, and how many each has."""
        each = [sentence.shingles for sentence in self.all]
        together = np.concatenate(each) if each else np.empty(0, dtype=np.uint64)
        return together, np.array([len(one) for one in each], dtype=np.int64)


def sentences(paragraphs: Sequence[str]) -> Sentences:
    """The first sentences of a text, ready to be aligned."""
    return _first_of(tuple(paragraphs))


@lru_cache(maxsize=BODIES)
def _first_of(paragraphs: tuple[str, ...]) -> Sentences:
    return Sentences(islice(_sentences(paragraphs), MOST))


def token_hashes(paragraphs: Sequence[str]) -> bytes:
    """The hashes of the tokens of a whole text (:func:`pipeline.text.shingles.hashed`), in order: those of its
    sentences, of which copies have most in common."""
    first = sentences(paragraphs)
    return _hashed(first.all if len(first) < MOST else _sentences(paragraphs))


def paragraph_token_hashes(paragraph: str) -> bytes:
    """The same of one paragraph of a text."""
    return _hashed(_of_paragraph(paragraph))


def _hashed(every: Iterable[Sentence]) -> bytes:
    return b"".join([sentence.hashed for sentence in every])


def _sentences(paragraphs: Iterable[str]) -> Iterator[Sentence]:
    return chain.from_iterable(map(_of_paragraph, paragraphs))


@lru_cache(maxsize=KEPT // 4)
def _of_paragraph(paragraph: str) -> tuple[Sentence, ...]:
    return tuple(filter(None, map(_sentence, _split(paragraph))))


def _split(paragraph: str) -> list[str]:
    if "\n" in paragraph or (not paragraph.isascii() and ENDS_WITHOUT_BLANK.search(paragraph)):
        return SENTENCE.split(paragraph)
    found, start = [], 0
    for end in END.finditer(paragraph):
        found.append(paragraph[start : end.start() + 1])
        start = end.end()
    found.append(paragraph[start:])
    return found


@lru_cache(maxsize=KEPT)
def _sentence(text: str) -> Sentence | None:
    found = tokens(text)
    return Sentence(text, found) if found else None
