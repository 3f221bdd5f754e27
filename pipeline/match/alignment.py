"""Alignment of two texts sentence by sentence: which sentences they share, and whether their facts agree.

Shingles break at every edited word, and a template is filled in differently each time; sentences aligned by the words
they share survive the one and show the other. A copy's sentences are the same but for spelling. An update changes some
numbers. Another bulletin of the same template has other names and numbers in nearly every sentence. A follow-up carries
the older story's sentences, and begins with its own.

Sentences that are equal word by word are found first, by look-up. They answer most questions by a bound; only where
they do not, a partner is looked for by words, and after that by shingles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from operator import itemgetter, mul
from typing import NamedTuple

import numpy as np

from pipeline.match.facts import names_differ, numbers_differ, replaced_facts, replaces_numbers
from pipeline.match.sentences import Sentence, Sentences

# Jaccard of words, or of frames, from which on two sentences are partners; two frames have so many words in common.
ALIGNED = 0.5
FRAME_WORDS = 2
# Jaccard from which on the sentence at the expected position is the partner, and no other is looked for.
SURE = 0.6
# Sentences that state facts, and the share of them that differ, in two bulletins of one template.
TEMPLATE_FACTS = 2
TEMPLATE_DIFFERING = 0.65
# Share of a text's words in sentences that the other text has word by word, from which on changed facts are a revision
# where the lead is the same.
KEPT_SHARE = 0.5
# Share of a sentence's facts that the other sentence has not, from which on it tells of something else: a revision
# keeps who, where and when. In the lead a form's other facts tell by themselves, however much of it is formula.
REPLACED = 0.5
LEAD_REPLACED = 0.6
LEAD_FACTS = 2
# Numbers of a lead that a revision changes: a figure, or one in two units.
REVISED_NUMBERS = 2
# Share of fresh facts below which what differs is spelling.
FACTS_AGREE = 0.2
# Words of whole sentences that make the lead. Shorter sentences do not count: a dateline, a teaser, a promotion.
LEAD_WORDS = 50
LEAD_SENTENCE_WORDS = 6
# Share of the lead that the other text must have; without it, the share of the whole text that makes it a copy under a
# new lead.
LEAD_SHARE = 0.15
NEW_LEAD_SHARE = 0.7
# Where both texts begin with so many words of their own: letters of a longer word, and the share of those longer words
# that the other text has not.
OWN_LEAD_WORDS = 30
LONGER_WORD = 5
NEW_WORDS = 0.6


class SentenceWeights(NamedTuple):
    """A text's weights by freshness: of a word of each sentence, of each sentence, and their sum."""

    word: Sequence[float]
    sentence: Sequence[float]
    total: float


Weigh = Callable[[], SentenceWeights]


class Facts(NamedTuple):
    """Aligned sentences that state facts (numbers or names), those whose facts differ, those that state others in
    their place, and the weight of each."""

    stating: int
    differing: int
    replaced: int
    stating_weight: float
    differing_weight: float
    replaced_weight: float

    @property
    def replaced_share(self) -> float:
        """The share that states others, by number or by weight."""
        by_weight = self.replaced_weight / self.stating_weight if self.stating_weight else 0.0
        return max(self.replaced / self.stating, by_weight)


class Alignment:
    """Two texts aligned. Each answer is computed when it is asked for."""

    def __init__(self, first: _Side, second: _Side) -> None:
        self._sides = first, second
        self._shorter = second if len(first.text) > len(second.text) else first

    @cached_property
    def _facts(self) -> Facts:
        return _compare_facts(self._shorter)

    @property
    def stating_facts(self) -> int:
        """How many aligned sentences state facts."""
        return self._facts.stating

    @property
    def differing_facts(self) -> int:
        """How many of them state different ones."""
        return self._facts.differing

    @property
    def agreed_facts(self) -> float:
        """The weight of the sentences whose facts agree: 1 for each if it is fresh."""
        return self._facts.stating_weight - self._facts.differing_weight

    @property
    def disagreement(self) -> float:
        """The share of the facts' weight that differs."""
        return self._facts.differing_weight / self._facts.stating_weight if self._facts.stating_weight else 0.0

    @property
    def facts_agree(self) -> bool:
        """Whether hardly any fresh fact differs."""
        return self.disagreement < FACTS_AGREE

    @property
    def other_bulletin(self) -> bool:
        """Whether the two are bulletins of one template, filled in differently."""
        if self._shorter.fills_lead_otherwise():
            return True
        keeps = self._shorter.keeps_lead() or self._shorter.keeps_facts()
        if keeps or self.stating_facts < TEMPLATE_FACTS:
            return False
        if max(self.differing_facts / self.stating_facts, self.disagreement) < TEMPLATE_DIFFERING:
            return False
        pairs = self._shorter.partners()
        is_refilled = self._facts.replaced_share >= TEMPLATE_DIFFERING or replaces_numbers(pairs, TEMPLATE_DIFFERING)
        return is_refilled or not self._shorter.revises_lead()

    @property
    def other_lead(self) -> bool:
        """Whether one text carries the other's sentences as background, or as one item of several."""
        return any(side.has_own_lead for side in self._sides) or all(side.begins_apart for side in self._sides)

    @property
    def numbers_changed(self) -> bool:
        """Whether one text is a later state of the other: numbers changed in the lead or in several sentences."""
        side = self._shorter
        changed = [position for position in side.edited if side.changes_numbers(position)]
        return len(changed) > 1 or changed == [0]

    def covers(self, share: float) -> bool:
        """Whether the other text has at least such a share of the lighter text's weight.

        Equal sentences alone, and partners alone, give a lower bound at less cost.
        """
        return any(self._coverage(shares) >= share for shares in (_Side.is_equal, _Side.likenesses, _Side.shares))

    def _coverage(self, shares: Callable[[_Side], Iterable[float]]) -> float:
        lighter = self._lighter_sides
        total = lighter[0].weights.total
        covered = max(sum(map(mul, side.weights.sentence, shares(side)), 0.0) for side in lighter)
        return min(covered / total, 1.0) if total else 0.0

    @property
    def _lighter_sides(self) -> list[_Side]:
        """The text that weighs less, or both."""
        least = min(side.weights.total for side in self._sides)
        return [side for side in self._sides if side.weights.total == least]


# The position of a sentence in the other text and the likeness of the two, in 0..1.
Partner = tuple[int, float]
NO_PARTNER: Partner = (-1, 0.0)


class _Side:
    """One text of an alignment, and where its sentences stand in the other.

    A sentence's partner is the first sentence that is equal to it; else the one at the expected position if it is
    like it; else the first of those most like it.
    """

    def __init__(self, text: Sentences, other_text: Sentences, weigh: Weigh | None) -> None:
        self.text, self.other_text, self._weigh = text, other_text, weigh
        self._partners: dict[int, Partner] = {}

    @cached_property
    def equal(self) -> list[int]:
        """The position of each sentence in the other text; -1 where no sentence is equal to it."""
        return self.text.positions_in(self.other_text)

    @cached_property
    def edited(self) -> list[int]:
        """The positions of the sentences that the other text does not have word by word."""
        return [position for position, place in enumerate(self.equal) if place < 0]

    @cached_property
    def weights(self) -> SentenceWeights:
        """The weights of its words and sentences; 1 a word where no weights were given."""
        return self._weigh() if self._weigh else sentence_weights(self.text, [1.0] * len(self.text))

    def is_equal(self) -> Iterator[bool]:
        """Return for each sentence whether the other text has it word by word."""
        return (place >= 0 for place in self.equal)

    def likenesses(self) -> Iterator[float]:
        """Return for each sentence the likeness of its partner."""
        return (self.find_partner(position)[1] for position in range(len(self.text)))

    def shares(self) -> list[float]:
        """Return the share of each sentence that is in the other text: in its partner by words, or anywhere by
        shingles.

        Outlets join and split sentences, so that a sentence has no partner though all of it is there.
        """
        shares = list(self.likenesses())
        unequal = [position for position, likeness in enumerate(shares) if likeness < 1]
        if not unequal or not len(self.other_text):
            return shares
        shingles = [self.text.all[position].shingles for position in unequal]
        lengths = np.array([len(hashes) for hashes in shingles])
        is_in_other = np.isin(np.concatenate(shingles), self.other_text.shingles[0]).astype(float)
        by_shingles = np.add.reduceat(is_in_other, np.cumsum(lengths) - lengths) / lengths
        for position, share in zip(unequal, by_shingles.tolist(), strict=True):
            shares[position] = max(shares[position], share if share >= ALIGNED else 0.0)
        return shares

    @property
    def has_own_lead(self) -> bool:
        """Whether it begins with what the other text does not have, and is mostly something else.

        Equal sentences, and then partners, refute that at less cost than shingles do.
        """
        for shares in (self.is_equal, self.likenesses):
            if _lead_share(self.text, shares()) >= LEAD_SHARE:
                return False
        if _word_share(self.text, self.is_equal()) >= NEW_LEAD_SHARE:
            return False
        shares_found = self.shares()
        return (
            _lead_share(self.text, shares_found) < LEAD_SHARE and _word_share(self.text, shares_found) < NEW_LEAD_SHARE
        )

    @property
    def begins_apart(self) -> bool:
        """Whether it begins with sentences of its own, whose longer words are not in the other text either: two stories
        of a day that share a background which nobody saw before.

        Asked of both texts: a lead that one of them rewrote has the other's words.
        """
        if not self.edited or self.edited[0] or self.find_partner(0)[1]:
            return False
        shares = self.shares()
        beginning = self.text.all[: next((place for place, share in enumerate(shares) if share > 0), len(shares))]
        if (
            sum(sentence.length for sentence in beginning) < OWN_LEAD_WORDS
            or _word_share(self.text, shares) >= NEW_LEAD_SHARE
        ):
            return False
        words = {word for sentence in beginning for word in sentence.words if len(word) >= LONGER_WORD}
        return len(words.difference(*[sentence.words for sentence in self.other_text.all])) >= NEW_WORDS * len(words)

    def keeps_facts(self) -> bool:
        """Whether equal sentences state so many facts, by number and by weight, that the two are no bulletins of one
        template even if all other facts differ."""
        ratio = TEMPLATE_DIFFERING / (1 - TEMPLATE_DIFFERING)
        equal = [position for position, place in enumerate(self.equal) if place >= 0]
        stating = [position for position in equal if self.text.all[position].states_facts]
        if not self.edited or len(self.edited) >= ratio * len(stating):
            return not self.edited and bool(stating)
        weights = self.weights.word
        edited_weight = sum([weights[position] for position in self.edited])
        stating_weight = sum([weights[position] for position in stating])
        return edited_weight < ratio * stating_weight

    def keeps_lead(self) -> bool:
        """Whether both texts begin with one sentence, word by word, and equal sentences are most of this text: figures
        of the same event that changed, since a form begins with what fills it."""
        lead = _lead_position(self.text)
        is_equal = lead >= 0 and self.equal[lead] >= 0 and self.equal[lead] == _lead_position(self.other_text)
        return is_equal and _word_share(self.text, self.is_equal()) >= KEPT_SHARE

    def fills_lead_otherwise(self) -> bool:
        """Whether both texts begin with one sentence of a form, with other facts in it."""
        replaced = replaced_facts(*pair) if (pair := self.lead_pair) else None
        return replaced is not None and replaced.fewest >= LEAD_FACTS and replaced.share >= LEAD_REPLACED

    def partners(self) -> Iterator[tuple[Sentence, Sentence]]:
        """Yield each sentence with its partner, where it has one."""
        pairs = ((sentence, self.partner(position)) for position, sentence in enumerate(self.text.all))
        return ((sentence, partner) for sentence, partner in pairs if partner)

    def revises_lead(self) -> bool:
        """Whether both texts begin with one sentence in which nothing but a number or two changed, and most stays."""
        if not (pair := self.lead_pair) or _word_share(self.text, self.likenesses()) < NEW_LEAD_SHARE:
            return False
        changed = pair[0].words ^ pair[1].words
        is_revised = 0 < replaced_facts(*pair).fewest <= REVISED_NUMBERS
        return is_revised and all(word.isdecimal() for word in changed)

    @cached_property
    def lead_pair(self) -> tuple[Sentence, Sentence] | None:
        """The first whole sentences of the two texts, where they are partners."""
        first, other_first = _lead_position(self.text), _lead_position(self.other_text)
        if first < 0 or other_first < 0 or self.find_partner(first)[0] != other_first:
            return None
        return self.text.all[first], self.other_text.all[other_first]

    def changes_numbers(self, position: int) -> bool:
        """Whether a sentence and its partner state different numbers; none does where the sentence at the expected
        position has the same numbers."""
        sentence, expected = self.text.all[position], self._expected_position(position)
        if not sentence.numbers:
            return False
        if 0 <= expected < len(self.other_text) and sentence.numbers == self.other_text.all[expected].numbers:
            return False
        partner = self.partner(position)
        return partner is not None and numbers_differ(sentence, partner)

    def partner(self, position: int) -> Sentence | None:
        """Return a sentence's partner."""
        place, _ = self.find_partner(position)
        return self.other_text.all[place] if place >= 0 else None

    def find_partner(self, position: int) -> Partner:
        """Return the position of a sentence's partner, and their likeness."""
        if (place := self.equal[position]) >= 0:
            return place, 1.0
        if position not in self._partners:
            expected = self._expected_position(position)
            self._partners[position] = _most_like(self.text.all[position], self.other_text, expected)
        return self._partners[position]

    def _expected_position(self, position: int) -> int:
        """Return where a sentence would stand in the other text, by its neighbours that both texts have, else by the
        last such sentence before it."""
        if not position:
            return 0
        if (before := self.equal[position - 1]) >= 0:
            return before + 1
        after = self.equal[position + 1] if position + 1 < len(self.equal) else -1
        return after - 1 if after > 0 else position + self._offset_before(position)

    def _offset_before(self, position: int) -> int:
        earlier = range(position - 1, -1, -1)
        return next((self.equal[place] - place for place in earlier if self.equal[place] >= 0), len(self.other_text))


def align(
    first: Sentences, second: Sentences, weigh_first: Weigh | None = None, weigh_second: Weigh | None = None
) -> Alignment:
    """Return the alignment of two texts; symmetric but for names.

    ``weigh_first`` and ``weigh_second`` return the weights of their words, and are called if these are needed; without
    them every word weighs 1.
    """
    return Alignment(_Side(first, second, weigh_first), _Side(second, first, weigh_second))


def sentence_weights(text: Sentences, word_weights: Sequence[float]) -> SentenceWeights:
    """Return a text's weights by the weight of a word of each sentence."""
    weights = [sentence.length * weight for sentence, weight in zip(text.all, word_weights, strict=True)]
    return SentenceWeights(word_weights, weights, sum(weights, 0.0))


def _most_like(sentence: Sentence, other_text: Sentences, expected: int) -> Partner:
    """Return the sentence at the expected position if it is like enough, else the first of those most like."""
    if 0 <= expected < len(other_text):
        likeness = jaccard(sentence.words, other_text.all[expected].words)
        if likeness >= SURE:
            return expected, likeness
    return _most_like_of_all(sentence, other_text)


def _most_like_of_all(sentence: Sentence, other_text: Sentences) -> Partner:
    """Return the sentence most like by words; where none is aligned so, the one among those aligned by frames."""
    words = sentence.words
    shared = [len(words & candidate.words) for candidate in other_text.all]
    # Sets that share half of their union share a third of each.
    near = [place for place, count in enumerate(shared) if 3 * count >= len(words)]
    partner = _first_most_like(sentence, other_text, near)
    if partner[1] >= ALIGNED:
        return partner
    framed = [place for place, count in enumerate(shared)
              if count >= FRAME_WORDS and _frames_align(sentence, other_text.all[place], count)]  # fmt: skip
    return _first_most_like(sentence, other_text, framed)


def _first_most_like(sentence: Sentence, other_text: Sentences, places: Sequence[int]) -> Partner:
    partners = [(place, jaccard(sentence.words, other_text.all[place].words)) for place in places]
    return max(partners, key=itemgetter(1), default=NO_PARTNER)


def jaccard(first: frozenset[str], second: frozenset[str]) -> float:
    """Return the Jaccard index of two sets."""
    shared = len(first & second)
    return shared / (len(first) + len(second) - shared)


def _frames_align(first: Sentence, second: Sentence, shared_words: int) -> bool:
    """Whether the frames (names and numbers left out) share half of more than two words."""
    # A frame's words are words: frames that share half of their union share at most shared_words.
    if 3 * shared_words < len(first.frame) + len(second.frame):
        return False
    shared = len(first.frame & second.frame)
    union = len(first.frame) + len(second.frame) - shared
    return union > 2 and shared / union >= ALIGNED


def _word_share(text: Sentences, shares: Iterable[float]) -> float:
    """Return the share of the text's words in sentences that are, in part at least, in the other text."""
    lengths = [sentence.length for sentence in text.all]
    covered = sum([length for length, share in zip(lengths, shares, strict=True) if share > 0])
    return covered / max(sum(lengths), 1)


def _lead_share(text: Sentences, shares: Iterable[float]) -> float:
    """Return the share of the lead's words in sentences that are, in part at least, in the other text."""
    lead = covered = 0
    for sentence, share in zip(text.all, shares, strict=True):
        if sentence.length >= LEAD_SENTENCE_WORDS:
            lead, covered = lead + sentence.length, covered + sentence.length * (share > 0)
            if lead >= LEAD_WORDS:
                break
    return covered / lead if lead else 1.0


def _compare_facts(side: _Side) -> Facts:
    stating = differing = replaced = 0
    stating_weight = differing_weight = replaced_weight = 0.0
    for position, (sentence, weight) in enumerate(zip(side.text.all, side.weights.word, strict=True)):
        partner = side.partner(position) if sentence.states_facts else None
        if not partner or not partner.states_facts:
            continue
        stating, stating_weight = stating + 1, stating_weight + weight
        if partner.hashed == sentence.hashed or not (
            numbers_differ(sentence, partner) or names_differ(sentence, partner)
        ):
            continue
        differing, differing_weight = differing + 1, differing_weight + weight
        if replaced_facts(sentence, partner).share >= REPLACED:
            replaced, replaced_weight = replaced + 1, replaced_weight + weight
    return Facts(stating, differing, replaced, stating_weight, differing_weight, replaced_weight)


def _lead_position(text: Sentences) -> int:
    """Return the position of the first whole sentence; -1 where there is none."""
    return next((place for place, sentence in enumerate(text.all) if sentence.length >= LEAD_SENTENCE_WORDS), -1)
