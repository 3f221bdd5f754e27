"""Where in a page its article stands, and the paragraphs that stand there: a reading of our own beside trafilatura's.

Both follow the mass of running text: the part of the page is the smallest element that holds nearly all of it, and
paragraphs are the lines whose place in the markup (tags and first classes up to the part) holds a fair share of it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from lxml import etree

from pipeline.extract.lines import SILENT, Line
from pipeline.text.boilerplate import Block

RUNNING = ("p", "div", "span", "section", "article", "li", "td", "blockquote")
RUNNING_LEAST = 80
PARAGRAPH_LEAST = 60
LINKED_MOST = 0.5
# A place is the body's when it holds at least this share of the text of the heaviest place.
FAIR_SHARE = 0.15
# The text of a page is no list of things.
LISTS = {"ul", "ol", "dl", "table"}
BESIDE = {"nav", "footer", "aside", "figure"}
SPOKEN = ("span", "a", "div", "small", "i")
SPOKEN_HINT = re.compile(r"\b(sr-only|visually-?hidden|screen-?reader(-text)?|assistive-text|u-hidden-visually)\b")
HEADINGS = ("h2", "h3", "h4")


def without_silent(tree: Any) -> Any:
    """The tree without what no reader sees; changes the tree."""
    silent = (tag for tag in SILENT if tag not in ("head", "object", "textarea"))
    etree.strip_elements(tree, *silent, with_tail=False)
    return tree


def without_wrongly_nested(tree: Any) -> None:
    """Let out the page that stands inside a drawing or a button which the parser found no end of. Changes the tree.

    HTML itself leaves a drawing at the first block element (HTML Living Standard, 13.2.6.5); libxml2 does not.
    """
    for element in list(tree.iter("svg", "button")):
        if next(element.iter("p", "article", "main"), None) is not None:
            element.drop_tag()


def without_spoken(elements: Sequence[Any]) -> None:
    """Drop the words that only screen readers say, such as "opens in a new window"; changes their tree."""
    for element in elements:
        if isinstance(element.tag, str) and element.tag in SPOKEN and SPOKEN_HINT.search(element.get("class") or ""):
            element.drop_tree()


def main_part(tree: Any, share: float) -> Any:
    """The smallest element that at each step down keeps ``share`` of its parent's running text."""
    body = tree.find(".//body")
    if body is None:
        return tree
    mass = _mass(body)
    part = body
    while True:
        heaviest = max(
            (child for child in part if child in mass and child.tag not in LISTS),
            key=lambda child: mass[child],
            default=None,
        )
        if heaviest is None or mass[heaviest] < share * mass[part]:
            return part
        part = heaviest


def _mass(body: Any) -> dict[Any, int]:
    """Characters of running text below each element that has any."""
    mass: dict[Any, int] = {body: 0}
    for element in body.iter(*RUNNING):
        length = len(element.text or "") + sum(len(child.tail or "") for child in element)
        above = element.getparent() if length >= RUNNING_LEAST and element is not body else None
        while above is not None:
            mass[above] = mass.get(above, 0) + length
            above = above.getparent() if above is not body else None
    return mass


def alone(part: Any) -> Any:
    """A copy of the part inside the bare elements that it stands in: what an extractor is to look at."""
    page = part
    for above in part.iterancestors():
        if isinstance(above.tag, str):
            wrapped = above.makeelement(above.tag, dict(above.attrib))
            wrapped.append(_copied(page) if page is part else page)
            page = wrapped
    return page if page is not part else _copied(part)


def _copied(element: Any) -> Any:
    copied = element.__copy__()
    copied.tail = None
    return copied


def paragraphs(lines: Sequence[Line], part: Any) -> list[Block]:
    """The lines at the places where the part keeps its text, from the first to the last of them."""
    places = Places(part)
    placed = [(line, place) for line in lines if (place := places.of(line.block)) is not None]
    mass: Counter[str] = Counter()
    for line, place in placed:
        mass[place] += len(line.text) if _runs(line) else 0
    least = FAIR_SHARE * max(mass.values(), default=0)
    fair = {place for place, held in mass.items() if held and held >= least}
    numbers = [n for n, (line, place) in enumerate(placed) if place in fair and _runs(line)]
    return list(_between(placed[numbers[0] : numbers[-1] + 1], fair)) if numbers else []


def _runs(line: Line) -> bool:
    return len(line.text) >= PARAGRAPH_LEAST and line.linked < LINKED_MOST


def _between(placed: Sequence[tuple[Line, str]], fair: set[str]) -> Iterator[Block]:
    around = {_above(place) for place in fair}
    for line, place in placed:
        heading = line.tag in HEADINGS and _above(place) in around
        listed = line.tag == "li" and line.linked < LINKED_MOST and _above(_above(place)) in around
        if place in fair or heading or listed:
            yield Block(line.text, line.tag in HEADINGS)


def _above(place: str) -> str:
    return place.rpartition(">")[0]


class Places:
    """The place of each element below a part, told once for each."""

    def __init__(self, part: Any) -> None:
        self._known: dict[Any, str | None] = {part: "", None: None}

    def of(self, element: Any) -> str | None:
        """``div.story>p``; None outside the part, or in what stands beside the text."""
        if element not in self._known:
            above = self.of(element.getparent()) if element.tag not in BESIDE else None
            self._known[element] = None if above is None else f"{above}>{_named(element)}"
        return self._known[element]


def _named(element: Any) -> str:
    """Tag and first class; the class of a single paragraph says nothing of its place."""
    classes = (element.get("class") or "").split() if element.tag != "p" else []
    return f"{element.tag}.{classes[0] if classes else ''}"
