"""What the first pass says of a line's neighbours: the figures by which the second pass judges it again.

A line alone may look like text; between lines that surely are none it rarely is, and the other way round. The second
pass sees the first one's figures and these.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.extract.lines import Line
from pipeline.extract.reader.ancestors import Floats, Integers
from pipeline.extract.reader.figures import FIGURES

# Neighbours on either side whose own probability is a figure.
NEAREST = 4
# Lines on either side whose probable share of text is a figure, and those before and behind whose mean is.
WINDOWS, SIDES = (3, 8, 20), (4, 8)
CHOSEN, SURE = 0.5, 0.8
# Distance, in lines, of what the page does not have.
NOWHERE = 999.0
# Probabilities are at least so far from 0 and 1 where their logit is taken.
EDGE = 1e-6

NEIGHBOUR_FIGURES = (
    "probability", "logit",
    *(f"probability_{side}_{count}" for count in range(1, NEAREST + 1) for side in ("before", "behind")),
    *(f"probable_around_{count}" for count in WINDOWS),
    *(f"mean_{side}_{count}" for count in SIDES for side in ("before", "behind")),
    "most_before", "most_behind",
    "probable_of_page", "mass_before", "mass_behind",
    "chosen_before", "chosen_behind", "sure_before", "sure_behind",
    "from_first_chosen", "to_last_chosen", "from_first_sure", "to_last_sure", "from_previous_chosen", "to_next_chosen",
    "probable_in_container", "mass_in_container", "container_of_previous", "container_of_next",
)  # fmt: skip
SECOND_FIGURES = (*FIGURES, *NEIGHBOUR_FIGURES)
CHARACTERS = FIGURES.index("characters")


def line_containers(lines: Sequence[Line]) -> Integers:
    """Return the number of the element that each line's own one stands in; a page's are numbered from 0."""
    numbers: dict[Any, int] = {}
    parents = (None if line.block is None else line.block.getparent() for line in lines)
    return np.array([numbers.setdefault(parent, len(numbers)) for parent in parents], dtype=np.int64)


def second_figures(figures: Floats, probabilities: Floats, containers: Integers) -> Floats:
    """Return the :data:`SECOND_FIGURES` of a page's lines: lines x figures.

    ``figures``: those of the first pass (lines x :data:`FIGURES`), ``probabilities``: what it says of each line.
    """
    lengths = figures[:, CHARACTERS].astype(np.float64)
    return np.hstack([figures, neighbour_figures(probabilities, lengths, containers)])


def neighbour_figures(probabilities: Floats, lengths: Floats, containers: Integers) -> Floats:
    """Return the :data:`NEIGHBOUR_FIGURES` of a page's lines; ``lengths`` are in characters."""
    bounded = np.clip(probabilities, EDGE, 1 - EDGE)
    mass = probabilities * lengths
    columns = [
        probabilities,
        np.log(bounded / (1 - bounded)),
        *_nearest(probabilities),
        *_around(mass, lengths),
        *_sides(probabilities),
        *_rest(probabilities),
        *_shares(mass, lengths),
        *_counts(probabilities),
        *_distances(probabilities),
        *_in_container(mass, lengths, containers),
    ]
    return np.column_stack(columns)


def _nearest(probabilities: Floats) -> list[Floats]:
    """The lines right before and behind; 0 beyond the page's ends."""
    padded = np.pad(probabilities, NEAREST)
    size = len(probabilities)
    return [padded[at : at + size] for count in range(1, NEAREST + 1) for at in (NEAREST - count, NEAREST + count)]


def _around(mass: Floats, lengths: Floats) -> list[Floats]:
    """The probable share of the text in the line and those on either side."""
    return [_window(mass, count, count) / np.maximum(_window(lengths, count, count), 1) for count in WINDOWS]


def _sides(probabilities: Floats) -> list[Floats]:
    """The mean of the lines before, and of those behind; 0 beyond the page's ends."""
    return [
        (_window(probabilities, before, behind) - probabilities) / count
        for count in SIDES
        for before, behind in ((count, 0), (0, count))
    ]


def _window(values: Floats, before: int, behind: int) -> Floats:
    """Return the sum of each line's value and of those so many lines before and behind."""
    totals = np.concatenate([[0.0], np.cumsum(values)])
    place = np.arange(len(values))
    window: Floats = totals[np.minimum(place + behind + 1, len(values))] - totals[np.maximum(place - before, 0)]
    return window


def _rest(probabilities: Floats) -> list[Floats]:
    """The most probable of all lines before, and of all behind."""
    before = np.maximum.accumulate(np.concatenate([[0.0], probabilities[:-1]]))
    behind = np.maximum.accumulate(np.concatenate([probabilities[1:], [0.0]])[::-1])[::-1]
    return [before, behind]


def _shares(mass: Floats, lengths: Floats) -> list[Floats]:
    """The probable share of the page's text; how much of the probable text stands before, and behind."""
    total = float(mass.sum())
    before = np.cumsum(mass) - mass
    share = np.full(len(mass), total / max(float(lengths.sum()), 1.0))
    return [share, before / max(total, 1.0), (total - before - mass) / max(total, 1.0)]


def _counts(probabilities: Floats) -> list[Floats]:
    """How many lines before, and behind, are likely to be text, and how many surely are."""
    columns = []
    for least in (CHOSEN, SURE):
        marks = (probabilities >= least).astype(np.float64)
        before = np.cumsum(marks) - marks
        columns += [before, marks.sum() - before - marks]
    return columns


def _distances(probabilities: Floats) -> list[Floats]:
    """Lines from the first likely and sure one, to the last, from the previous likely one and to the next."""
    place = np.arange(len(probabilities), dtype=np.float64)
    columns = []
    for least in (CHOSEN, SURE):
        marked = np.flatnonzero(probabilities >= least)
        nowhere = np.full(len(place), NOWHERE)
        columns += [place - marked[0], marked[-1] - place] if len(marked) else [nowhere, nowhere]
    return [*columns, *_to_nearest(probabilities >= CHOSEN, place)]


def _to_nearest(marked: npt.NDArray[np.bool_], place: Floats) -> list[Floats]:
    before = np.maximum.accumulate(np.where(marked, place, -NOWHERE))
    before = np.concatenate([[-NOWHERE], before[:-1]])
    behind = np.minimum.accumulate(np.where(marked, place, place[-1] + NOWHERE)[::-1])[::-1]
    behind = np.concatenate([behind[1:], [place[-1] + NOWHERE]])
    return [np.minimum(place - before, NOWHERE), np.minimum(behind - place, NOWHERE)]


def _in_container(mass: Floats, lengths: Floats, containers: Integers) -> list[Floats]:
    """The probable share of the text of the other lines of the container, its share of all probable text, and whether
    the lines before and behind stand in it, too."""
    masses, sizes = (np.bincount(containers, weights=values)[containers] for values in (mass, lengths))
    other_lines = (masses - mass) / np.maximum(sizes - lengths, 1)
    same = (containers[1:] == containers[:-1]).astype(np.float64)
    return [
        other_lines,
        masses / max(float(mass.sum()), 1.0),
        np.concatenate([[0.0], same]),
        np.concatenate([same, [0.0]]),
    ]
