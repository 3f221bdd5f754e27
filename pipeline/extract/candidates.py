"""Readings of one page by different rules, and the choice among them. The one import of trafilatura.

The cheapest reading is taken where the page's JSON-LD holds the same text (.960 -> .961 on fundus, and a sixth of its
pages need no other). Else two cheap readings come first; only where they disagree are more made, and the one that the others resemble most
(their medoid) is taken. Looking at the article's part of the page alone takes a third off trafilatura's time.
Tried without gain, 4-gram F1 on fundus / fundus_eval / scrapinghub: the whole page and trafilatura's precision mode as
further voices, .9595 / .9796 / .9588 against .9599 / .9828 / .9596.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import trafilatura
from lxml.etree import ElementDefaultClassLookup
from lxml.html import HtmlComment, HtmlElement

from pipeline.extract.lines import Line
from pipeline.extract.part import alone, filled, main_part, paragraphs, without_silent
from pipeline.text.boilerplate import Block, Cleaned
from pipeline.text.normalize import tidy
from pipeline.text.shingles import tokens

WIDE, NARROW = 0.9, 0.7
AGREED = 0.9
CONFIRMED = 0.95
TOLD_LEAST = 200
LEAST_TEXT = 60
MORE_TEXT, LONGER = 1.6, 1.3


@dataclass(frozen=True, slots=True)
class Reading:
    """A cleaned reading of the page. ``deck`` is its standfirst, if it has one."""

    cleaned: Cleaned
    deck: str

    @property
    def size(self) -> int:
        """Characters of the story."""
        return sum(map(len, self.cleaned.body))


# lxml.html asks Python for the class of each element that is met, to tell forms and inputs apart, which no reading asks
# about. One class for all is the parser's own work: 5 % of a page's time less, the same articles.
trafilatura.utils.HTML_PARSER.set_element_class_lookup(
    ElementDefaultClassLookup(element=HtmlElement, comment=HtmlComment)
)
T = TypeVar("T")
Clean = Callable[[list[Block]], Reading]


def load_stop_words() -> None:
    """Those of a hundred languages, which trafilatura else reads at its first doubtful page, in .1 s."""
    trafilatura.external.jt_stoplist_init()


def parsed(page: bytes | str) -> Any:
    """The page's tree, or None where the bytes are not HTML."""
    return trafilatura.load_html(page)


def best_reading(tree: Any, url: str, lines: Sequence[Line], told: str, clean: Clean) -> tuple[Reading | None, float]:
    """The reading to keep, and how far the readings agree (0..1). ``told`` is the text that the page's JSON-LD gives.

    Changes the tree.
    """
    without_silent(tree)
    part = main_part(tree, lines, WIDE)
    placed = paragraphs(lines, part)
    own = _read(clean, [line.block for line in placed])
    if own and len(told) >= TOLD_LEAST and (agreed := _dice(_grams_of(told), _grams(own))) >= CONFIRMED:
        return own, agreed

    def extracted(element: Any, fast: bool) -> Reading | None:
        return _read(clean, filled(_extracted(alone(element), url, fast), placed, lines))

    first = extracted(part, fast=True)
    if first and own and (agreed := _alike(first, own)) >= AGREED:
        return first, agreed
    thorough = extracted(part, fast=False)
    within = main_part(tree, lines, NARROW)
    if within is part and own and thorough and _runs_on(own, thorough):
        return own, _alike(own, thorough)
    narrow = extracted(within, fast=True)
    best, agreed = _medoid([reading for reading in (thorough, own, narrow) if reading])
    # Where no reading of the part has any text, the part itself was a mistake.
    return best or _read(clean, _extracted(tree, url, fast=False)), agreed


def _read(clean: Clean, blocks: list[Block]) -> Reading | None:
    if sum(len(block.text) for block in blocks) < LEAST_TEXT:
        return None
    reading = clean(blocks)
    return reading if reading.size >= LEAST_TEXT else None


def _medoid(readings: Sequence[Reading]) -> tuple[Reading | None, float]:
    """The first of those with the highest mean likeness to the others."""
    if len(readings) < 2:
        return next(iter(readings), None), 0.0
    grams = [_grams(reading) for reading in readings]
    likeness = [
        sum(_dice(one, other) for other in grams if other is not one) / (len(grams) - 1) for one in grams
    ]  # fmt: skip
    best = max(range(len(readings)), key=lambda n: likeness[n])
    return readings[best], likeness[best]


def _runs_on(one: Reading, other: Reading) -> bool:
    """Whether one is a text and the other its scraps: by far more running text, in longer paragraphs.

    Two readings of one part by one extractor are one voice, and must not outvote the other: wcxb .932 -> .934,
    readability .795 -> .799, fundus .963 -> .964.
    """
    return _running(one) > MORE_TEXT * _running(other) and _mean(one) > LONGER * _mean(other)


def _running(reading: Reading) -> int:
    return sum(len(text) for text in reading.cleaned.body if len(text) >= LEAST_TEXT)


def _mean(reading: Reading) -> float:
    return reading.size / max(len(reading.cleaned.body), 1)


def _alike(one: Reading, other: Reading) -> float:
    """Share of the text in paragraphs that both have; where that is small, in 4-grams."""
    shared = _dice(_paragraphs(one), _paragraphs(other))
    return shared if shared >= AGREED else _dice(_grams(one), _grams(other))


def _dice(one: Counter[T], other: Counter[T]) -> float:
    """Dice coefficient of two multisets."""
    return 2 * (one & other).total() / max(one.total() + other.total(), 1)


def _paragraphs(reading: Reading) -> Counter[str]:
    told: Counter[str] = Counter()
    for text in (reading.deck, *reading.cleaned.body):
        told[text] += len(text)
    return told


def _grams(reading: Reading) -> Counter[tuple[str, ...]]:
    return _grams_of("\n".join([reading.deck, *reading.cleaned.body]))


def _grams_of(text: str) -> Counter[tuple[str, ...]]:
    words = tokens(text)
    return Counter(zip(words, words[1:], words[2:], words[3:], strict=False))


# ---------------------------------------------------------------- trafilatura


def _extracted(tree: Any, url: str, fast: bool) -> list[Block]:
    document = trafilatura.bare_extraction(
        tree,
        url=url,
        fast=fast,
        include_comments=False,
        include_tables=True,
        with_metadata=False,
    )
    body = getattr(document, "body", None)
    return list(_body_blocks(body)) if body is not None else []


def _body_blocks(body: Any) -> Iterator[Block]:
    for element in body:
        if not isinstance(element.tag, str):
            continue
        if element.tag in ("list", "quote", "table") and len(element):
            yield from _nested(element)
        else:
            yield from _split(element, heading=element.tag == "head")


def _nested(element: Any) -> Iterator[Block]:
    if element.text and element.text.strip():
        yield Block(tidy(element.text))
    for child in element:
        if child.tag == "row":
            yield from _row(child)
        elif isinstance(child.tag, str) and child.tag in ("p", "item", "list", "quote", "head"):
            yield from _nested(child) if child.tag in ("list", "quote") and len(child) else _split(child)
        elif isinstance(child.tag, str):
            yield from _split(child)
        if child.tail and child.tail.strip():
            yield Block(tidy(child.tail))


def _row(row: Any) -> Iterator[Block]:
    """The cells of a table's row on one line, apart from one another."""
    cells = (tidy("".join(cell.itertext())) for cell in row)
    if text := " | ".join(cell for cell in cells if cell):
        yield Block(text)


def _split(element: Any, heading: bool = False) -> Iterator[Block]:
    """The element's text; a break inside it ends a line."""
    parts = [""]
    for node in element.iter():
        if node.tag == "lb":
            parts.append("")
        elif node.text and isinstance(node.tag, str):
            parts[-1] += node.text
        if node is not element and node.tail:
            parts[-1] += node.tail
    for part in parts:
        if text := tidy(part):
            yield Block(text, heading=heading)
