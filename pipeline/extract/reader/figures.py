"""The figures of a page's lines: what :mod:`pipeline.extract.reader.model` judges them by.

No figure names a word of a text or an outlet: they are to hold on pages of any language. Containers' sums of running
text, classes with places and tags carry the most of it.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.extract.lines import Line
from pipeline.extract.page import Page
from pipeline.extract.reader.ancestors import Floats, Integers, line_ancestors
from pipeline.extract.reader.line_text import TEXT_FIGURES, text_figures
from pipeline.extract.reader.vocabulary import ANCESTOR_TAGS, HEADINGS, HINTS, NAME_WORDS, TAGS
from pipeline.text.normalize import reading_length

# Running text: lines so long, less than half of them links.
RUNNING_LEAST, LINKED_MOST = 60, 0.5
SHORT_RUNNING, LONG, LONGER = 40, 80, 100
PLACE_LEVELS, TAG_LEVELS = 4, 7
# Lines on either side whose share of links is told of a line.
AROUND = 5
# Lines on either side whose days and times are counted, and characters of a line that is dated.
DATED_AROUND, DATED_MOST = 8, 80
DATES = TEXT_FIGURES.index("dates")
HINT_SIZE = len(HINTS)
MISSING = 999.0

_GROUP = ("lines", "mean_length", "sentence_share", "link_share", "running_of_page", "running_of_heaviest")
FIGURES = (
    *TEXT_FIGURES,
    "linked",
    "linked_around",
    *(f"{level}_{name}" for level in ("block", "parent", "grandparent", "fourth")
      for name in ("link_share", "running_of_page", "running_of_own", "lines", "mean_length", "sentence_share")),
    *(f"sibling_{name}" for name in _GROUP),
    *(f"place_{name}" for name in _GROUP),
    *(f"tags_{name}" for name in _GROUP),
    *(f"branch_{name}" for name in ("lines", "running_of_page", "link_share", "length_share", "from_start", "to_end")),
    "to_half", "to_most", "in_part", "in_narrow_part", "depth",
    *(f"tag_{tag}" for tag in TAGS), "tag_heading",
    *(f"in_{tag}" for tag in ANCESTOR_TAGS),
    *(f"hint_{word}" for word in HINTS),
    *(f"named_{word}" for word in NAME_WORDS),
    "number", "share_of_lines", "to_end", "text_before", "running_before", "from_heading", "from_first_long",
    "to_last_long", "from_previous_running", "to_next_running",
    "alike_parent", "alike_grandparent", "alike_third", "alike_most", "place_containers",
    "dated_before", "dated_behind", "dated_around", "dated_place", "dated_grandparent",
)  # fmt: skip


def page_figures(page: Page) -> Floats:
    """Return the :data:`FIGURES` of each line of the page: lines x figures."""
    return line_figures(page.lines, page.tree, page.meta.article_body, [page.meta.description])


def line_figures(lines: Sequence[Line], tree: Any, declared_body: str, descriptions: Sequence[str]) -> Floats:
    """Return the :data:`FIGURES` of each line of the page: lines x figures.

    ``declared_body``: the text that the page's JSON-LD gives, ``descriptions``: those of its meta elements.
    """
    page = _Page(lines, tree)
    text = text_figures(lines, declared_body, descriptions)
    columns = [
        text,
        page.links(),
        page.containers(),
        page.groups(page.above.parent[page.places] + 1),
        page.groups(page.place),
        page.groups(_numbered(page.above.paths(TAG_LEVELS, [str(e.tag) for e in page.above.elements]))[page.places]),
        page.branches(),
        page.parts(),
        page.tags(),
        page.hints(),
        page.above.nearest_named()[page.places],
        page.positions(),
        page.repeats(),
        page.dates(text[:, DATES] > 0),
    ]
    return np.hstack(columns)


class _Page:
    """The lines with the sums of each element above them."""

    def __init__(self, lines: Sequence[Line], tree: Any) -> None:
        self.lines = lines
        self.above = line_ancestors(lines, tree)
        self.places = self.above.of_line
        self.place = _numbered(self.above.paths(PLACE_LEVELS, self.above.names))[self.places]
        self.lengths = np.array([reading_length(line.text) for line in lines], dtype=np.float64)
        self.linked = np.array([line.linked for line in lines])
        self.is_text = self.linked < LINKED_MOST
        self.runs = self.is_text & (self.lengths >= RUNNING_LEAST)
        sentence = np.array([line.text[-1:] in '.!?。।؟！？…”"»' for line in lines], dtype=np.float64)
        self.values = np.column_stack(
            [np.ones(len(lines)), self.lengths, self.lengths * self.linked, self.lengths * self.runs, sentence]
        )
        self.sums = self.above.summed(self.values)
        self.running = max(float(self.sums[0, 3]), 1.0)

    def links(self) -> Floats:
        """The line's share of links, and that of the lines around it."""
        window = _around(self.values[:, 1:3], AROUND)
        return np.column_stack([self.linked, window[:, 1] / np.maximum(window[:, 0], 1)])

    def containers(self) -> Floats:
        """The line's element, its parent, grandparent and the one four above."""
        return np.hstack(
            [_described(self.sums[self.above.above(self.places, levels)], self.running) for levels in (0, 1, 2, 4)]
        )

    def groups(self, group: Integers) -> Floats:
        """What the lines of one group (a container, a place in the markup) are like; groups are numbered from 0."""
        sums = np.zeros((int(group.max()) + 1, self.values.shape[1]))
        np.add.at(sums, group, self.values)
        heaviest = max(float(sums[:, 3].max()), 1.0)
        count, length, linked, running, sentences = sums[group].T
        return np.column_stack(
            [
                count,
                length / count,
                sentences / count,
                linked / np.maximum(length, 1),
                running / self.running,
                running / heaviest,
            ]
        )

    def branches(self) -> Floats:
        """The element right below the lowest that holds half of the page's running text."""
        holds = self.sums[:, 3] >= self.running / 2
        branch = self.above.first_below(holds)[self.places]
        count, length, linked, running, _ = self.sums[branch].T
        first, last = _ends(branch)
        place = np.arange(len(branch))
        return np.column_stack(
            [
                count,
                running / self.running,
                linked / np.maximum(length, 1),
                length / max(self.sums[0, 1], 1),
                place - first,
                last - place,
            ]
        )

    def parts(self) -> Floats:
        """How far up half of the running text, and nearly all of it, is; whether the line is in the smallest element
        with nearly all, and with most, of it."""
        running = self.sums[:, 3]
        half, most = running >= self.running * 0.5, running >= self.running * 0.9
        wide, narrow = self._inside(0.9), self._inside(0.7)
        columns = (self.above.nearest(half), self.above.nearest(most), wide, narrow, self.above.depth)
        return np.column_stack([column[self.places] for column in columns])

    def _inside(self, share: float) -> Floats:
        holding = np.flatnonzero(self.sums[:, 3] >= self.running * share)
        part = holding[np.argmax(self.above.depth[holding])] if len(holding) else 0
        return self.above.within(int(part)).astype(np.float64)

    def tags(self) -> Floats:
        """The line's own tag and those around it."""
        tags = np.array([_tag_row(line.tag) for line in self.lines], dtype=np.float64)
        bits = self.above.tag_bits()[self.places][:, None] >> np.arange(len(ANCESTOR_TAGS))
        return np.hstack([tags, (bits & 1).astype(np.float64)])

    def hints(self) -> Floats:
        """Which words stand in the classes and ids right around the line."""
        return np.vstack([_hint_row(line.hint) for line in self.lines])

    def positions(self) -> Floats:
        """Where on the page the line stands."""
        count = len(self.lines)
        place = np.arange(count, dtype=np.float64)
        before = np.concatenate([[0.0], np.cumsum(self.lengths)[:-1]])
        running_before = np.concatenate([[0.0], np.cumsum(self.lengths * self.runs)[:-1]])
        heading = next((n for n, line in enumerate(self.lines) if line.tag == "h1"), None)
        long = np.flatnonzero(self.is_text & (self.lengths > LONGER))
        first, last = (long[0], long[-1]) if len(long) else (0, count)
        previous, following = _neighbours(self.is_text & (self.lengths > LONG))
        return np.column_stack(
            [
                place,
                place / count,
                count - place,
                before / max(self.sums[0, 1], 1),
                running_before / self.running,
                place - heading if heading is not None else np.full(count, MISSING),
                place - first,
                last - place,
                previous,
                following,
            ]
        )

    def repeats(self) -> Floats:
        """How many elements like those around the line stand beside them, as posts of readers and cards do; in how many
        containers the lines of its place stand."""
        alike = self.above.alike()
        around = [alike[self.above.above(self.places, level)] for level in (1, 2, 3)]
        pairs = np.unique(np.column_stack([self.place, self.above.parent[self.places]]), axis=0)
        containers = np.bincount(pairs[:, 0])[self.place]
        return np.column_stack([*around, self.above.most_alike(alike)[self.places], containers])

    def dates(self, has_date: npt.NDArray[np.bool_]) -> Floats:
        """How many short lines with a day or a time stand before and behind the line, near it, at its place and around
        it: posts of readers and lists of headlines have one each."""
        dated = has_date & np.array([len(line.text) <= DATED_MOST for line in self.lines])
        marks = dated.astype(np.float64)
        before = np.cumsum(marks) - marks
        column = marks[:, None]
        grandparents = self.above.summed(column)[self.above.above(self.places, 2)]
        at_place = np.bincount(self.place, weights=marks)[self.place]
        return np.column_stack(
            [before, marks.sum() - before, _around(column, DATED_AROUND), at_place, grandparents],
        )


def _around(values: Floats, count: int) -> Floats:
    """Return the sums of each line's values and those of so many lines on either side."""
    totals = np.vstack([np.zeros(values.shape[1]), np.cumsum(values, axis=0)])
    place = np.arange(len(values))
    window: Floats = totals[np.minimum(place + count + 1, len(values))] - totals[np.maximum(place - count, 0)]
    return window


def _described(sums: Floats, running: float) -> Floats:
    count, length, linked, running_text, sentences = sums.T
    return np.column_stack(
        [
            linked / np.maximum(length, 1),
            running_text / running,
            running_text / np.maximum(length, 1),
            count,
            length / np.maximum(count, 1),
            sentences / np.maximum(count, 1),
        ]
    )


def _ends(branch: Integers) -> tuple[Integers, Integers]:
    """Return the first and last line of each line's branch."""
    _, first, numbers = np.unique(branch, return_index=True, return_inverse=True)
    _, from_end = np.unique(branch[::-1], return_index=True)
    return first[numbers], (len(branch) - 1 - from_end)[numbers]


def _neighbours(marked: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Return the distance from each line to the marked one before and behind it; :data:`MISSING` for none."""
    place = np.arange(len(marked))
    before = np.maximum.accumulate(np.where(marked, place, -1))
    before = np.concatenate([[-1], before[:-1]]) if len(marked) else before
    behind = np.minimum.accumulate(np.where(marked, place, len(marked) + 1)[::-1])[::-1]
    behind = np.concatenate([behind[1:], [len(marked) + 1]]) if len(marked) else behind
    return (
        np.where(before >= 0, place - before, MISSING).astype(np.float64),
        np.where(behind < len(marked), behind - place, MISSING).astype(np.float64),
    )


def _numbered(names: Sequence[Hashable]) -> Integers:
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(name, len(numbers)) for name in names], dtype=np.int64)


@lru_cache(maxsize=1000)
def _tag_row(tag: str) -> tuple[bool, ...]:
    return (*(tag == name for name in TAGS), tag in HEADINGS)


@lru_cache(maxsize=20_000)
def _hint_row(hint: str) -> npt.NDArray[np.float32]:
    return np.array([word in hint for word in HINTS], dtype=np.float32)
