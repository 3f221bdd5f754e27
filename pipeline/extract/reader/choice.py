"""The story's lines, chosen by their probabilities."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, pairwise, takewhile
from typing import Any

import numpy as np

from pipeline.extract.lines import Line
from pipeline.extract.page import Page
from pipeline.extract.reader.ancestors import Floats
from pipeline.extract.reader.figures import page_figures
from pipeline.extract.reader.model import line_probabilities
from pipeline.extract.reader.second_pass import line_containers
from pipeline.text.normalize import fold, reading_length

# Other thresholds, and one chosen for each page by its expected F, gave the same F out of collection (.9596).
CHOSEN = 0.5
# From this probability a line between two chosen ones of one container is chosen with them.
BETWEEN = 0.15
# Items of a list that a line of the text introduces.
ITEMS_MOST = 12
RUNNING_LEAST = 80
STANDFIRST_LEAST, STANDFIRST_MOST = 30, 500
FROM_TITLE = 12
OPENING = 60
DESCRIPTION_LEAST = 40
# The share of a line that a description has, which leaves out the place in front of it.
DESCRIBED = 0.8
STANDFIRST_HINT = re.compile(
    r"standfirst|subtitle|sub-?head|sub-?title|(?:\b|header)dec?k\b|(?:\b|article|element|story)lead\b|epigraph|excerpt|summary|chapo|bajada|entradilla|intro|lede|teaser"
    r"|tagline|strapline|abstract|description|perex|vorspann|anleser|sumario|sommario|occhiello|ingress"
)
CAPTION_HINT = re.compile(r"(?<!has)(?<!has-)(?<!with-)caption|credit")


@dataclass(frozen=True, slots=True)
class LineChoice:
    """The numbers of the story's lines in page order, the probability of every line, and which is the standfirst.

    ``confidence`` (0..1) is the mean probability of the chosen text by its share of all probable text: it orders pages
    by how well they are read.
    """

    chosen: tuple[int, ...]
    probabilities: tuple[float, ...]
    confidence: float
    standfirst: int | None = None


def choose_lines(page: Page) -> LineChoice:
    """Return the lines of the page that are its story."""
    if not page.lines:
        return LineChoice((), (), 0.0)
    probabilities = line_probabilities(page_figures(page), line_containers(page.lines))
    chosen = [int(n) for n in np.flatnonzero(probabilities >= CHOSEN)]
    chosen = _with_lines_between(page.lines, probabilities, chosen)
    chosen = _with_introduced_items(page.lines, probabilities, chosen)
    standfirst = _standfirst(page, chosen)
    if standfirst is not None and standfirst not in chosen:
        chosen = sorted([*chosen, standfirst])
    confidence = _confidence(page.lines, probabilities, chosen)
    return LineChoice(tuple(chosen), tuple(probabilities.tolist()), confidence, standfirst)


def _with_lines_between(lines: Sequence[Line], probabilities: Floats, chosen: Sequence[int]) -> list[int]:
    """The chosen lines with those between two of them in the same container that the model does not surely leave out:
    subheads and lists among paragraphs (wcxb .930 -> .932, wcxb_test_2 .938 -> .944, news exact .304 -> .310)."""
    between = (
        n
        for before, behind in pairwise(chosen)
        for n in range(before + 1, behind)
        if probabilities[n] >= BETWEEN and _container(lines[before]) is _container(lines[behind])
        and _container(lines[before]) in _containers(lines[n])
    )  # fmt: skip
    return sorted({*chosen, *between})


def _with_introduced_items(lines: Sequence[Line], probabilities: Floats, chosen: Sequence[int]) -> list[int]:
    """The chosen lines with the items of short lists that one of them introduces by a colon, if the text goes on behind."""
    items = (
        n
        for line in chosen
        if lines[line].text.endswith((":", "："))
        for n in _list_below(lines, line, chosen[-1])
        if probabilities[n] >= BETWEEN
    )
    return sorted({*chosen, *items})


def _list_below(lines: Sequence[Line], line: int, last: int) -> list[int]:
    below = takewhile(lambda n: lines[n].tag == "li", range(line + 1, last))
    items = list(islice(below, ITEMS_MOST + 1))
    return items if len(items) <= ITEMS_MOST else []


def _container(line: Line) -> Any:
    return None if line.block is None else line.block.getparent()


def _containers(line: Line) -> tuple[Any, ...]:
    """The container of a line; that of the list, too, for an item of one."""
    container = _container(line)
    return (container, container.getparent()) if line.tag == "li" and container is not None else (container,)


def _confidence(lines: Sequence[Line], probabilities: Floats, chosen: Sequence[int]) -> float:
    mass = probabilities * np.array([len(line.text) for line in lines])
    length = sum(len(lines[n].text) for n in chosen)
    if not length:
        return 0.0
    probable = float(mass[list(chosen)].sum())
    return probable / length * (probable / float(mass.sum()))


def _standfirst(page: Page, chosen: Sequence[int]) -> int | None:
    """Return the line above the text that the page calls its standfirst, or its description; a chosen one first."""
    lines = page.lines
    first = next(
        (n for n in chosen if reading_length(lines[n].text) > RUNNING_LEAST and not _is_called_so(page, lines[n])), None
    )
    if first is None:
        return None
    above = [n for n in chosen if n < first and _is_standfirst(page, lines[n])]
    opening = [fold(lines[n].text) for n in chosen if n >= first][:3]
    near = [n for n in _below_title(page, first) if _is_standfirst(page, lines[n])]
    unread = (n for n in near if not any(fold(lines[n].text)[:OPENING] in text for text in opening))
    # A marked line before a chosen one that is only described: fundus exact .432 -> .420, fundus_2 .343 -> .349.
    return above[0] if above else next(unread, None)


def _below_title(page: Page, before: int) -> list[int]:
    """Return the lines within :data:`FROM_TITLE` of a line that says the title; some pages say it again, above the text.
    Where none does, those right above the text."""
    names = {fold(page.meta.title), fold(page.meta.heading)} - {""}
    titles = [n for n in range(before) if fold(page.lines[n].text) in names]
    if not titles:
        return list(range(max(before - 2 * FROM_TITLE, 0), before))
    return sorted({n for title in titles for n in range(title + 1, min(title + FROM_TITLE + 1, before))})


def _is_standfirst(page: Page, line: Line) -> bool:
    fits = STANDFIRST_LEAST <= reading_length(line.text) <= STANDFIRST_MOST and line.linked < 0.5
    return fits and CAPTION_HINT.search(line.hint) is None and line.tag != "figcaption" and _is_called_so(page, line)


def _is_called_so(page: Page, line: Line) -> bool:
    text, description = fold(line.text), fold(page.meta.description)
    described = DESCRIPTION_LEAST <= len(description) >= DESCRIBED * len(text) and text.endswith(description)
    return described or (STANDFIRST_HINT.search(line.hint) is not None and fold(page.meta.title) != text)
