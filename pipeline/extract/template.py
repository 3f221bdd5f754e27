"""What an outlet's pages repeat: lines that stand on pages of different stories are the site's, not the story's.

Learned from pages as they come, kept as hashes. Pages that carry the same text count once: one article saved twice
would else delete itself. Only short lines may go, and never a large part of a text.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import xxhash

from pipeline.model import Article, Span, SpanKind
from pipeline.text.normalize import fold

LONGEST = 200
STORY_LEAST = 80
SAME_STORY = 0.3
MOST_REMOVED = 0.3
DIGITS = re.compile(r"\d+")
# Other stories a line must stand in: with one, 20 of 24 lines taken off a hand-made set were true text.
OTHERS = 2
# What is shorter than this, signs apart, may stand in any story.
SHORTEST = 6
RECURS = "recurs"
DECK_RECURS = f"{RECURS} on the outlet's pages"


def line_key(text: str) -> int:
    """64-bit hash (xxh64) of a line, digits masked."""
    return xxhash.xxh64_intdigest(DIGITS.sub("0", fold(text)))


def page_keys(texts: Iterable[str]) -> frozenset[int]:
    """Keys of the lines short enough to be the site's."""
    return frozenset(line_key(text) for text in texts if text and len(text) < LONGEST)


class Repeats(Protocol):
    """What tells how often a line recurs."""

    def others(self, text: str, article: Article) -> int:
        """In how many other stories of the outlet the line stands."""


@dataclass(frozen=True, slots=True)
class Learned:
    """A template as it was learned before the article came: line key -> different stories."""

    stories: Mapping[int, int]

    def others(self, text: str, article: Article) -> int:
        """In how many stories the line stood."""
        return self.stories.get(line_key(text), 0)


class Template:
    """One outlet's repeated lines, with the stories whose pages show them. ``kept`` are lines that never go."""

    def __init__(self, kept: Collection[int] = ()) -> None:
        self._kept = frozenset(kept)
        self._stories: list[set[int]] = []
        self._holders: dict[int, set[int]] = defaultdict(set)

    def learn(self, article: Article) -> None:
        """Count a page. Learning one twice changes nothing."""
        number = self._story_of(article)
        if number is None:
            number = len(self._stories)
            self._stories.append(set())
        self._stories[number] |= _text_keys(article)
        for key in article.line_keys:
            self._holders[key].add(number)

    def others(self, text: str, article: Article) -> int:
        """In how many other stories the line stands; none where an operator keeps it."""
        key = line_key(text)
        return 0 if key in self._kept else len(self._holders.get(key, set()) - {self._story_of(article)})

    def recurring(self) -> dict[int, int]:
        """The lines that stand in enough stories to be taken off another one, with their number."""
        return {key: len(held) for key, held in self._holders.items() if len(held) >= OTHERS}

    def _story_of(self, article: Article) -> int | None:
        """The story of pages with the same running text."""
        mine = _text_keys(article)
        for number, known in enumerate(self._stories):
            if len(mine & known) >= max(SAME_STORY * min(len(mine), len(known)), 1):
                return number
        return None


def _text_keys(article: Article) -> set[int]:
    """What tells one text from another; a text without long paragraphs is told by all it has."""
    long = {line_key(text) for text in article.body if len(text) >= STORY_LEAST}
    return long or {line_key("\n".join(article.body))}


def with_repeats(article: Article) -> Article:
    """The article as it was before :func:`without_repeats`: its inverse."""
    back = {span.block: span for span in article.spans if span.whole and _recurred(span)}
    gone = {span.block for span in article.spans if span.whole}
    blocks = [n for n in range(len(gone) + len(article.body)) if n not in gone]
    texts = dict(zip(blocks, article.body, strict=True)) | {n: span.text for n, span in back.items()}
    deck = next((span.text for span in article.spans if span.rule == DECK_RECURS), article.deck)
    spans = tuple(_told_again(span) for span in article.spans if not _recurred(span))
    return replace(article, body=tuple(texts[n] for n in sorted(texts)), spans=spans, deck=deck)


def _recurred(span: Span) -> bool:
    return span.rule.startswith(RECURS) and span.rule != DECK_RECURS


def _told_again(span: Span) -> Span:
    told = "marked as deck by the page"
    return replace(span, kind=SpanKind.DECK, rule=told) if span.rule == DECK_RECURS else span


def without_repeats(article: Article, template: Repeats) -> Article:
    """The article with the outlet's own lines as spans, each naming in how many other stories it stands."""
    removed = {n: others for n, text in enumerate(article.body) if (others := _repeats(text, article, template))}
    total = sum(map(len, article.body))
    if sum(len(article.body[n]) for n in removed) > MOST_REMOVED * total:
        removed = {}
    deck_gone = bool(article.deck) and _repeats(article.deck, article, template) > 0
    spans = tuple(_repeated(span, article) if deck_gone else span for span in article.spans)
    kept, spans = _taken(article.body, spans, removed)
    return replace(article, body=kept, spans=spans, deck="" if deck_gone else article.deck)


def _repeats(text: str, article: Article, template: Repeats) -> int:
    """In how many other stories the line stands, if that is enough to take it off; else 0."""
    if len(text) >= LONGEST or len(fold(text)) < SHORTEST:
        return 0
    others = template.others(text, article)
    return others if others >= OTHERS else 0


def _repeated(span: Span, article: Article) -> Span:
    if span.kind is not SpanKind.DECK or span.text != article.deck:
        return span
    return replace(span, kind=SpanKind.BOILERPLATE, rule=DECK_RECURS)


def _taken(
    body: Sequence[str], spans: Sequence[Span], removed: dict[int, int]
) -> tuple[tuple[str, ...], tuple[Span, ...]]:
    """Paragraphs moved to spans at their blocks. A paragraph with cut ends stays: it is the story's first or last."""
    whole = {span.block for span in spans if span.whole}
    cut = {span.block for span in spans if not span.whole}
    blocks = [n for n in range(len(whole) + len(body)) if n not in whole]
    gone = {n for n in removed if blocks[n] not in cut}
    new = [_boilerplate(body[n], blocks[n], removed[n]) for n in sorted(gone)]
    kept = tuple(text for n, text in enumerate(body) if n not in gone)
    return kept, tuple(sorted([*spans, *new], key=lambda span: (span.block, span.start)))


def _boilerplate(text: str, block: int, others: int) -> Span:
    stories = "story" if others == 1 else "stories"
    return Span(SpanKind.BOILERPLATE, text, f"{RECURS} in {others} other {stories} of the outlet", block)
