"""Whether two texts are one: what they share, weighed.

The share of the longer text says most: a follow-up carries the older report whole, a copy has little of its own. The
signs, weighed by what judged pairs of real and generated wires taught (``bench.train_pairs``), give the odds.
"""

from __future__ import annotations

import math
import tomllib
from functools import cache, lru_cache
from importlib.resources import files
from operator import mul
from typing import NamedTuple

from pipeline.match.alignment import Alignment, jaccard
from pipeline.text.shingles import tokens

# The likeness of titles where one text has none.
NO_TITLE = 0.15
HOURS_MOST = 72.0
# The signs that have a weight: those of the words, and what their alignment adds.
ALIGNED_SIGNS = ("other_lead", "other_bulletin", "other_bulletin_title")
SIGNS = ("of_longer", "of_shorter", "lead", "title", "differing_facts", "hours", *ALIGNED_SIGNS)


class Evidence(NamedTuple):
    """The signs of two texts; shares and likenesses in 0..1.

    ``of_longer`` and ``of_shorter``: the shared words' weight by that of either text; ``lead``: the shared part of the
    words behind the first, the less of both texts; ``title``: Jaccard index of the titles' words;
    ``differing_facts``: places with another number or name per 100 shared words; ``hours`` between the two.
    """

    of_longer: float
    of_shorter: float
    lead: float
    title: float
    differing_facts: float
    hours: float

    def log_odds(self) -> float:
        """Return the log odds that the two are one, before it is known whether one carries the other as background."""
        intercept, *weights = _weights_of(("intercept", *self._fields))
        odds: float = intercept + sum(map(mul, weights, self))
        return odds


@cache
def load_weights() -> dict[str, float]:
    """Return the weight of each sign, by its name."""
    table = tomllib.loads((files("pipeline") / "data" / "pairs" / "weights.toml").read_text(encoding="utf-8"))
    return {name: float(weight) for name, weight in table.items()}


@cache
def _weights_of(signs: tuple[str, ...]) -> tuple[float, ...]:
    return tuple(load_weights()[sign] for sign in signs)


def aligned_signs(alignment: Alignment, evidence: Evidence) -> tuple[float, float, float]:
    """Return :data:`ALIGNED_SIGNS`: another lead, bulletins of one template, and the title of these, which is the
    template's."""
    is_bulletin = float(alignment.other_bulletin)
    return float(alignment.other_lead), is_bulletin, is_bulletin * evidence.title


def penalty(alignment: Alignment, evidence: Evidence) -> float:
    """Return the (negative) log odds of another lead, and of bulletins of one template."""
    weights = load_weights()
    signs = zip(ALIGNED_SIGNS, aligned_signs(alignment, evidence), strict=True)
    return sum(weights[name] * value for name, value in signs)


def probability(log_odds: float) -> float:
    """Return the probability of these log odds."""
    return 1 / (1 + math.exp(-max(min(log_odds, 40.0), -40.0)))


@lru_cache(maxsize=16_384)
def title_words(title: str) -> frozenset[str]:
    """Return the distinct words of a title."""
    return frozenset(tokens(title))


def title_likeness(first: str, second: str) -> float:
    """Return the Jaccard index of two titles' words."""
    words, other_words = title_words(first), title_words(second)
    if not words or not other_words:
        return NO_TITLE
    likeness = jaccard(words, other_words)
    return min(likeness, NO_TITLE) if _fill_form_otherwise(words, other_words) else likeness


def _fill_form_otherwise(words: frozenset[str], other_words: frozenset[str]) -> bool:
    """Whether each title has numbers and words that the other has not: a form's title says nothing of its story."""
    return all(_has_numbers_and_words(alone) for alone in (words - other_words, other_words - words))


def _has_numbers_and_words(words: frozenset[str]) -> bool:
    are_numbers = [word.isdecimal() for word in words]
    return any(are_numbers) and not all(are_numbers)


def log_odds_of(chance: float) -> float:
    """Return the log odds of a probability in 0..1; infinite at its ends."""
    if not 0 < chance < 1:
        return math.inf if chance else -math.inf
    return math.log(chance / (1 - chance))


def in_words(evidence: Evidence) -> str:
    """Return the signs as a person reads them."""
    lead = "the same lead" if evidence.lead >= 0.8 else "another lead" if evidence.lead < 0.3 else "part of the lead"
    title = "the same title" if evidence.title >= 0.8 else "another title" if evidence.title < 0.3 else "a like title"
    facts = ", other facts in places" if evidence.differing_facts >= 1 else ""
    time_between = f"{evidence.hours:.0f} h apart" if evidence.hours >= 0.5 else "within the hour"
    return f"shares {evidence.of_longer:.0%} of the longer text, {lead}, {title}{facts}, {time_between}"
