"""How an outlet printed an agency's story: what is left of its text, headline and credit, and how soon."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import chain
from typing import NamedTuple

import numpy as np

from pipeline.model import Claim, CreditState, Moment, Precision
from pipeline.text.shingles import TOKEN_BYTES, WIDTH, Hashes, hashed, running_hashes, tokens


class Wording(NamedTuple):
    """What a copy has of a text: the share of the text's words, 0..1, and how many of the copy's words it has not."""

    share_kept: float
    added: int


def compare_wording(text: Sequence[str], copied: Sequence[str]) -> Wording | None:
    """Return what a copy has of a text, paragraphs each; None where either has no words.

    A word is shared where it stands in a run of four words that both have, wherever paragraphs end.
    """
    original, printed = (hashed(chain.from_iterable(map(tokens, paragraphs))) for paragraphs in (text, copied))
    if not original or not printed:
        return None
    runs, printed_runs = running_hashes(original), running_hashes(printed)
    number, printed_number = len(original) // TOKEN_BYTES, len(printed) // TOKEN_BYTES
    shared_words = _shared_words(runs, printed_runs, number)
    return Wording(shared_words / number, printed_number - _shared_words(printed_runs, runs, printed_number))


def _shared_words(runs: Hashes, other_runs: Hashes, number: int) -> int:
    """Return how many of a text's ``number`` words stand in one of its runs that the other text has."""
    shared = np.isin(runs, other_runs)
    words = np.zeros(len(runs) + WIDTH - 1, dtype=bool)
    for shift in range(WIDTH):
        words[shift : shift + len(runs)] |= shared
    return int(np.count_nonzero(words[:number]))


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


def credit_state(agency: str, is_own_page: bool, credited: str, claims: Iterable[Claim]) -> CreditState:
    """Return whether a copy names the agency. ``credited`` are agencies joined by ``+``, '' for none; the agency's own
    page keeps the credit without a word."""
    agencies = {name for name in credited.split("+") if name} | {claim.agency for claim in claims}
    if is_own_page or agency in agencies:
        return CreditState.CREDITED
    return CreditState.OTHER_AGENCY if agencies else CreditState.DROPPED
