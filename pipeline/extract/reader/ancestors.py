"""The elements that hold a page's lines, each described once, parents before children.

What a line's figures say of its surroundings is summed from the lines upwards, and told from the root downwards, a
level of the tree at a time.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.extract.lines import Line
from pipeline.extract.reader.vocabulary import ANCESTOR_TAGS, NAME_WORDS

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

# Levels between a line and the nearest element called so; what is farther, or nowhere, counts as this.
FAR = 20
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
WORD = re.compile(r"[a-z]+")
UNNAMED = ("html", "body")
# Elements that part a text: many of one make in one parent say nothing of a list.
TEXT_TAGS = frozenset(("p", "br", "h2", "h3", "h4", "h5", "span", "b", "strong"))
ANCESTOR_BITS = {tag: 1 << n for n, tag in enumerate(ANCESTOR_TAGS)}


@dataclass(frozen=True, slots=True)
class Ancestors:
    """The elements above the lines, numbered with the parents first.

    ``parent``: number of each element's parent, -1 at the root; ``depth``: levels below the root; ``of_line``: the
    element that each line stands in; ``names``: tag and first class; ``levels``: the elements of each depth below the
    root.
    """

    elements: list[Any]
    parent: Integers
    depth: Integers
    of_line: Integers
    names: list[str]
    levels: list[Integers]

    def above(self, numbers: Integers, levels: int) -> Integers:
        """Return the ancestor so many levels above each element; the root stays where it is."""
        for _ in range(levels):
            parents = self.parent[numbers]
            numbers = np.where(parents >= 0, parents, numbers)
        return numbers

    def summed(self, line_values: Floats) -> Floats:
        """Return for each element the sums of its lines' values, those of the elements in it included."""
        sums = np.zeros((len(self.elements), line_values.shape[1]))
        np.add.at(sums, self.of_line, line_values)
        for level in self.levels[::-1]:
            np.add.at(sums, self.parent[level], sums[level])
        return sums

    def nearest(self, marked: npt.NDArray[np.bool_]) -> Floats:
        """Return the levels from each element up to the nearest marked one, itself included; :data:`FAR` for none."""
        distance = np.where(marked, 0.0, float(FAR))
        for level in self.levels:
            distance[level] = np.minimum(distance[level], distance[self.parent[level]] + 1)
        return np.minimum(distance, FAR)

    def alike(self) -> Floats:
        """Return how many elements of each one's tag and first class stand right in its parent, itself included."""
        numbers: dict[tuple[int, str], int] = {}
        makes = zip(self.parent.tolist(), self.names, strict=True)
        make = np.array([numbers.setdefault(key, len(numbers)) for key in makes])
        counts: Floats = np.bincount(make)[make].astype(np.float64)
        return counts

    def most_alike(self, alike: Floats) -> Floats:
        """Return the largest number that :meth:`alike` has for an element and those around it, paragraphs left out."""
        parts = np.array([element.tag in TEXT_TAGS for element in self.elements])
        most = np.where(parts, 1.0, alike)
        for level in self.levels:
            most[level] = np.maximum(most[level], most[self.parent[level]])
        return most

    def within(self, number: int) -> npt.NDArray[np.bool_]:
        """Return whether each element is the one of that number or inside it."""
        inside = np.zeros(len(self.elements), dtype=bool)
        inside[number] = True
        for level in self.levels:
            inside[level] |= inside[self.parent[level]]
        return inside

    def nearest_named(self) -> Floats:
        """Return the levels up to the nearest element called by each word of :data:`NAME_WORDS`: elements x words."""
        distance = np.where(self.name_marks(), 0.0, float(FAR))
        for level in self.levels:
            distance[level] = np.minimum(distance[level], distance[self.parent[level]] + 1)
        return np.minimum(distance, FAR)

    def first_below(self, holds: npt.NDArray[np.bool_]) -> Integers:
        """Return for each element the highest one of its ancestors and itself that does not ``hold``; itself where all
        do. ``holds`` must be true of every ancestor of an element of which it is."""
        top = np.arange(len(self.elements))
        for level in self.levels:
            inside = ~holds[self.parent[level]]
            top[level[inside]] = top[self.parent[level[inside]]]
        return top

    def tag_bits(self) -> Integers:
        """Return a bit set of the :data:`ANCESTOR_TAGS` around each element, itself included."""
        bits = np.array([ANCESTOR_BITS.get(element.tag, 0) for element in self.elements], dtype=np.int64)
        for level in self.levels:
            bits[level] |= bits[self.parent[level]]
        return bits

    def name_marks(self) -> npt.NDArray[np.bool_]:
        """Return whether each element's class or id holds each word of :data:`NAME_WORDS`: elements x words."""
        masks = [
            0 if element.tag in UNNAMED else _name_mask(element.get("class") or "", element.get("id") or "")
            for element in self.elements
        ]
        bits = np.array(masks, dtype=np.int64)[:, None] >> np.arange(len(NAME_WORDS))
        return (bits & 1).astype(bool)

    def paths(self, levels: int, names: Sequence[str]) -> list[str]:
        """Return the names of each element and those above it, so many levels in all, as one string."""
        parts: list[tuple[str, ...]] = []
        for number, parent in enumerate(self.parent):
            above = parts[parent] if parent >= 0 else ()
            parts.append((names[number], *above[: levels - 1]))
        return ["/".join(part) for part in parts]


def line_ancestors(lines: Sequence[Line], root: Any) -> Ancestors:
    """Return the elements above the lines. A line without an element stands in ``root``."""
    numbers: dict[Any, int] = {root: 0}
    elements, parents, depths = [root], [-1], [0]
    for line in lines:
        waiting = []
        element = line.block if line.block is not None else root
        while element is not None and element not in numbers:
            waiting.append(element)
            element = element.getparent()
        above = numbers.get(element, 0)
        for element in reversed(waiting):
            numbers[element] = len(elements)
            elements.append(element)
            parents.append(above)
            depths.append(depths[above] + 1)
            above = numbers[element]
    of_line = [numbers[line.block] if line.block is not None else 0 for line in lines]
    depth = np.array(depths)
    levels = [np.flatnonzero(depth == number) for number in range(1, int(depth.max()) + 1)]
    return Ancestors(elements, np.array(parents), depth, np.array(of_line, dtype=np.int64), _names(elements), levels)


def _names(elements: Sequence[Any]) -> list[str]:
    return [f"{element.tag}.{((element.get('class') or '').split() or [''])[0]}" for element in elements]


@lru_cache(maxsize=20_000)
def _name_mask(classes: str, identifier: str) -> int:
    words = set(WORD.findall(CAMEL.sub(" ", f"{classes} {identifier}").lower()))
    return sum(1 << n for n, word in enumerate(NAME_WORDS) if word in words or f"{word}s" in words)
