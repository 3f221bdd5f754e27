"""Two texts laid beside each other, sentence by sentence: which of each are in the other, and do their facts agree.

Shingles break at every edited word, and a template fills them in otherwise; sentences aligned by the words they share
survive the one and show the other. A copy's sentences are the same but for spelling; an update changes some numbers;
another bulletin of the template puts other names and other numbers into nearly every sentence; a follow-up carries
the older story's sentences, and begins with its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pipeline.match.sentences import Sentence, Sentences

ALIGNED = 0.5
# Of a frame of three words or more, half of them shared are two.
FRAME = 2
# So like is the partner at the place where the text goes on, and no other is looked for.
SURE = 0.6
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
class Facts:
    """Of the aligned sentences: how many state facts (numbers or names), how many of those state others, and both by
    novelty."""

    stating: int
    differ: int
    stated: float
    differing: float


class Alignment:
    """Two texts laid beside each other. What a question does not need for its answer is not looked at."""

    def __init__(self, first: _Half, second: _Half) -> None:
        self._halves = first, second
        self._shorter = second if len(first.text) > len(second.text) else first

    @cached_property
    def sides(self) -> tuple[Side, Side]:
        """Both texts, each with what of it is in the other."""
        first, second = self._halves
        return _side(first, first.anywhere()), _side(second, second.anywhere())

    @cached_property
    def _least(self) -> tuple[Side, Side]:
        """The same by equal sentences alone: all that they say is less than what is so."""
        first, second = (_side(half, [float(place >= 0) for place in half.same]) for half in self._halves)
        return first, second

    @cached_property
    def _facts(self) -> Facts:
        return _facts(self._shorter)

    @property
    def facts(self) -> int:
        """How many aligned sentences state facts."""
        return self._facts.stating

    @property
    def differ(self) -> int:
        """How many of them state others."""
        return self._facts.differ

    @property
    def agreed(self) -> float:
        """The novel facts that do not differ, in sentences' worth."""
        return self._facts.stated - self._facts.differing

    @property
    def covered(self) -> float:
        """The share of the lighter text's novelty that the other has too, in 0..1; its edited words count as lost."""
        return _covered(self.sides)

    def covers(self, share: float) -> bool:
        """Whether :attr:`covered` is so much."""
        return _covered(self._least) >= share or self.covered >= share

    @property
    def disagreement(self) -> float:
        """The share of the novel facts that differ."""
        return self._facts.differing / self._facts.stated if self._facts.stated else 0.0

    @property
    def other_bulletin(self) -> bool:
        """Whether what is shared is a template, filled in otherwise."""
        if self._shorter.at_most_differing() < FACTS_DIFFER:
            return False
        most = max(self.differ / self.facts, self.disagreement) if self.facts else 0.0
        return self.facts >= FACTS_LEAST and most >= FACTS_DIFFER

    @property
    def other_lead(self) -> bool:
        """Whether one carries the other's sentences as background, or as one item of several."""
        return any(side.own_lead for side in self._least) and any(side.own_lead for side in self.sides)

    @property
    def agreeing(self) -> bool:
        """Whether hardly any novel fact differs."""
        return self.disagreement < AGREE

    @property
    def changed_numbers(self) -> bool:
        """Whether one is a later state of the other: numbers changed in the lead or in several sentences."""
        changed = 0
        for position in self._shorter.edited:
            if not self._shorter.text.all[position].numbers:
                continue
            partner = self._shorter.partner(position)
            if partner and partner.facts and _numbers_differ(self._shorter.text.all[position], partner):
                changed += 1
                if changed >= 2 or position == 0:
                    return True
        return False


Partner = tuple[int, float]
NO_PARTNER: Partner = (-1, 0.0)


class _Half:
    """One text, and for each of its sentences what a word of it weighs and which sentence of the other is its
    partner: the first that is the very same, else one that is like it where the text goes on, else the first of those
    most like it."""

    def __init__(self, text: Sentences, other: Sentences, novel: Sequence[float]) -> None:
        self.text, self.other, self.novel = text, other, novel
        self.same = [other.places.get(sentence.text, -1) for sentence in text.all]
        self._found: dict[int, Partner] = {}

    @cached_property
    def edited(self) -> list[int]:
        """Its sentences that are not word for word in the other."""
        return [n for n, place in enumerate(self.same) if place < 0]

    def at_most_differing(self) -> float:
        """More of its facts than this, by count or by novelty, are not others."""
        edited = {n for n in self.edited if self.text.all[n].facts}
        stating = [n for n, sentence in enumerate(self.text.all) if sentence.facts]
        stated = sum(self.novel[n] for n in stating)
        differing = sum(self.novel[n] for n in edited)
        return max(len(edited) / max(len(stating), 1), differing / stated if stated else 0.0)

    def nearest(self, position: int) -> Partner:
        """A sentence's partner by its place, and how like the two are."""
        if (place := self.same[position]) >= 0:
            return place, 1.0
        if position not in self._found:
            self._found[position] = _most_like(self.text.all[position], self.other, self._next(position))
        return self._found[position]

    def _next(self, position: int) -> int:
        """Where the other text goes on, as the sentences before and after say that are in both."""
        if not position:
            return 0
        if (before := self.same[position - 1]) >= 0:
            return before + 1
        after = self.same[position + 1] if position + 1 < len(self.same) else -1
        return after - 1 if after > 0 else len(self.other)

    def partner(self, position: int) -> Sentence | None:
        """A sentence's partner."""
        place, _ = self.nearest(position)
        return self.other.all[place] if place >= 0 else None

    def anywhere(self) -> list[float]:
        """How much of each sentence is in the other text: in its partner by words, or anywhere by shingles.

        Outlets join and split sentences, so that none has a partner though all are there.
        """
        found = [self.nearest(n)[1] for n in range(len(self.text))]
        some = [n for n, likeness in enumerate(found) if likeness < 1]
        if not some or not len(self.other):
            return found
        shingles = [self.text.all[n].shingles for n in some]
        lengths = np.array([len(each) for each in shingles])
        held = np.isin(np.concatenate(shingles), self.other.shingles[0]).astype(float)
        shares = np.add.reduceat(held, np.cumsum(lengths) - lengths) / lengths
        for n, share in zip(some, shares.tolist(), strict=True):
            found[n] = max(found[n], share if share >= ALIGNED else 0.0)
        return found


def align(
    first: Sentences, second: Sentences, novel_first: Sequence[float] = (), novel_second: Sequence[float] = ()
) -> Alignment:
    """Each sentence with the one of the other text that shares most of its words. Symmetric but for names.

    ``novel_first`` and ``novel_second``: what a word of each sentence weighs; all weigh 1 where they are not given.
    """
    return Alignment(
        _Half(first, second, novel_first or [1.0] * len(first)),
        _Half(second, first, novel_second or [1.0] * len(second)),
    )


def _covered(sides: tuple[Side, Side]) -> float:
    lighter = min(sides, key=lambda side: (side.weight, -side.found))
    return min(lighter.found / lighter.weight, 1.0) if lighter.weight else 0.0


def _most_like(one: Sentence, other: Sentences, likely: int) -> Partner:
    """The sentence at the ``likely`` place where it is like enough, else the first of those most like."""
    if likely < len(other) and (likeness := _likeness(one.words, other.all[likely].words)) >= SURE:
        return likely, likeness
    return _most_like_of_all(one, other)


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    both = len(one & other)
    return both / (len(one) + len(other) - both)


def _most_like_of_all(one: Sentence, other: Sentences) -> Partner:
    """By words; where none is alike by words, by frames (names and numbers left out), and then as like as by words."""
    words = one.words
    both = [len(words & sentence.words) for sentence in other.all]
    likeness = [
        shared / (len(words) + len(sentence.words) - shared) for shared, sentence in zip(both, other.all, strict=True)
    ]
    best = max(likeness, default=0.0)
    if best < ALIGNED:
        framed = [n for n, shared in enumerate(both) if shared >= FRAME and _framed(one, other.all[n], shared)]
        best = max((likeness[n] for n in framed), default=0.0)
        return (next(n for n in framed if likeness[n] == best), best) if framed else NO_PARTNER
    return likeness.index(best), best


def _framed(one: Sentence, other: Sentence, shared: int) -> bool:
    least = len(one.frame) + len(other.frame)
    if 3 * shared < least:
        return False
    frame = len(one.frame & other.frame)
    union = least - frame
    return union > 2 and frame / union >= ALIGNED


def _side(half: _Half, there: Sequence[float]) -> Side:
    weight = found = 0.0
    total = known = lead = lead_found = 0
    for sentence, novel, share in zip(half.text.all, half.novel, there, strict=True):
        length = sentence.length
        weight, found = weight + length * novel, found + length * novel * share
        total, known = total + length, known + length * (share > 0)
        if length >= LEAD_SENTENCE and lead < LEAD:
            lead, lead_found = lead + length, lead_found + length * (share > 0)
    return Side(weight, found, known / max(total, 1), lead_found / lead if lead else 1.0)


def _facts(half: _Half) -> Facts:
    stating = differ = 0
    stated = differing = 0.0
    for position, (sentence, weight) in enumerate(zip(half.text.all, half.novel, strict=True)):
        partner = half.partner(position) if sentence.facts else None
        if not partner or not partner.facts:
            continue
        stating, stated = stating + 1, stated + weight
        if partner.text != sentence.text and (_numbers_differ(sentence, partner) or _names_differ(sentence, partner)):
            differ, differing = differ + 1, differing + weight
    return Facts(stating, differ, stated, differing)


def _numbers_differ(one: Sentence, other: Sentence) -> bool:
    return not (one.numbers <= other.numbers or other.numbers <= one.numbers)


def _names_differ(one: Sentence, other: Sentence) -> bool:
    return not (one.names <= other.words or other.names <= one.words)
