"""Sentences of a text, prepared once for alignment.

Copies of a story have most sentences letter by letter in common, so each sentence is tokenised once, whichever text it
stands in.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import chain, islice

import numpy as np
import regex

from pipeline.text.shingles import TOKEN_BYTES, Hashes, distinct, hashed, running_hashes, tokens
from pipeline.text.spelling import numbers

SENTENCE_END = re.compile(r"(?<=[.!?。।؟！？])[\"”’»)]*\s+|(?<=[。！？])|\n+")
# The same ends in one line of a script whose sentences end with a blank: found in a quarter of the time.
END_WITHOUT_BLANK = re.compile(r"[。！？]")
END_BEFORE_BLANK = re.compile(r"[.!?।؟][\"”’»)]*\s+")
DIGIT = re.compile(r"\d")
# Scripts without letter case show no names; there the numbers alone must tell. A word behind a place and a dash or a
# colon begins a sentence, as one behind a full stop does.
NAME = regex.compile(r"(?<![.!?。:–—]\s)(?<!\s[-–—]\s)(?<!^)\b\p{Lu}[\w'’-]+")
# What a word of a sentence is.
NUMBER_MARK, NAME_MARK = 1, 2
# Sentences of a text that are aligned, from its beginning.
ALIGNED_SENTENCES = 60
# Sentences in memory, some 1 KB each: those of the last two thousand texts or so.
CACHED_SENTENCES = 32_768
# Texts whose sentences stay in memory for their fingerprint and their alignments: those of a batch, twice.
CACHED_TEXTS = 1024
# Sentences with the hashes of their words, eight bytes a word.
SentenceHashes = tuple[tuple[str, bytes], ...]
Lengths = np.ndarray[tuple[int], np.dtype[np.int64]]


class Sentence:
    """A sentence with the number and the hashes of its tokens; the rest is computed when it is first asked for."""

    def __init__(self, text: str, word_hashes: bytes) -> None:
        self.text, self.length, self.hashed = text, len(word_hashes) // TOKEN_BYTES, word_hashes

    @cached_property
    def words(self) -> frozenset[str]:
        """The distinct words."""
        return frozenset(tokens(self.text))

    @cached_property
    def numbers(self) -> frozenset[str]:
        """The numbers that it states."""
        return frozenset(numbers(self.text))

    @cached_property
    def names(self) -> frozenset[str]:
        """The words of its names."""
        return frozenset(tokens(" ".join(NAME.findall(self.text))))

    @cached_property
    def facts(self) -> frozenset[str]:
        """The numbers and the words of names; a letter alone is an initial or an ending."""
        return self.numbers | {name for name in self.names if len(name) > 1}

    @cached_property
    def frame(self) -> frozenset[str]:
        """The words without digits and names: what a template has in common with itself."""
        digits = [word for word in self.words if not word.isalpha() and DIGIT.search(word)]
        return (self.words - self.names).difference(digits)

    @cached_property
    def marks(self) -> bytes:
        """A byte a word: :data:`NUMBER_MARK`, :data:`NAME_MARK` for a word of a name, else 0."""
        names = self.names
        if not names and self.text.isascii() and not DIGIT.search(self.text):
            return bytes(self.length)
        words = tokens(self.text)
        return bytes(
            [
                NUMBER_MARK if not word.isalpha() and DIGIT.search(word) else NAME_MARK * (word in names)
                for word in words
            ]
        )

    @cached_property
    def shingles(self) -> Hashes:
        """The sorted hashes of its runs of words."""
        return distinct(running_hashes(self.hashed))

    @cached_property
    def states_facts(self) -> bool:
        """Whether it has a number or a name; without any it is formula or opinion."""
        return bool(self.numbers or NAME.search(self.text))


class Sentences:
    """The first sentences of a text, in order."""

    def __init__(self, sentences: Iterable[Sentence]) -> None:
        self.all = tuple(sentences)
        # Two spellings of a sentence have the same tokens.
        self.spellings = [sentence.hashed for sentence in self.all]

    def __len__(self) -> int:
        return len(self.all)

    @cached_property
    def first_positions(self) -> Mapping[bytes, int]:
        """The first position of each sentence, by the hashes of its tokens."""
        return dict(zip(reversed(self.spellings), range(len(self) - 1, -1, -1), strict=True))

    def positions_in(self, other_text: Sentences) -> list[int]:
        """Return where each sentence stands first, word by word, in the other text; -1 where it does not."""
        return [other_text.first_positions.get(spelling, -1) for spelling in self.spellings]

    @cached_property
    def shingles(self) -> tuple[Hashes, Lengths]:
        """The shingles of the sentences one after another, and how many each has."""
        by_sentence = [sentence.shingles for sentence in self.all]
        together = np.concatenate(by_sentence) if by_sentence else np.empty(0, dtype=np.uint64)
        return together, np.array([len(shingles) for shingles in by_sentence], dtype=np.int64)


def split_sentences(paragraphs: Sequence[str]) -> Sentences:
    """Return the first :data:`ALIGNED_SENTENCES` sentences of a text; those without a token are left out."""
    return _recent_texts.sentences(tuple(paragraphs))


class _RecentTexts:
    """The sentences of the texts asked for last."""

    def __init__(self) -> None:
        self._sentences: OrderedDict[tuple[str, ...], Sentences] = OrderedDict()

    def sentences(self, paragraphs: tuple[str, ...]) -> Sentences:
        """Return a text's first sentences."""
        sentences = self._sentences.pop(paragraphs, None)
        if sentences is None:
            sentences = Sentences(islice(_all_sentences(paragraphs), ALIGNED_SENTENCES))
        self.remember(paragraphs, sentences)
        return sentences

    def remember(self, paragraphs: tuple[str, ...], sentences: Sentences) -> None:
        """Keep a text's first sentences; the text asked for longest ago is forgotten."""
        self._sentences[paragraphs] = sentences
        if len(self._sentences) > CACHED_TEXTS:
            self._sentences.popitem(last=False)


_recent_texts = _RecentTexts()


def hashed_sentences(paragraphs: Sequence[str]) -> SentenceHashes:
    """Return the first sentences of a text, each with the hashes of its words: what another process needs to know."""
    return tuple([(sentence.text, sentence.hashed) for sentence in split_sentences(paragraphs).all])


def remember_sentences(paragraphs: tuple[str, ...], sentences: SentenceHashes) -> None:
    """Keep a text's sentences (:func:`hashed_sentences`), so that it is not split and tokenised here."""
    _recent_texts.remember(paragraphs, Sentences([_hashed_sentence(*sentence) for sentence in sentences]))


@lru_cache(maxsize=CACHED_SENTENCES)
def _hashed_sentence(text: str, word_hashes: bytes) -> Sentence:
    return Sentence(text, word_hashes)


def token_hashes(paragraphs: Sequence[str]) -> bytes:
    """Return the hashes of all tokens of a text in order (:func:`pipeline.text.shingles.hashed`)."""
    first = split_sentences(paragraphs)
    sentences = first.all if len(first) < ALIGNED_SENTENCES else _all_sentences(paragraphs)
    return b"".join([sentence.hashed for sentence in sentences])


def _all_sentences(paragraphs: Iterable[str]) -> Iterator[Sentence]:
    texts = chain.from_iterable(map(_split_paragraph, paragraphs))
    return filter(None, map(_sentence, texts))


def _split_paragraph(paragraph: str) -> list[str]:
    if "\n" in paragraph or END_WITHOUT_BLANK.search(paragraph):
        return SENTENCE_END.split(paragraph)
    texts, start = [], 0
    for end in END_BEFORE_BLANK.finditer(paragraph):
        texts.append(paragraph[start : end.start() + 1])
        start = end.end()
    return [*texts, paragraph[start:]]


@lru_cache(maxsize=CACHED_SENTENCES)
def _sentence(text: str) -> Sentence | None:
    words = tokens(text)
    return Sentence(text, hashed(words)) if words else None
