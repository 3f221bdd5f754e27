"""Which lines of a page are the story's, told from the true text by alignment: what the reader learns from.

A line is matched where its 4-grams stand in the truth; of all matches the heaviest chain in which both the lines and
their places rise is kept, so that a sentence that is also a teaser elsewhere on the page counts once, where it belongs.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

# A character of these scripts is a token: they set no blanks between words.
TOKEN = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+"
)
GRAM = 4
# Hits whose places differ by no more than this belong to one match: a word more or less shifts the rest.
SHIFT = 8
MOST_PLACES = 6
SHARE_LEAST, LABEL_SHARE = 0.25, 0.5
# A line out of order counts where it covers text that nothing else covers.
STRAY_SHARE, UNCOVERED = 0.6, 0.8
SHORT_WEIGHT, END_BONUS = 0.2, 0.4
# A match that follows another at once, within so many lines.
NEXT_BONUS, NEXT_LINES = 1.0, 3
GAP_COST = 0.02


class Match(NamedTuple):
    """A line at a place of the truth: both ends in tokens, the share of its tokens that stand there, and a weight."""

    line: int
    start: int
    end: int
    share: float
    weight: float
    short: bool


def words(text: str) -> list[str]:
    """Return the tokens that are compared: words, and the characters of scripts that set no blanks."""
    return TOKEN.findall(unicodedata.normalize("NFC", text))


def label_lines(lines: Sequence[str], truth: str) -> list[bool]:
    """Return for each line of a page whether it is part of the true text."""
    paragraphs = [tokens for text in truth.split("\n") if (tokens := words(text.lower()))]
    target = [token for tokens in paragraphs for token in tokens]
    edges = _edges(paragraphs)
    line_tokens = [words(line.lower()) for line in lines]
    matches = sorted(_matches(line_tokens, target, edges), key=lambda match: (match.line, match.start))
    chain = _without_loose_short_lines(_heaviest_chain(matches), edges)
    labelled = {match.line for match in chain if match.share >= LABEL_SHARE}
    covered = {place for match in chain for place in range(match.start, match.end)}
    for match in sorted(matches, key=lambda match: -match.weight):
        span = range(match.start, match.end)
        free = sum(place not in covered for place in span) / max(len(span), 1)
        if not match.short and match.line not in labelled and match.share >= STRAY_SHARE and free >= UNCOVERED:
            labelled.add(match.line)
            covered.update(span)
    return [n in labelled for n in range(len(lines))]


def _edges(paragraphs: Sequence[Sequence[str]]) -> set[int]:
    """Places at which a paragraph begins, and the end."""
    edges = {0}
    for paragraph in paragraphs:
        edges.add(max(edges) + len(paragraph))
    return edges


def _matches(lines: Sequence[Sequence[str]], target: Sequence[str], edges: set[int]) -> list[Match]:
    places = defaultdict(list)
    for n in range(len(target) - GRAM + 1):
        places[tuple(target[n : n + GRAM])].append(n)
    singles = defaultdict(list)
    for n, token in enumerate(target):
        singles[token].append(n)
    matches: list[Match] = []
    for number, tokens in enumerate(lines):
        if len(tokens) >= GRAM:
            matches += _long_matches(number, tokens, places, len(target))
        elif tokens:
            matches += _short_matches(number, tokens, singles, target, edges)
    return matches


def _long_matches(
    number: int, tokens: Sequence[str], places: dict[tuple[str, ...], list[int]], end: int
) -> list[Match]:
    diagonals: Counter[int] = Counter()
    for offset in range(len(tokens) - GRAM + 1):
        for place in places.get(tuple(tokens[offset : offset + GRAM]), ()):
            diagonals[place - offset] += 1
    matches: list[Match] = []
    for diagonal, _ in diagonals.most_common(4 * MOST_PLACES):
        if any(abs(match.start - max(diagonal, 0)) <= SHIFT for match in matches):
            continue
        hits = sum(diagonals.get(near, 0) for near in range(diagonal - SHIFT, diagonal + SHIFT + 1))
        share = min((hits + GRAM - 1) / len(tokens), 1.0)
        if share >= SHARE_LEAST:
            start = max(diagonal, 0)
            matches.append(
                Match(number, start, min(diagonal + len(tokens), end), share, len(tokens) * share, short=False)
            )
    return matches[:MOST_PLACES]


def _short_matches(
    number: int, tokens: Sequence[str], singles: dict[str, list[int]], target: Sequence[str], edges: set[int]
) -> list[Match]:
    matches = []
    for start in singles.get(tokens[0], ()):
        end = start + len(tokens)
        if list(target[start:end]) == list(tokens):
            weight = SHORT_WEIGHT * len(tokens) + END_BONUS * ((start in edges) + (end in edges))
            matches.append(Match(number, start, end, 1.0, weight, short=True))
    return matches[:50]


def _heaviest_chain(matches: Sequence[Match]) -> list[Match]:
    best: list[float] = []
    before: list[int] = []
    for n, match in enumerate(matches):
        weight, previous = match.weight, -1
        for m in range(n):
            gain = best[m] + match.weight + _joint(matches[m], match) if _follows(matches[m], match) else 0.0
            if gain > weight:
                weight, previous = gain, m
        best.append(weight)
        before.append(previous)
    chain: list[Match] = []
    at = max(range(len(best)), key=best.__getitem__, default=-1)
    while at >= 0:
        chain.append(matches[at])
        at = before[at]
    return chain[::-1]


def _follows(earlier: Match, later: Match) -> bool:
    overlap = earlier.end - later.start
    return earlier.line < later.line and earlier.start < later.start and overlap <= SHIFT * (not later.short)


def _joint(earlier: Match, later: Match) -> float:
    gap = max(later.start - earlier.end, 0)
    at_once = abs(later.start - earlier.end) <= 1 and later.line - earlier.line <= NEXT_LINES
    return NEXT_BONUS * at_once - GAP_COST * math.log1p(gap)


def _without_loose_short_lines(chain: Sequence[Match], edges: set[int]) -> list[Match]:
    """Short lines stay where they fill the gap between their neighbours, or are a paragraph."""
    matches = []
    for n, match in enumerate(chain):
        before = chain[n - 1].end if n else 0
        behind = chain[n + 1].start if n + 1 < len(chain) else -1
        fills = before == match.start or match.end == behind
        paragraph = match.start in edges and match.end in edges
        if not match.short or fills or paragraph:
            matches.append(match)
    return matches
