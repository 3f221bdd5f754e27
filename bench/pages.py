"""The pages that the reader learns from: their lines, figures and labels, by set; kept in a file between runs."""

from __future__ import annotations

import pickle
import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.altered import alter
from bench.extraction import read_set
from bench.labels import label_lines
from pipeline.errors import ExtractError
from pipeline.extract.lines import page_lines
from pipeline.extract.page import Page, parse_page
from pipeline.extract.reader.figures import line_figures, page_figures
from pipeline.extract.reader.second_pass import line_containers
from pipeline.model import PageHints

# A collection and its second half are never learned from when either is tested; small ones share a fold.
FOLDS = (
    ("fundus", "fundus_2"),
    ("fundus_eval", "fundus_eval_2", "newspaper4k", "readability"),
    ("scrapinghub", "scrapinghub_2", "daniel"),
    ("wcxb", "wcxb_test_2"),
)
SETS = tuple(name for fold in FOLDS for name in fold)
# Pages of a set that are read together: an altered copy takes what it adds from its neighbour.
BATCH = 6
# How many altered copies lose the text that JSON-LD declares, and the description.
NO_BODY, NO_DESCRIPTION = 0.5, 0.3


@dataclass(frozen=True, slots=True)
class LabelledPage:
    """A page's lines: their figures (lines x figures), which of them are the story's, their lengths in characters,
    the number of the element each stands in; ``altered`` says that it is a copy that :mod:`bench.altered` made."""

    id: str
    figures: npt.NDArray[np.float32]
    labels: npt.NDArray[np.bool_]
    lengths: npt.NDArray[np.float64]
    containers: npt.NDArray[np.int64]
    altered: bool = False


def labelled_pages(corpus: Path, sets: Sequence[str], cache: Path | None = None) -> dict[str, list[LabelledPage]]:
    """Return the pages of each set that hold at least one line of their truth, and an altered copy of each.

    ``cache`` is read where it is there.
    """
    if cache and cache.is_file():
        return pickle.loads(cache.read_bytes())  # type: ignore[no-any-return]  # noqa: S301 - a file of our own
    with ProcessPoolExecutor(2) as pool:
        pages = {name: list(_labelled(pool, corpus / "extraction" / name)) for name in sets}
    if cache:
        cache.write_bytes(pickle.dumps(pages))
    return pages


def _labelled(pool: ProcessPoolExecutor, folder: Path) -> Iterator[LabelledPage]:
    for group in pool.map(_labelled_batch, _batches(read_set(folder))):
        yield from group


def _batches(rows: Iterator[tuple[dict[str, Any], bytes]]) -> Iterator[list[tuple[dict[str, Any], bytes]]]:
    while batch := list(islice(rows, BATCH)):
        yield batch


def _labelled_batch(batch: Sequence[tuple[dict[str, Any], bytes]]) -> list[LabelledPage]:
    """Return the pages of a batch, then their altered copies: the trees are changed by these."""
    parsed = [(row["id"], page, labels) for row, raw in batch for page, labels in _parsed(row, raw)]
    pages = [_labelled_page(name, page, labels) for name, page, labels in parsed]
    neighbours = [*parsed[1:], *parsed[:1]]
    copies = [
        _altered_page(name, page, labels, neighbour, neighbour_labels)
        for (name, page, labels), (_, neighbour, neighbour_labels) in zip(parsed, neighbours, strict=True)
    ]
    return pages + copies


def _parsed(row: dict[str, Any], raw: bytes) -> Iterator[tuple[Page, list[bool]]]:
    """Yield the page with its labels, if it is one that holds a line of its truth."""
    try:
        page = parse_page(raw, row.get("url") or "", PageHints())
    except ExtractError:
        return
    labels = label_lines([line.text for line in page.lines], str(row["body"]))
    if any(labels):
        yield page, labels


def _labelled_page(name: str, page: Page, labels: Sequence[bool]) -> LabelledPage:
    lengths = np.array([len(line.text) for line in page.lines], dtype=np.float64)
    figures = page_figures(page).astype(np.float32)
    return LabelledPage(name, figures, np.array(labels, dtype=bool), lengths, line_containers(page.lines))


def _altered_page(
    name: str, page: Page, labels: Sequence[bool], neighbour: Page, neighbour_labels: Sequence[bool]
) -> LabelledPage:
    chance = random.Random(name)
    labels = alter(page, labels, neighbour, neighbour_labels, chance)
    lines = page_lines(page.tree)
    body = "" if chance.random() < NO_BODY else page.meta.article_body
    description = "" if chance.random() < NO_DESCRIPTION else page.meta.description
    figures = line_figures(lines, page.tree, body, [description])
    lengths = np.array([len(line.text) for line in lines], dtype=np.float64)
    containers = line_containers(lines)
    return LabelledPage(
        name, figures.astype(np.float32), np.array(labels, dtype=bool), lengths, containers, altered=True
    )
