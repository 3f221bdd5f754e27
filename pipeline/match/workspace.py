"""What the articles of a run are compared with, and what of each text is made ready once."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import inf
from typing import NamedTuple

import numpy as np

from pipeline.config import MatchConfig
from pipeline.match.alignment import Novel, novel_of
from pipeline.match.compare import Comparison, Document, Overlap, Shared, comparison
from pipeline.match.fingerprint import shingles_of
from pipeline.match.first_seen import STALE, FirstSeenIndex, Flags, Minutes, minute
from pipeline.match.reconcile import ParagraphCache
from pipeline.match.sentences import Sentences, sentences
from pipeline.model import Fingerprint, Member, VersionKind
from pipeline.text.shingles import WIDTH, Hashes

# A text is known already where so much of it is stale.
KNOWN = 0.9
KNOWN_LEAST = 5
# Copies whose stories stay at hand, some 20 KB each.
KEPT = 4000


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
    """A text's shingles, when each was first seen and the earliest such minute; and its sentences, with the first
    sightings of their shingles, once they are asked for. What it weighs as of a time is kept until another is asked
    for: of a member that is nearly always the same."""

    hashes: Hashes
    firsts: Minutes
    oldest: float
    body: Sequence[str]
    _sentences: Sentences | None = None
    _of_sentences: Minutes | None = None
    _stale: tuple[float, Flags] | None = None
    _novel: tuple[float, Novel] | None = None

    def weight(self, since: float, some: Shared | None = None) -> float:
        """What its shingles, or ``some`` of them, weigh together, where those first seen at the minute ``since`` or
        later are fresh."""
        number = some.number if some else len(self.firsts)
        if self.oldest >= since:
            return float(number)
        stale = self._stale_since(since)
        return number - (1 - STALE) * int(np.count_nonzero(stale & some.places if some else stale))

    def _stale_since(self, since: float) -> Flags:
        if self._stale is None or self._stale[0] != since:
            self._stale = since, self.firsts < since
        return self._stale[1]

    def novel(self, since: float, first_seen: FirstSeenIndex) -> Novel:
        """What its sentences weigh, where what was first seen at the minute ``since`` or later is fresh."""
        if self.oldest >= since:
            since = -inf
        if self._novel is None or self._novel[0] != since:
            self._novel = since, novel_of(self.sentences, self._of_words(since, first_seen))
        return self._novel[1]

    def _of_words(self, since: float, first_seen: FirstSeenIndex) -> list[float]:
        """A word weighs the mean of its sentence's shingles; of what is shorter than a shingle nobody can tell when it
        was first seen, and it weighs least."""
        every = self.sentences.all
        if since == -inf or not every:
            return [1.0 if one.length >= WIDTH else STALE for one in every]
        lengths = self.sentences.shingles[1]
        weights = np.where(self.firsts_of_sentences(first_seen) >= since, 1.0, STALE)
        means = np.add.reduceat(weights, np.cumsum(lengths) - lengths) / lengths
        return [mean if one.length >= WIDTH else STALE for one, mean in zip(every, means.tolist(), strict=True)]

    @property
    def sentences(self) -> Sentences:
        """The text's sentences, split once."""
        if self._sentences is None:
            self._sentences = sentences(self.body)
        return self._sentences

    def firsts_of_sentences(self, first_seen: FirstSeenIndex) -> Minutes:
        """When the shingles of each sentence were first seen, one sentence after another."""
        if self._of_sentences is None:
            self._of_sentences = self.firsts_of(self.sentences.shingles[0], first_seen)
        return self._of_sentences

    def firsts_of(self, shingles: Hashes, first_seen: FirstSeenIndex) -> Minutes:
        """When these shingles were first seen, most of which are the text's."""
        if not len(self.hashes):
            return first_seen.firsts(shingles)
        places = self.hashes.searchsorted(shingles)
        firsts: Minutes = self.firsts.take(places, mode="clip")
        elsewhere = self.hashes.take(places, mode="clip") != shingles
        # A sentence shorter than a shingle has one that the text has not.
        if elsewhere.any():
            firsts[elsewhere] = first_seen.firsts(shingles[elsewhere])
        return firsts


def _made_ready(hashes: Hashes, firsts: Minutes, body: Sequence[str]) -> PreparedText:
    return PreparedText(hashes, firsts, float(np.minimum.reduce(firsts, initial=np.inf)), body)


def _no_overlap() -> tuple[int, Overlap]:
    return 0, Overlap(np.empty(0, dtype=np.uint64))


@dataclass(slots=True)
class Workspace:
    """The members of candidate stories; texts made ready, and laid beside each other, once. Stories stay at hand from
    batch to batch, those that were asked for last: they are good for as long as nobody else can write."""

    config: MatchConfig
    first_seen: FirstSeenIndex
    members: dict[int, list[Member]] = field(default_factory=lambda: defaultdict(list))
    laid: ParagraphCache = field(default_factory=ParagraphCache)
    _ready: dict[int, PreparedText] = field(default_factory=dict)
    _kept: OrderedDict[int, list[Member]] = field(default_factory=OrderedDict)
    _overlap: tuple[int, Overlap] = field(default_factory=_no_overlap)

    def begin(self) -> None:
        """Know nothing of what is stored."""
        self.members.clear()
        self._kept.clear()
        self._ready.clear()
        self._overlap = _no_overlap()

    def missing(self, stories: Iterable[int]) -> list[int]:
        """Those of these stories that are not at hand."""
        return [story for story in stories if story not in self._kept]

    def hold(self, stories: Iterable[int], loaded: Iterable[Member]) -> None:
        """Compare with the members of these stories from now on. ``loaded``: those that were not at hand."""
        new = list(loaded)
        hashes = [shingles_of(one.fingerprint) for one in new]
        self._make_ready(new, hashes, self.first_seen.firsts_of_many(hashes))
        for member in new:
            self._kept.setdefault(member.story_id, []).append(member)
        self.members = defaultdict(list)
        for story in stories:
            if story in self._kept:
                self._kept.move_to_end(story)
                self._kept[story].sort(key=lambda one: (one.seen_at, one.article_id))
                self.members[story] = self._kept[story]

    def settle(self, placed: Mapping[int, int]) -> None:
        """The batch is stored, and its articles are in these stories (article -> story). The stories that were asked
        for longest ago are put away."""
        for story, group in self.members.items():
            if story < 0 and group:
                self._kept[placed[group[0].article_id]] = [
                    replace(one, story_id=placed[one.article_id]) for one in group
                ]
        held = sum(map(len, self._kept.values()))
        while held > KEPT:
            story = next(iter(self._kept))
            held -= len(self._kept[story])
            self._drop(story)

    def _drop(self, story: int) -> None:
        for member in self._kept.pop(story, ()):
            self._ready.pop(member.article_id, None)

    def has(self, article_id: int) -> bool:
        """Whether its text is ready."""
        return article_id in self._ready

    def prepare(self, articles: Sequence[NewArticle]) -> None:
        """Remember when these articles' shingles were seen, and make their texts ready, all at once. Of none of them is
        the text ready (:meth:`has`)."""
        # In time order: what is added later was not seen earlier.
        new = sorted(articles, key=lambda one: one.seen_at)
        hashes = [shingles_of(one.fingerprint) for one in new]
        firsts = self.first_seen.add_all([(each, one.seen_at) for each, one in zip(hashes, new, strict=True)])
        self._make_ready(new, hashes, firsts)

    def _make_ready(
        self, texts: Sequence[NewArticle | Member], hashes: Sequence[Hashes], firsts: Sequence[Minutes]
    ) -> None:
        for one, each, first in zip(texts, hashes, firsts, strict=True):
            self._ready[one.article_id] = _made_ready(each, first, one.body)

    def ready(self, article_id: int, fingerprint: Fingerprint, body: Sequence[str]) -> PreparedText:
        """A text made ready, once."""
        found = self._ready.get(article_id)
        if found is None:
            hashes = shingles_of(fingerprint)
            found = self._ready[article_id] = _made_ready(hashes, self.first_seen.firsts(hashes), body)
        return found

    def overlap(self, article_id: int, fingerprint: Fingerprint) -> Overlap:
        """What an article's text has in common with others; of the one asked for last it is at hand."""
        if self._overlap[0] != article_id:
            self._overlap = article_id, Overlap(shingles_of(fingerprint))
        return self._overlap[1]

    def compared(self, text: PreparedText, other: PreparedText, both: Shared, at: datetime) -> Comparison:
        """Two texts by the shingles of the first that the second has (``both``), weighed as they were at ``at``."""
        since = self.since(at)
        sizes, totals = (len(text.hashes), len(other.hashes)), (text.weight(since), other.weight(since))
        return comparison(both.number, text.weight(since, both), sizes, totals)

    def firsts(self, article_id: int, hashes: Hashes) -> Minutes:
        """When an article's shingles were first seen; asked of the memory where its text is not at hand."""
        text = self._ready.get(article_id)
        return text.firsts_of(hashes, self.first_seen) if text else self.first_seen.firsts(hashes)

    def since(self, at: datetime) -> float:
        """The minute from which on what was first seen is fresh at ``at``."""
        return minute(at) - self.config.fresh_hours * 60

    def _all_fresh(self, text: PreparedText, at: datetime) -> bool:
        return text.oldest >= self.since(at)

    def document(self, fingerprint: Fingerprint, at: datetime) -> Document:
        """The shingles of a text that is looked at but once."""
        hashes = shingles_of(fingerprint)
        weights = self.first_seen.weights(hashes, at)
        return Document(hashes, weights, float(weights.sum()))

    def known(self, firsts: Minutes, at: datetime) -> bool:
        """Whether nearly all of a text was there before the fresh hours: then its story may be days old.

        ``firsts``: when its shingles were first seen.
        """
        if len(firsts) <= KNOWN_LEAST:
            return False
        weights = self.first_seen.weighed(firsts, at)
        return float((weights < 1).mean()) >= KNOWN

    def is_known(self, article_id: int, fingerprint: Fingerprint, at: datetime) -> bool:
        """The same of an article."""
        text = self._ready.get(article_id)
        if text is None:
            return self.known(self.first_seen.firsts(shingles_of(fingerprint)), at)
        return not self._all_fresh(text, at) and self.known(text.firsts, at)
