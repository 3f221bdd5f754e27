"""How an outlet printed an agency's story: what is left of its text, headline and credit, and how soon."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from itertools import chain
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.match.compare import contained
from pipeline.model import Claim, CreditState, Moment, Precision
from pipeline.text.shingles import TOKEN_BYTES, WIDTH, hashed, running_hashes, tokens

Flags = npt.NDArray[np.bool_]
# A paragraph of which a copy has a smaller share of the words is dropped.
KEPT_SHARE = 0.5


class Wording(NamedTuple):
    """What a copy has of a text: the share of the text's words, 0..1, how many of the copy's words it has not, and how
    many of its paragraphs the copy has less than half of."""

    share_kept: float
    added: int
    paragraphs_dropped: int


class WordedText:
    """A text that its copies are compared with, its words hashed once. A word is shared where it stands in a run of
    four words that both texts have, wherever paragraphs end."""

    def __init__(self, paragraphs: Sequence[str]) -> None:
        self._paragraphs = tuple(paragraphs)
        by_paragraph = [tokens(paragraph) for paragraph in paragraphs]
        self._lengths = [len(words) for words in by_paragraph]
        self._words = _Words(chain.from_iterable(by_paragraph))

    def compare(self, printed: Sequence[str]) -> Wording | None:
        """Return what a copy, paragraphs, has of the text; None where either has no words."""
        if tuple(printed) == self._paragraphs:
            return Wording(1.0, 0, 0) if self._words.number else None
        words = _Words(chain.from_iterable(map(tokens, printed)))
        if not self._words.number or not words.number:
            return None
        shared = self._words.shared_with(words)
        added = words.number - int(np.count_nonzero(words.shared_with(self._words)))
        dropped = _dropped_paragraphs(self._lengths, shared)
        return Wording(int(np.count_nonzero(shared)) / self._words.number, added, dropped)


class _Words:
    def __init__(self, words: Iterable[str]) -> None:
        hashes = hashed(words)
        self.number = len(hashes) // TOKEN_BYTES
        self.runs = running_hashes(hashes)
        self.ordered = np.sort(self.runs)

    def shared_with(self, other_text: _Words) -> Flags:
        """Return which of the words stand in a run that the other text has."""
        shared = contained(self.runs, other_text.ordered)
        words = np.zeros(len(self.runs) + WIDTH - 1, dtype=bool)
        for shift in range(WIDTH):
            words[shift : shift + len(self.runs)] |= shared
        return words[: self.number]


def _dropped_paragraphs(lengths: Sequence[int], shared_words: Flags) -> int:
    """Return how many paragraphs, of so many words each, have less than half of their words shared."""
    ends = np.cumsum(lengths)
    shared_until = np.concatenate(([0], np.cumsum(shared_words)))
    shared = shared_until[ends] - shared_until[ends - np.asarray(lengths)]
    return int(np.count_nonzero(shared < KEPT_SHARE * np.asarray(lengths)))


def is_headline_changed(headline: str, printed: str) -> bool | None:
    """Return whether a headline was printed with other words, or in another order, spelling and punctuation aside; None
    where either is not there."""
    return tokens(headline) != tokens(printed) if headline and printed else None


def minutes_after(first: datetime | None, published: Moment | None) -> float | None:
    """Return the minutes from ``first`` (aware) to a time of publishing; None where either is unknown, or only a day
    is known."""
    if first is None or published is None or published.precision is Precision.DAY:
        return None
    return round((published.value - first).total_seconds() / 60, 1)


def credit_state(
    agencies: Collection[str], is_own_page: bool, credited: str, claims: Iterable[Claim]
) -> CreditState | None:
    """Return whether a copy names one of the agencies; None where there is none to name. ``credited`` are agencies
    joined by ``+``, '' for none; the agency's own page keeps the credit without a word."""
    if not agencies:
        return None
    credits = {name for name in credited.split("+") if name} | {claim.agency for claim in claims}
    if is_own_page or not credits.isdisjoint(agencies):
        return CreditState.CREDITED
    return CreditState.OTHER_AGENCY if credits else CreditState.DROPPED
