"""Two texts side by side: paragraphs that belong together, the runs of words that both have, what differs between."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from pipeline.read.word_diff import WORD

# Words that a shared run has at least; and that what differs at one place has at most.
SHARED_WORDS, DIFFERING_WORDS = 4, 6
# Paragraphs belong together where they share this part of the shorter one's words.
LIKE = 0.3
# Comparing costs the product of both numbers.
MOST_PARAGRAPHS = 200

Mark = Literal["same", "differs", ""]


@dataclass(frozen=True, slots=True)
class Run:
    """Words in a row: shared with the other text (``same``), others at the same place (``differs``), or neither."""

    text: str
    mark: Mark = ""


@dataclass(frozen=True, slots=True)
class Row:
    """Paragraphs that belong together; one side is empty where a text has nothing like the other's paragraph."""

    first: tuple[Run, ...]
    second: tuple[Run, ...]

    @property
    def is_shared(self) -> bool:
        """Whether both sides have all of it."""
        return bool(self.first or self.second) and all(run.mark == "same" for run in (*self.first, *self.second))


def side_by_side(first: Sequence[str], second: Sequence[str]) -> list[Row]:
    """Return the paragraphs of two texts in rows, in the order of both."""
    first_words, second_words = _words(first[:MOST_PARAGRAPHS]), _words(second[:MOST_PARAGRAPHS])
    rows = list[Row]()
    at_first = at_second = 0
    for pair in [*_pairs(first_words, second_words), (len(first_words), len(second_words))]:
        rows += [Row((Run("".join(words)),), ()) for words in first_words[at_first : pair[0]]]
        rows += [Row((), (Run("".join(words)),)) for words in second_words[at_second : pair[1]]]
        if pair != (len(first_words), len(second_words)):
            rows.append(shared_runs(first_words[pair[0]], second_words[pair[1]]))
        at_first, at_second = pair[0] + 1, pair[1] + 1
    return rows


def shared_words(first: Sequence[str], second: Sequence[str]) -> float:
    """Return the share of the shorter text's words that stand in the other too, in 0..1; 0 where one has none."""
    first_count, second_count = (Counter(map(_fold, WORD.findall("\n".join(text)))) for text in (first, second))
    least = min(first_count.total(), second_count.total())
    return (first_count & second_count).total() / least if least else 0.0


def _words(paragraphs: Sequence[str]) -> list[list[str]]:
    return [words for paragraph in paragraphs if (words := WORD.findall(paragraph))]


def _fold(word: str) -> str:
    return word.strip().casefold()


def _pairs(first: Sequence[Sequence[str]], second: Sequence[Sequence[str]]) -> list[tuple[int, int]]:
    """Return the pairs of like paragraphs, in the order of both texts, that share the most words in all."""
    counts = [[Counter(map(_fold, words)) for words in side] for side in (first, second)]
    best = [[(0, 0, 0)] * (len(second) + 1) for _ in range(len(first) + 1)]
    for row in range(len(first) - 1, -1, -1):
        for column in range(len(second) - 1, -1, -1):
            shared = _likeness(counts[0][row], counts[1][column])
            joined = (best[row + 1][column + 1][0] + shared, row + 1, column + 1) if shared else (-1, 0, 0)
            skipped = max((best[row + 1][column][0], row + 1, column), (best[row][column + 1][0], row, column + 1))
            best[row][column] = max(joined, skipped)
    return list(_path(best, len(first), len(second)))


def _path(best: Sequence[Sequence[tuple[int, int, int]]], rows: int, columns: int) -> Iterator[tuple[int, int]]:
    row = column = 0
    while row < rows and column < columns:
        _, next_row, next_column = best[row][column]
        if (next_row, next_column) == (row + 1, column + 1):
            yield row, column
        row, column = next_row, next_column


def _likeness(first: Counter[str], second: Counter[str]) -> int:
    """Return how many words two paragraphs share; 0 where they share too little to belong together."""
    shared = (first & second).total()
    return shared if shared >= LIKE * max(min(first.total(), second.total()), 1) else 0


def shared_runs(first: Sequence[str], second: Sequence[str]) -> Row:
    """Return two paragraphs, given in words, with their shared runs and what differs at the same place."""
    first_runs, second_runs = list[Run](), list[Run]()
    matcher = SequenceMatcher(None, [_fold(word) for word in first], [_fold(word) for word in second], autojunk=False)
    for act, first_start, first_end, second_start, second_end in matcher.get_opcodes():
        first_mark = second_mark = _mark(act, max(first_end - first_start, second_end - second_start), len(first))
        first_runs.append(Run("".join(first[first_start:first_end]), first_mark))
        second_runs.append(Run("".join(second[second_start:second_end]), second_mark))
    return Row(_without_gaps(first_runs), _without_gaps(second_runs))


def _mark(act: str, words: int, length: int) -> Mark:
    if act == "equal":
        return "same" if words >= min(SHARED_WORDS, length) else ""
    return "differs" if act == "replace" and words <= DIFFERING_WORDS else ""


def _without_gaps(runs: Sequence[Run]) -> tuple[Run, ...]:
    return tuple(run for run in runs if run.text)
