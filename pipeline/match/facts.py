"""The facts of two sentences, numbers and names: whether they differ, and how many one states in the other's place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from pipeline.match.sentences import Sentence

# Numbers at least that are others where a form is filled in anew.
REFILLED_NUMBERS = 4


class Replaced(NamedTuple):
    """The facts that each of two sentences has alone: their number and share in the one that has fewer or less."""

    fewest: int
    share: float


def replaced_facts(first: Sentence, second: Sentence) -> Replaced:
    """Return what of their facts two sentences have alone."""
    pairs = (first, second), (second, first)
    numbers = [len(sentence.facts - partner.words - partner.facts) for sentence, partner in pairs]
    shares = [number / max(len(sentence.facts), 1) for number, (sentence, _) in zip(numbers, pairs, strict=True)]
    return Replaced(min(numbers), min(shares))


def numbers_differ(first: Sentence, second: Sentence) -> bool:
    """Whether each states a number that the other does not."""
    return not (first.numbers <= second.numbers or second.numbers <= first.numbers)


def names_differ(first: Sentence, second: Sentence) -> bool:
    """Whether each has a name whose words the other has not."""
    return not (first.names <= second.words or second.names <= first.words)


def replaces_numbers(pairs: Iterable[tuple[Sentence, Sentence]], least: float) -> bool:
    """Whether of the numbers in pairs of sentences that both state some, four or more and such a share of all are
    others: a revision keeps most, a form's next day hardly any."""
    numbers = [(first.numbers, second.numbers) for first, second in pairs if first.numbers and second.numbers]
    replaced = sum(len(first - second) for first, second in numbers)
    return replaced >= REFILLED_NUMBERS and replaced >= least * sum(len(first) for first, _ in numbers)
