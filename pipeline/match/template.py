"""Two texts laid beside each other, sentence by sentence: which of each are in the other, and do their facts agree.

Shingles break at every edited word, and a template fills them in otherwise; sentences aligned by the words they share
survive the one and show the other. A copy's sentences are the same but for spelling; an update changes some numbers;
another bulletin of the template puts other names and other numbers into nearly every sentence; a follow-up carries
the older story's sentences, and begins with its own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import regex

from pipeline.text.shingles import Hashes, shingle_hashes, tokens

SENTENCE = re.compile(r"(?<=[.!?。।؟！？])[\"”’»)]*\s+|(?<=[。！？])|\n+")
DIGIT = re.compile(r"\d")
NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
# Scripts without letter case show no names; there the numbers alone must tell.
NAME = regex.compile(r"(?<![.!?。]\s)(?<!^)\b\p{Lu}[\w'’-]+")
ALIGNED = 0.5
MOST = 60
# A sentence without a name or a number is formula or opinion: it tells nothing of which bulletin this is.
FACTS_LEAST = 2
FACTS_DIFFER = 0.65
# How many words of whole sentences make the lead: a dateline, a teaser or a promotional line is shorter.
LEAD = 50
LEAD_SENTENCE = 6
LEAD_LEAST = 0.15
# A text whose lead the other lacks is a copy under a new lead only where most of it is in the other.
OWN_LEAD_SHARE = 0.7
AGREE = 0.2


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence's words, those without digits and names, and these apart; its length in tokens, and its shingles."""

    words: frozenset[str]
    frame: frozenset[str]
    numbers: frozenset[str]
    names: frozenset[str]
    length: int
    shingles: Hashes


@dataclass(frozen=True, slots=True)
class Side:
    """One text of the two: its words weighed by novelty, how much of that weight is in the other text, the plain
    share of its words in sentences that are, and that share of its lead."""

    weight: float
    found: float
    share: float
    lead: float

    @property
    def own_lead(self) -> bool:
        """Whether it begins with what the other does not have, and is mostly something else."""
        return self.lead < LEAD_LEAST and self.share < OWN_LEAD_SHARE


@dataclass(frozen=True, slots=True)
class Alignment:
    """Of the aligned sentences: how many state facts (numbers or names), how many of those state others, and both by
    novelty; ``numbers`` differ in so many, and ``lead`` says whether they do in the first one."""

    first: Side
    second: Side
    facts: int
    differ: int
    stated: float
    differing: float
    numbers: int
    lead: bool

    @property
    def covered(self) -> float:
        """The share of the lighter text's novelty that the other has too, in 0..1; its edited words count as lost."""
        lighter = min(self.first, self.second, key=lambda side: (side.weight, -side.found))
        return min(lighter.found / lighter.weight, 1.0) if lighter.weight else 0.0

    @property
    def disagreement(self) -> float:
        """The share of the novel facts that differ."""
        return self.differing / self.stated if self.stated else 0.0

    @property
    def other_bulletin(self) -> bool:
        """Whether what is shared is a template, filled in otherwise."""
        most = max(self.differ / self.facts, self.disagreement) if self.facts else 0.0
        return self.facts >= FACTS_LEAST and most >= FACTS_DIFFER

    @property
    def other_lead(self) -> bool:
        """Whether one carries the other's sentences as background, or as one item of several."""
        return self.first.own_lead or self.second.own_lead

    @property
    def agreeing(self) -> bool:
        """Whether hardly any novel fact differs."""
        return self.disagreement < AGREE

    @property
    def changed_numbers(self) -> bool:
        """Whether one is a later state of the other: numbers changed in the lead or in several sentences."""
        return self.numbers >= 2 or (self.lead and self.numbers >= 1)


def sentences(paragraphs: Sequence[str]) -> tuple[Sentence, ...]:
    """The first sentences of a text, ready to be aligned."""
    texts = (text for paragraph in paragraphs for text in SENTENCE.split(paragraph) if text)
    worded = ((text, found) for text in texts if (found := tokens(text)))
    return tuple(_sentence(*one) for _, one in zip(range(MOST), worded, strict=False))


def _sentence(text: str, found: Sequence[str]) -> Sentence:
    words = frozenset(found)
    numbers = frozenset(NUMBER.findall(text))
    names = frozenset(tokens(" ".join(NAME.findall(text))))
    digits = frozenset(word for word in words if DIGIT.search(word))
    return Sentence(words, words - names - digits, numbers, names, len(found), shingle_hashes(found))


Partner = tuple[int, float]
NO_PARTNER: Partner = (-1, 0.0)


def align(
    first: Sequence[Sentence],
    second: Sequence[Sentence],
    novel_first: Sequence[float] = (),
    novel_second: Sequence[float] = (),
) -> Alignment:
    """Each sentence with the one of the other text that shares most of its words. Symmetric but for names.

    ``novel_first`` and ``novel_second``: what a word of each sentence weighs; all weigh 1 where they are not given.
    """
    here, there = _partners(first, second)
    weighed_first = list(novel_first) or [1.0] * len(first)
    weighed_second = list(novel_second) or [1.0] * len(second)
    if len(first) <= len(second):
        facts = _facts(first, second, here, weighed_first)
    else:
        facts = _facts(second, first, there, weighed_second)
    return Alignment(
        _side(first, _there(first, second, here), weighed_first),
        _side(second, _there(second, first, there), weighed_second),
        *facts,
    )


def _there(text: Sequence[Sentence], other: Sequence[Sentence], partners: Sequence[Partner]) -> list[float]:
    """How much of each sentence is in the other text: in its partner by words, or anywhere by shingles.

    Outlets join and split sentences, so that none has a partner though all are there.
    """
    if not text or not other:
        return [0.0] * len(text)
    lengths = np.array([len(sentence.shingles) for sentence in text])
    mine = np.concatenate([sentence.shingles for sentence in text])
    found = np.isin(mine, np.concatenate([sentence.shingles for sentence in other]))
    shares = np.add.reduceat(found.astype(float), np.cumsum(lengths) - lengths) / lengths
    apart = [share if share >= ALIGNED else 0.0 for share in shares.tolist()]
    return [max(likeness, share) for (_, likeness), share in zip(partners, apart, strict=True)]


def _partners(first: Sequence[Sentence], second: Sequence[Sentence]) -> tuple[list[Partner], list[Partner]]:
    here, there = [NO_PARTNER] * len(first), [NO_PARTNER] * len(second)
    holders: dict[str, list[int]] = {}
    for place, other in enumerate(second):
        for word in other.words:
            holders.setdefault(word, []).append(place)
    for position, one in enumerate(first):
        # Counting shared words by who holds them takes a third of the time of meeting each with each.
        shared = Counter(chain.from_iterable(holders.get(word, ()) for word in one.words))
        for place, both in sorted(shared.items()):
            likeness = _likeness(one, second[place], both)
            if likeness > here[position][1]:
                here[position] = (place, likeness)
            if likeness > there[place][1]:
                there[place] = (position, likeness)
    return here, there


def _likeness(one: Sentence, other: Sentence, shared: int) -> float:
    """Shared words over all words, where these or the frames (names and numbers left out) are alike, else 0."""
    words, frames = len(one.words) + len(other.words), len(one.frame) + len(other.frame)
    likeness = shared / (words - shared)
    if likeness >= ALIGNED or shared / max(frames - shared, 1) < ALIGNED:
        return likeness if likeness >= ALIGNED else 0.0
    frame = len(one.frame & other.frame)
    union = frames - frame
    return likeness if union > 2 and frame / union >= ALIGNED else 0.0


def _side(text: Sequence[Sentence], there: Sequence[float], novel: Sequence[float]) -> Side:
    weights = [sentence.length * each for sentence, each in zip(text, novel, strict=True)]
    found = sum(weight * share for weight, share in zip(weights, there, strict=True))
    both = [(sentence.length, share > 0) for sentence, share in zip(text, there, strict=True)]
    known = sum(length for length, found_there in both if found_there)
    return Side(sum(weights), found, known / max(sum(length for length, _ in both), 1), _lead(both))


def _lead(both: Sequence[tuple[int, bool]]) -> float:
    total = found = 0
    for length, there in both:
        if length >= LEAD_SENTENCE and total < LEAD:
            total, found = total + length, found + length * there
    return found / total if total else 1.0


def _facts(
    text: Sequence[Sentence], other: Sequence[Sentence], partners: Sequence[Partner], novel: Sequence[float]
) -> tuple[int, int, float, float, int, bool]:
    facts = differ = numbers = 0
    stated = differing = 0.0
    lead = False
    for position, (sentence, (place, _), weight) in enumerate(zip(text, partners, novel, strict=True)):
        partner = other[place] if place >= 0 else None
        if not partner or not (sentence.numbers or sentence.names) or not (partner.numbers or partner.names):
            continue
        other_numbers = _numbers_differ(sentence, partner)
        differs = other_numbers or _names_differ(sentence, partner)
        facts, differ, numbers = facts + 1, differ + differs, numbers + other_numbers
        stated, differing = stated + weight, differing + weight * differs
        lead = lead or (other_numbers and position == 0)
    return facts, differ, stated, differing, numbers, lead


def _numbers_differ(one: Sentence, other: Sentence) -> bool:
    return bool(one.numbers - other.numbers) and bool(other.numbers - one.numbers)


def _names_differ(one: Sentence, other: Sentence) -> bool:
    return bool(one.names - other.words) and bool(other.names - one.words)
