"""The workspace of a run: the members of candidate stories, and each text prepared once for comparison."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import inf
from typing import NamedTuple

import numpy as np

from pipeline.config import MatchConfig
from pipeline.match.alignment import SentenceWeights, sentence_weights
from pipeline.match.compare import Comparison, LowBits, Overlap, Shared, WeightedText, comparison
from pipeline.match.fingerprint import shingles_of
from pipeline.match.first_seen import STALE, FirstSeenIndex, Minutes, to_minute
from pipeline.match.reconcile import ParagraphCache
from pipeline.match.sentences import Sentences, split_sentences
from pipeline.match.word_sequence import WordSequence
from pipeline.model import Fingerprint, Member, VersionKind
from pipeline.text.shingles import WIDTH, Hashes

# Share of stale shingles that makes a text a known one, and how many shingles it must have more than.
KNOWN_SHARE = 0.9
KNOWN_SHINGLES = 5
# Copies whose stories stay in the workspace from batch to batch, some 20 KB each.
KEPT_COPIES = 4000


class NewArticle(NamedTuple):
    """An article to place."""

    article_id: int
    outlet: str
    seen_at: datetime
    title: str
    body: tuple[str, ...]
    mark: VersionKind
    fingerprint: Fingerprint


@dataclass(slots=True)
class PreparedText:
    """A text's shingles, the minute each was first seen, and its sentences.

    Weights depend on the minute from which on shingles are fresh (``since``); those of the last one are kept, since a
    member is nearly always asked for the same minute.
    """

    hashes: Hashes
    first_seen: Minutes
    oldest: float
    body: Sequence[str]
    _sentences: Sentences | None = None
    _words: WordSequence | None = None
    _stale: tuple[float, int] | None = None
    _minutes: Minutes | None = None
    _low_bits: LowBits | None = None
    _weights: tuple[float, SentenceWeights] | None = None

    @classmethod
    def from_shingles(cls, hashes: Hashes, first_seen: Minutes, body: Sequence[str]) -> PreparedText:
        """Return a text by its shingles and when they were first seen."""
        return cls(hashes, first_seen, float(np.minimum.reduce(first_seen, initial=inf)), body)

    @property
    def sentences(self) -> Sentences:
        """The text's sentences, split once."""
        if self._sentences is None:
            self._sentences = split_sentences(self.body)
        return self._sentences

    @property
    def words(self) -> WordSequence:
        """The words of the text's first sentences in order, hashed once."""
        if self._words is None:
            self._words = WordSequence(self.sentences)
        return self._words

    @property
    def low_bits(self) -> LowBits:
        """The low bits of the text's shingles, by which it is looked up in others."""
        if self._low_bits is None:
            self._low_bits = self.hashes.astype(np.uint16)
        return self._low_bits

    def weight(self, since: float) -> float:
        """Return the weight of the text's shingles."""
        if self.oldest >= since:
            return float(len(self.hashes))
        if self._stale is None or self._stale[0] != since:
            self._stale = since, int(np.count_nonzero(self.first_seen < since))
        return len(self.hashes) - (1 - STALE) * self._stale[1]

    def weights_of(self, shared: Sequence[Shared], since: Sequence[float]) -> tuple[list[float], list[float]]:
        """Return, for each time, the weight of the text's shingles and of those that are shared."""
        numbers = [part.number for part in shared]
        if not since or self.oldest >= max(since):
            return [float(len(self.hashes))] * len(since), list(map(float, numbers))
        stale = self.first_seen < np.array(since)[:, None]
        totals = np.count_nonzero(stale, axis=1).tolist()
        stale &= np.array([part.flags for part in shared])
        stale_numbers = np.count_nonzero(stale, axis=1).tolist()
        weights = [number - (1 - STALE) * count for number, count in zip(numbers, stale_numbers, strict=True)]
        return [len(self.hashes) - (1 - STALE) * count for count in totals], weights

    def weigh_sentences(self, since: float, index: FirstSeenIndex) -> SentenceWeights:
        """Return the weights of the text's sentences."""
        if self.oldest >= since:
            since = -inf
        if self._weights is None or self._weights[0] != since:
            self._weights = since, sentence_weights(self.sentences, self._word_weights(since, index))
        return self._weights[1]

    def _word_weights(self, since: float, index: FirstSeenIndex) -> list[float]:
        """Return the weight of a word of each sentence: the mean of the sentence's shingles.

        A sentence shorter than a shingle weighs least: when it was first seen is not known.
        """
        sentences = self.sentences.all
        if since == -inf or not sentences:
            return [1.0 if sentence.length >= WIDTH else STALE for sentence in sentences]
        lengths = self.sentences.shingles[1]
        weights = np.where(self._sentence_minutes(index) >= since, 1.0, STALE)
        means = np.add.reduceat(weights, np.cumsum(lengths) - lengths) / lengths
        pairs = zip(sentences, means.tolist(), strict=True)
        return [mean if sentence.length >= WIDTH else STALE for sentence, mean in pairs]

    def _sentence_minutes(self, index: FirstSeenIndex) -> Minutes:
        """Return when the shingles of the sentences were first seen; those of short sentences do not count."""
        if self._minutes is None:
            self._minutes = self.first_minutes(self.sentences.shingles[0], index)
        return self._minutes

    def first_minutes(self, shingles: Hashes, index: FirstSeenIndex) -> Minutes:
        """Return when these shingles were first seen. Most are the text's own; the others are looked up."""
        if not len(self.hashes):
            return index.first_minutes(shingles)
        places = self.hashes.searchsorted(shingles)
        minutes: Minutes = self.first_seen.take(places, mode="clip")
        is_foreign = self.hashes.take(places, mode="clip") != shingles
        # A sentence shorter than a shingle has one that the text has not.
        if is_foreign.any():
            minutes[is_foreign] = index.first_minutes(shingles[is_foreign])
        return minutes


def _no_overlap() -> tuple[int, Overlap]:
    return 0, Overlap(np.empty(0, dtype=np.uint64))


@dataclass(slots=True)
class Workspace:
    """The members of candidate stories, and prepared texts.

    Stories stay from batch to batch, the least recently used are dropped. That is sound for as long as nobody else can
    write stories: ``members`` are those of the current batch's candidates, planned ones included.
    """

    config: MatchConfig
    first_seen: FirstSeenIndex
    members: dict[int, list[Member]] = field(default_factory=lambda: defaultdict(list))
    paragraphs: ParagraphCache = field(default_factory=ParagraphCache)
    _texts: dict[int, PreparedText] = field(default_factory=dict)
    _stories: OrderedDict[int, list[Member]] = field(default_factory=OrderedDict)
    _overlap: tuple[int, Overlap] = field(default_factory=_no_overlap)

    def clear(self) -> None:
        """Forget all stories and texts, so that they are read from the store again."""
        self.members.clear()
        self._stories.clear()
        self._texts.clear()
        self._overlap = _no_overlap()

    def missing(self, stories: Iterable[int]) -> list[int]:
        """Return the stories that are not in the workspace."""
        return [story for story in stories if story not in self._stories]

    def load(self, stories: Iterable[int], missing_members: Iterable[Member]) -> None:
        """Make these stories the batch's candidates; ``missing_members``: those of stories that were missing."""
        loaded = list(missing_members)
        hashes = [shingles_of(member.fingerprint) for member in loaded]
        self._add_texts(loaded, hashes, self.first_seen.first_minutes_of_many(hashes))
        for member in loaded:
            self._stories.setdefault(member.story_id, []).append(member)
        self.members = defaultdict(list)
        for story in stories:
            if story in self._stories:
                self._stories.move_to_end(story)
                self._stories[story].sort(key=lambda member: (member.seen_at, member.article_id))
                self.members[story] = self._stories[story]

    def keep_placed(self, stories: Mapping[int, int]) -> None:
        """Keep the batch's new stories under their stored numbers; ``stories``: placed article -> its story."""
        for story, members in self.members.items():
            if story < 0 and members:
                self._stories[stories[members[0].article_id]] = [
                    replace(member, story_id=stories[member.article_id]) for member in members
                ]
        copies = sum(map(len, self._stories.values()))
        while copies > KEPT_COPIES:
            _, dropped = self._stories.popitem(last=False)
            copies -= len(dropped)
            for member in dropped:
                self._texts.pop(member.article_id, None)

    def is_prepared(self, article_id: int) -> bool:
        """Whether an article's text is prepared."""
        return article_id in self._texts

    def prepare(self, articles: Sequence[NewArticle]) -> None:
        """Prepare the texts of new articles, and add their shingles to the first-seen index.

        They are added in time order, so that what is added later was not seen earlier.
        """
        ordered = sorted(articles, key=lambda article: article.seen_at)
        hashes = [shingles_of(article.fingerprint) for article in ordered]
        times = [article.seen_at for article in ordered]
        self._add_texts(ordered, hashes, self.first_seen.add_many(list(zip(hashes, times, strict=True))))

    def _add_texts(
        self, texts: Sequence[NewArticle | Member], hashes: Sequence[Hashes], minutes: Sequence[Minutes]
    ) -> None:
        for text, text_hashes, first_seen in zip(texts, hashes, minutes, strict=True):
            self._texts[text.article_id] = PreparedText.from_shingles(text_hashes, first_seen, text.body)

    def text(self, article_id: int) -> PreparedText | None:
        """Return the prepared text of an article; None where it is not at hand."""
        return self._texts.get(article_id)

    def prepared(self, text: NewArticle | Member) -> PreparedText:
        """Return the prepared text of an article."""
        prepared = self._texts.get(text.article_id)
        if prepared is None:
            hashes = shingles_of(text.fingerprint)
            prepared = PreparedText.from_shingles(hashes, self.first_seen.first_minutes(hashes), text.body)
            self._texts[text.article_id] = prepared
        return prepared

    def overlap(self, article_id: int, fingerprint: Fingerprint) -> Overlap:
        """Return the shingles that an article shares with others; the last article's are kept."""
        if self._overlap[0] != article_id:
            self._overlap = article_id, Overlap(shingles_of(fingerprint))
        return self._overlap[1]

    def look_up(self, article_id: int, fingerprint: Fingerprint, article_ids: Iterable[int]) -> None:
        """Look up what an article shares with those that it is to be compared with (:meth:`Overlap.look_up`)."""
        texts = ((other_id, self._texts.get(other_id)) for other_id in article_ids)
        overlap = self.overlap(article_id, fingerprint)
        overlap.look_up({other_id: (text.hashes, text.low_bits) for other_id, text in texts if text})

    def compare(self, first: PreparedText, second: PreparedText, shared: Shared, at: datetime) -> Comparison:
        """Return the comparison of two texts, weighed as of ``at``; ``shared``: what of the first the second has."""
        return self.compare_all(first, [second], [shared], [at])[0]

    def compare_all(
        self, text: PreparedText, members: Sequence[PreparedText], shared: Sequence[Shared], times: Sequence[datetime]
    ) -> list[Comparison]:
        """Return the comparisons of a text with these, each weighed as of its time; ``shared``: what of the text each
        has."""
        since = [self.fresh_from(at) for at in times]
        totals, weights = text.weights_of(shared, since)
        return [
            comparison(part.number, weight, (len(text.hashes), len(member.hashes)), (total, member.weight(start)))
            for member, part, start, total, weight in zip(members, shared, since, totals, weights, strict=True)
        ]

    def first_minutes(self, article_id: int, hashes: Hashes) -> Minutes:
        """Return when an article's shingles were first seen."""
        text = self._texts.get(article_id)
        return text.first_minutes(hashes, self.first_seen) if text else self.first_seen.first_minutes(hashes)

    def fresh_from(self, at: datetime) -> float:
        """Return the minute from which on a shingle first seen is fresh at ``at``."""
        return to_minute(at) - self.config.fresh_hours * 60

    def weigh(self, fingerprint: Fingerprint, at: datetime) -> WeightedText:
        """Return a text weighed as of ``at``, for a text that is compared only once."""
        hashes = shingles_of(fingerprint)
        weights = self.first_seen.weights(hashes, at)
        return WeightedText(hashes, weights, float(weights.sum()))

    def is_known(self, article_id: int, fingerprint: Fingerprint, at: datetime) -> bool:
        """Whether nearly all of a text was seen before the fresh hours: then its story may be days old."""
        text = self._texts.get(article_id)
        minutes = text.first_seen if text else self.first_seen.first_minutes(shingles_of(fingerprint))
        if len(minutes) <= KNOWN_SHINGLES:
            return False
        return int(np.count_nonzero(minutes < self.fresh_from(at))) / len(minutes) >= KNOWN_SHARE
