"""Two texts laid beside each other, sentence by sentence: which of each are in the other, and do their facts agree.

Shingles break at every edited word, and a template fills them in otherwise; sentences aligned by the words they share
survive the one and show the other. A copy's sentences are the same but for spelling; an update changes some numbers;
another bulletin of the template puts other names and other numbers into nearly every sentence; a follow-up carries
the older story's sentences, and begins with its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from operator import itemgetter, mul
from typing import NamedTuple

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


class Novel(NamedTuple):
    """What a word of each sentence of a text weighs by its first_seen, and so each sentence, and all of them."""

    of_words: Sequence[float]
    of_sentences: Sequence[float]
    total: float


Weigh = Callable[[], Novel]


class Side(NamedTuple):
    """One text of the two: its words weighed by first_seen, how much of that weight is in the other text, the plain
    share of its words in sentences that are, and that share of its lead."""

    weight: float
    found: float
    share: float
    lead: float

    @property
    def own_lead(self) -> bool:
        """Whether it begins with what the other does not have, and is mostly something else."""
        return self.lead < LEAD_LEAST and self.share < OWN_LEAD_SHARE


class Facts(NamedTuple):
    """Of the aligned sentences: how many state facts (numbers or names), how many of those state others, and both by
    first_seen."""

    stating: int
    differ: int
    stated: float
    differing: float


class Alignment:
    """Two texts laid beside each other. What a question does not need for its answer is not looked at."""

    def __init__(self, first: _Half, second: _Half) -> None:
        self._halves = first, second
        self._shorter = second if len(first.text) > len(second.text) else first

    @property
    def sides(self) -> tuple[Side, Side]:
        """Both texts, each with what of it is in the other."""
        first, second = self._halves
        return first.side, second.side

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
        """The share of the lighter novelty that the other has too, in 0..1; its edited words count as lost."""
        return self._covered(_Half.there)

    def covers(self, share: float) -> bool:
        """Whether :attr:`covered` is so much. Equal sentences alone say no more than it is, nor do partners alone."""
        return any(self._covered(found) >= share for found in (_Half.alike, _Half.likenesses, _Half.there))

    def _covered(self, there: Callable[[_Half], Iterable[float]]) -> float:
        lighter = self._lighter
        weight = lighter[0].novel.total
        return min(max(_found(half, there(half)) for half in lighter) / weight, 1.0) if weight else 0.0

    @property
    def _lighter(self) -> list[_Half]:
        """The text that weighs less; both where they weigh the same."""
        first, second = self._halves
        one, other = first.novel.total, second.novel.total
        return [first, second] if one == other else [first if one < other else second]

    @property
    def disagreement(self) -> float:
        """The share of the novel facts that differ."""
        return self._facts.differing / self._facts.stated if self._facts.stated else 0.0

    @property
    def other_bulletin(self) -> bool:
        """Whether what is shared is a template, filled in otherwise."""
        if self._shorter.keeps_facts():
            return False
        most = max(self.differ / self.facts, self.disagreement) if self.facts else 0.0
        return self.facts >= FACTS_LEAST and most >= FACTS_DIFFER

    @property
    def other_lead(self) -> bool:
        """Whether one carries the other's sentences as background, or as one item of several."""
        return any(half.own_lead for half in self._halves)

    @property
    def agreeing(self) -> bool:
        """Whether hardly any novel fact differs."""
        return self.disagreement < AGREE

    @property
    def changed_numbers(self) -> bool:
        """Whether one is a later state of the other: numbers changed in the lead or in several sentences."""
        half, changed = self._shorter, 0
        numbered = [n for n in half.edited if half.text.all[n].numbers and not half.keeps_numbers(n)]
        for left, position in zip(range(len(numbered), 0, -1), numbered, strict=True):
            if position and changed + left < 2:
                return False
            partner = half.partner(position)
            if partner and _numbers_differ(half.text.all[position], partner):
                changed += 1
                if changed >= 2 or position == 0:
                    return True
        return False


Partner = tuple[int, float]
NO_PARTNER: Partner = (-1, 0.0)


class _Half:
    """One text, where in the other each of its sentences stands word for word, and which sentence of the other is its
    partner: the first that is the very same, else one that is like it where the text goes on, else
    the first of those most like it."""

    def __init__(self, text: Sentences, other: Sentences, weigh: Weigh | None) -> None:
        self.text, self.other, self._weigh = text, other, weigh
        self._found: dict[int, Partner] = {}

    @cached_property
    def same(self) -> list[int]:
        """Where in the other text each of its sentences stands word for word; -1 where none does."""
        return self.text.found_in(self.other)

    @cached_property
    def novel(self) -> Novel:
        """What its words and sentences weigh: 1 a word where nothing else is said."""
        return self._weigh() if self._weigh else novel_of(self.text, [1.0] * len(self.text))

    def alike(self) -> Iterator[bool]:
        """Which of its sentences are word for word in the other."""
        return (place >= 0 for place in self.same)

    @cached_property
    def edited(self) -> list[int]:
        """Its sentences that are not word for word in the other."""
        return [n for n, place in enumerate(self.same) if place < 0]

    def keeps_facts(self) -> bool:
        """Whether so many of its facts stand in the other as they are, by count and by novelty, that even if all else
        differed most would not."""
        most = FACTS_DIFFER / (1 - FACTS_DIFFER)
        lost, weight = len(self.edited), sum([self.novel.of_words[n] for n in self.edited])
        kept, kept_weight = 0, 0.0
        for sentence, place, novel in zip(self.text.all, self.same, self.novel.of_words, strict=True):
            if lost < most * kept and weight < most * kept_weight:
                return True
            if place >= 0 and sentence.facts:
                kept, kept_weight = kept + 1, kept_weight + novel
        return lost < most * kept and weight < most * kept_weight

    @property
    def own_lead(self) -> bool:
        """See :attr:`Side.own_lead`. What equal sentences or partners refute needs no shingles."""
        if any(_lead(self.text, found) >= LEAD_LEAST for found in (self.alike(), self.likenesses())):
            return False
        return _side(self, list(self.alike())).own_lead and self.side.own_lead

    @cached_property
    def side(self) -> Side:
        """The text with what of it is in the other."""
        return _side(self, self.there())

    def nearest(self, position: int) -> Partner:
        """A sentence's partner by its place, and how like the two are."""
        if (place := self.same[position]) >= 0:
            return place, 1.0
        if position not in self._found:
            self._found[position] = _most_like(self.text.all[position], self.other, self._next(position))
        return self._found[position]

    def _next(self, position: int) -> int:
        """Where the other text goes on, as the sentences before and after say that are in both; where neither is, as
        the last one before them says."""
        if not position:
            return 0
        if (before := self.same[position - 1]) >= 0:
            return before + 1
        after = self.same[position + 1] if position + 1 < len(self.same) else -1
        return after - 1 if after > 0 else self._as_from_last(position)

    def _as_from_last(self, position: int) -> int:
        ahead = next((self.same[n] - n for n in range(position - 1, -1, -1) if self.same[n] >= 0), len(self.other))
        return position + ahead

    def keeps_numbers(self, position: int) -> bool:
        """Whether the other text states a sentence's numbers where it goes on: no partner need be looked for."""
        place = self._next(position)
        return 0 <= place < len(self.other) and self.text.all[position].numbers == self.other.all[place].numbers

    def partner(self, position: int) -> Sentence | None:
        """A sentence's partner."""
        place, _ = self.nearest(position)
        return self.other.all[place] if place >= 0 else None

    def likenesses(self) -> Iterator[float]:
        """How like each sentence and its partner are."""
        return (self.nearest(n)[1] for n in range(len(self.text)))

    def there(self) -> list[float]:
        """How much of each sentence is in the other text: in its partner by words, or anywhere by shingles.

        Outlets join and split sentences, so that none has a partner though all are there.
        """
        found = list(self.likenesses())
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
    first: Sentences, second: Sentences, first_novel: Weigh | None = None, second_novel: Weigh | None = None
) -> Alignment:
    """Each sentence with the one of the other text that shares most of its words. Symmetric but for names.

    ``first_novel`` and ``second_novel``: what their words weigh, once it is asked for; all weigh 1 where they are not
    given.
    """
    return Alignment(_Half(first, second, first_novel), _Half(second, first, second_novel))


def novel_of(text: Sentences, of_words: Sequence[float]) -> Novel:
    """A text's weights by what a word of each sentence weighs."""
    of_sentences = [sentence.length * novel for sentence, novel in zip(text.all, of_words, strict=True)]
    return Novel(of_words, of_sentences, sum(of_sentences, 0.0))


def _found(half: _Half, there: Iterable[float]) -> float:
    found: float = sum(map(mul, half.novel.of_sentences, there))
    return found


def _most_like(one: Sentence, other: Sentences, likely: int) -> Partner:
    """The sentence at the ``likely`` place where it is like enough, else the first of those most like."""
    if 0 <= likely < len(other) and (likeness := _likeness(one.words, other.all[likely].words)) >= SURE:
        return likely, likeness
    return _most_like_of_all(one, other)


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    both = len(one & other)
    return both / (len(one) + len(other) - both)


def _most_like_of_all(one: Sentence, other: Sentences) -> Partner:
    """By words; where none is alike by words, by frames (names and numbers left out), and then as like as by words."""
    words = one.words
    both = [len(words & sentence.words) for sentence in other.all]
    # Sets that share half of their union share a third of their sizes' sum, and so a third of each.
    near = [n for n, shared in enumerate(both) if 3 * shared >= len(words)]
    place, likeness = _first_most(one, other, near)
    if likeness < ALIGNED:
        framed = [n for n, shared in enumerate(both) if shared >= FRAME and _framed(one, other.all[n], shared)]
        return _first_most(one, other, framed)
    return place, likeness


def _first_most(one: Sentence, other: Sentences, places: Sequence[int]) -> Partner:
    found = [(n, _likeness(one.words, other.all[n].words)) for n in places]
    return max(found, key=itemgetter(1), default=NO_PARTNER)


def _framed(one: Sentence, other: Sentence, shared: int) -> bool:
    least = len(one.frame)
    if 3 * shared < least or 3 * shared < (least := least + len(other.frame)):
        return False
    frame = len(one.frame & other.frame)
    union = least - frame
    return union > 2 and frame / union >= ALIGNED


def _side(half: _Half, there: Sequence[float]) -> Side:
    lengths = [sentence.length for sentence in half.text.all]
    known = sum([length for length, share in zip(lengths, there, strict=True) if share > 0])
    share = known / max(sum(lengths), 1)
    return Side(half.novel.total, _found(half, there), share, _lead(half.text, there))


def _lead(text: Sentences, there: Iterable[float]) -> float:
    """The share of the lead's words in sentences that are in the other text."""
    lead = found = 0
    for sentence, share in zip(text.all, there, strict=True):
        if sentence.length >= LEAD_SENTENCE:
            lead, found = lead + sentence.length, found + sentence.length * (share > 0)
            if lead >= LEAD:
                break
    return found / lead if lead else 1.0


def _facts(half: _Half) -> Facts:
    stating = differ = 0
    stated = differing = 0.0
    for position, (sentence, weight) in enumerate(zip(half.text.all, half.novel.of_words, strict=True)):
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
