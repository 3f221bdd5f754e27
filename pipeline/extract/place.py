"""Where an article's blocks stand in their page, and the running text around them that the reading left out.

A reading has one page to go by. What it leaves out is kept as spans, each with its place, so that the outlet's other
pages can tell later that it stands where their text stands (``extract.template``). That is 4 lines a page on fundus.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Any

from pipeline.extract.lines import Line
from pipeline.extract.part import LINKED_MOST, PARAGRAPH_LEAST, Places
from pipeline.extract.template import LEFT_OUT
from pipeline.model import Article, Span, SpanKind
from pipeline.text.boilerplate import Cleaned, rebuild
from pipeline.text.normalize import fold

LONGEST = 500
MOST_LEFT = 100
# What is longer and stands inside a line, or a line in it, is the same text, cut otherwise.
SAME_LEAST = 40
ANOTHER = ("h1", "h2")
DIGITS = re.compile(r"\d+")


def with_places(article: Article, lines: Sequence[Line], page: Any, probabilities: Sequence[float] = ()) -> Article:
    """Return the article with the place of each block, and what the reader left out as spans with its probability.

    ``page`` is the body element, ``probabilities`` one for each line.
    """
    blocks = rebuild(Cleaned(article.body, article.spans))
    at = {line.text: n for n, line in reversed(list(enumerate(lines)))}
    numbers = [at.get(text, -1) for text in blocks]
    places = Places(page)
    aside = _left_out(article, blocks, numbers, lines, places)
    reached = list(accumulate(numbers, max))
    slots = [bisect_right(reached, n) for n in aside]
    block_places = [_place(places, lines[n]) if n >= 0 else "" for n in numbers]
    for order, (slot, n) in enumerate(zip(slots, aside, strict=True)):
        block_places.insert(slot + order, _place(places, lines[n]))
    moved = [replace(span, block=span.block + bisect_right(slots, span.block)) for span in article.spans]
    spans = [
        Span(SpanKind.ASIDE, lines[n].text, _rule(probabilities[n : n + 1]), slot + order)
        for order, (slot, n) in enumerate(zip(slots, aside, strict=True))
    ]
    ordered = sorted([*moved, *spans], key=lambda span: (span.block, span.start))
    return replace(article, spans=tuple(ordered), places=tuple(block_places))


def _rule(probability: Sequence[float]) -> str:
    return f"{LEFT_OUT}: probability {probability[0]:.2f}" if probability else LEFT_OUT


def _left_out(
    article: Article, blocks: Sequence[str], numbers: Sequence[int], lines: Sequence[Line], places: Places
) -> list[int]:
    """Numbers of running lines that are part of no block, as far as the page is about this article."""
    article_texts = {fold(text) for text in (article.title, article.deck, *blocks)}
    start, end = _reach([n for n in numbers if n >= 0], lines)
    numbers_left = [
        n
        for n in range(start, end)
        if len(lines[n].text) >= PARAGRAPH_LEAST
        and lines[n].linked < LINKED_MOST
        and lines[n].text not in blocks
        and not _is_repeated(fold(lines[n].text), article_texts)
        and places.place_of(lines[n].block) is not None
    ]
    return numbers_left if len(numbers_left) <= MOST_LEFT else []


def _is_repeated(line: str, texts: Collection[str]) -> bool:
    return any(line in text or (len(text) >= SAME_LEAST and text in line) for text in texts)


def _reach(numbers: Sequence[int], lines: Sequence[Line]) -> tuple[int, int]:
    """From the heading above the text to the next one below it: a page may go on with another article."""
    if not numbers:
        return 0, 0
    first, last = min(numbers), max(numbers)
    start = next((n + 1 for n in range(first, -1, -1) if lines[n].tag == "h1"), 0)
    return start, next((n for n in range(last + 1, len(lines)) if lines[n].tag in ANOTHER), len(lines))


def _place(places: Places, line: Line) -> str:
    """The place, digits masked as in lines: an outlet's classes may hold the number of a page."""
    return DIGITS.sub("0", places.place_of(line.block) or "")[-LONGEST:]
