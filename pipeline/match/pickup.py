"""How an outlet printed an agency's story: what is left of its text, headline and credit, and how soon."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from itertools import chain
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.model import Claim, CreditState, Moment, Precision
from pipeline.text.shingles import TOKEN_BYTES, WIDTH, Hashes, hashed, running_hashes, tokens

Flags = npt.NDArray[np.bool_]
# A paragraph of which a copy has a smaller share of the words is dropped.
KEPT_SHARE = 0.5


class Wording(NamedTuple):
    """What a copy has of a text: the share of the text's words, 0..1, how many of the copy's words it has not, and how
    many of its paragraphs the copy has less than half of."""

    share_kept: float
    added: int
    paragraphs_dropped: int


def compare_wording(text: Sequence[str], copied: Sequence[str]) -> Wording | None:
    """Return what a copy has of a text, paragraphs each; None where either has no words.

    A word is shared where it stands in a run of four words that both have, wherever paragraphs end.
    """
    paragraphs = [tokens(paragraph) for paragraph in text]
    original, printed = hashed(chain.from_iterable(paragraphs)), hashed(chain.from_iterable(map(tokens, copied)))
    if not original or not printed:
        return None
    runs, printed_runs = running_hashes(original), running_hashes(printed)
    number, printed_number = len(original) // TOKEN_BYTES, len(printed) // TOKEN_BYTES
    shared_words = _shared_words(runs, printed_runs, number)
    added = printed_number - int(np.count_nonzero(_shared_words(printed_runs, runs, printed_number)))
    dropped = _dropped_paragraphs([len(words) for words in paragraphs], shared_words)
    return Wording(int(np.count_nonzero(shared_words)) / number, added, dropped)


def _dropped_paragraphs(lengths: Sequence[int], shared_words: Flags) -> int:
    """Return how many paragraphs, of so many words each, have less than half of their words shared."""
    ends = np.cumsum(lengths)
    shared_until = np.concatenate(([0], np.cumsum(shared_words)))
    shared = shared_until[ends] - shared_until[ends - np.asarray(lengths)]
    return int(np.count_nonzero(shared < KEPT_SHARE * np.asarray(lengths)))


def _shared_words(runs: Hashes, other_runs: Hashes, number: int) -> Flags:
    """Return which of a text's ``number`` words stand in one of its runs that the other text has."""
    shared = np.isin(runs, other_runs)
    words = np.zeros(len(runs) + WIDTH - 1, dtype=bool)
    for shift in range(WIDTH):
        words[shift : shift + len(runs)] |= shared
    return words[:number]


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
