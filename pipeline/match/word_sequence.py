"""The words of a text in order, for what two texts share and what was put in its place."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import cached_property
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np

from pipeline.match.sentences import NAME_MARK, NUMBER_MARK, Sentences
from pipeline.text.shingles import WIDTH, running_hashes

# Words between two shared runs that can be one put in the other's place.
GAP_MOST = 12
# Facts are told per so many shared words, and of so many at least.
FACTS_PER, SHARED_LEAST = 100, 20
Flags = np.ndarray[Any, np.dtype[np.bool_]]
Positions = np.ndarray[Any, np.dtype[np.int64]]


class WordSequence:
    """The words of a text's first sentences by their hashes: runs of four in order, and what is a number or a name."""

    def __init__(self, sentences: Sentences) -> None:
        hashed = b"".join([sentence.hashed for sentence in sentences.all])
        self.words = np.frombuffer(hashed, dtype=">u8").astype(np.uint64)
        self.runs = running_hashes(hashed)
        order = self.runs.argsort(kind="stable")
        ordered = self.runs[order]
        is_first = np.ones(len(order), dtype=bool)
        np.not_equal(ordered[1:], ordered[:-1], out=is_first[1:])
        self.ordered, self.first_positions = ordered[is_first], order[is_first]
        self._sentences = sentences

    def __len__(self) -> int:
        return len(self.words)

    @cached_property
    def _starts(self) -> list[int]:
        """The place of each sentence's first word, and the end."""
        return list(accumulate((sentence.length for sentence in self._sentences.all), initial=0))

    def marks(self, start: int, end: int) -> bytes:
        """Return the mark of some words, as their sentences give them; other sentences are not tokenised for it."""
        first = bisect_right(self._starts, start) - 1
        sentences = self._sentences.all[first : bisect_left(self._starts, end)]
        before = self._starts[first]
        return b"".join([sentence.marks for sentence in sentences])[start - before : end - before]

    def positions_in(self, other_text: WordSequence) -> Positions:
        """Return where each run stands first in the other text; -1 where it does not."""
        if not len(other_text.ordered):
            return np.full(len(self.runs), -1)
        places = np.minimum(other_text.ordered.searchsorted(self.runs), len(other_text.ordered) - 1)
        return np.where(other_text.ordered[places] == self.runs, other_text.first_positions[places], -1)

    def covered(self, flags: Flags) -> Flags:
        """Return for each word whether it stands in a flagged run."""
        words = np.zeros(len(self.runs) + WIDTH - 1, dtype=bool)
        for shift in range(WIDTH):
            words[shift : shift + len(flags)] |= flags
        return words[: len(self.words)]

    def facts(self, start: int, end: int) -> tuple[frozenset[int], frozenset[int]]:
        """Return the numbers and the names among some words."""
        marked = list(zip(self.words[start:end].tolist(), self.marks(start, end), strict=True))
        numbers = frozenset(word for word, mark in marked if mark == NUMBER_MARK)
        return numbers, frozenset(word for word, mark in marked if mark == NAME_MARK)

    def has_facts(self, start: int, end: int) -> bool:
        """Whether there is a number or a name among some words."""
        return any(self.marks(start, end))


class SharedWords:
    """What two texts share word by word."""

    def __init__(self, first: WordSequence, second: WordSequence) -> None:
        self.first, self.second = first, second
        self._positions = first.positions_in(second)
        self._covered = (
            first.covered(self._positions >= 0),
            second.covered(second.positions_in(first) >= 0),
        )

    def least_share(self, start: int, end: int | None) -> float:
        """Return the share of the words from ``start`` to ``end`` that the other text has, the less of both texts."""
        return min(_share(covered[start:end]) for covered in self._covered)

    def shares(self) -> tuple[float, float]:
        """Return the share of each text's words that the other has."""
        first, second = map(_share, self._covered)
        return first, second

    def differing_facts(self) -> float:
        """Return how many places per 100 shared words state another number or name in either text."""
        differing = sum(self._differ(*gap) for gap in self._gaps())
        shared = min(int(np.count_nonzero(covered)) for covered in self._covered)
        return FACTS_PER * differing / max(SHARED_LEAST, shared)

    def _gaps(self) -> Iterator[tuple[int, int, int, int]]:
        """Yield start and end in both texts of what stands between two shared runs that follow one another in both."""
        shared = np.flatnonzero(self._positions >= 0)
        if not len(shared):
            return
        partners = self._positions[shared]
        broken = np.flatnonzero((np.diff(partners - shared) != 0) | (np.diff(shared) > 1))
        for end, start in zip(broken.tolist(), (broken + 1).tolist(), strict=True):
            first = Gap(int(shared[end]) + WIDTH, int(shared[start]))
            second = Gap(int(partners[end]) + WIDTH, int(partners[start]))
            overlap = max(-first.length, -second.length, 0)
            lengths = first.length + overlap, second.length + overlap
            if min(lengths) >= 0 and 0 < max(lengths) <= GAP_MOST:
                yield first.start, first.start + lengths[0], second.start, second.start + lengths[1]

    def _differ(self, start: int, end: int, other_start: int, other_end: int) -> bool:
        # Of most gaps, one side has neither: that is told at a tenth of the cost.
        if not (self.first.has_facts(start, end) and self.second.has_facts(other_start, other_end)):
            return False
        pairs = zip(self.first.facts(start, end), self.second.facts(other_start, other_end), strict=True)
        return any(ours - theirs and theirs - ours for ours, theirs in pairs)


def _share(flags: Flags) -> float:
    return int(np.count_nonzero(flags)) / len(flags) if len(flags) else 0.0


class Gap(NamedTuple):
    """Words between two runs; where the runs overlap, fewer than none."""

    start: int
    end: int

    @property
    def length(self) -> int:
        """How many words stand there."""
        return self.end - self.start
