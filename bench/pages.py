"""The pages that the reader learns from: their lines, figures and labels, by set; kept in a file between runs."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.extraction import read_set
from bench.labels import label_lines
from pipeline.errors import ExtractError
from pipeline.extract.page import parse_page
from pipeline.extract.reader.figures import page_figures
from pipeline.model import PageHints

# A collection and its second half are never learned from when either is tested; small ones share a fold.
FOLDS = (
    ("fundus", "fundus_2"),
    ("fundus_eval", "fundus_eval_2", "newspaper4k", "readability"),
    ("scrapinghub", "scrapinghub_2", "daniel"),
    ("wcxb", "wcxb_test_2"),
)
SETS = tuple(name for fold in FOLDS for name in fold)


@dataclass(frozen=True, slots=True)
class LabelledPage:
    """A page's lines: their figures (lines x figures), which of them are the story's, their lengths in characters."""

    id: str
    figures: npt.NDArray[np.float32]
    labels: npt.NDArray[np.bool_]
    lengths: npt.NDArray[np.float64]


def labelled_pages(corpus: Path, sets: Sequence[str], cache: Path | None = None) -> dict[str, list[LabelledPage]]:
    """Return the pages of each set that hold at least one line of their truth. ``cache`` is read where it is there."""
    if cache and cache.is_file():
        return pickle.loads(cache.read_bytes())  # type: ignore[no-any-return]  # noqa: S301 - a file of our own
    with ProcessPoolExecutor(2) as pool:
        pages = {name: list(_labelled(pool, corpus / "extraction" / name)) for name in sets}
    if cache:
        cache.write_bytes(pickle.dumps(pages))
    return pages


def _labelled(pool: ProcessPoolExecutor, folder: Path) -> Iterator[LabelledPage]:
    for page in pool.map(_labelled_page, read_set(folder), chunksize=4):
        if page is not None and page.labels.any():
            yield page


def _labelled_page(read: tuple[dict[str, Any], bytes]) -> LabelledPage | None:
    row, raw = read
    try:
        page = parse_page(raw, row.get("url") or "", PageHints())
    except ExtractError:
        return None
    figures = page_figures(page)
    texts = [line.text for line in page.lines]
    return LabelledPage(
        row["id"],
        figures.astype(np.float32),
        np.array(label_lines(texts, str(row["body"])), dtype=bool),
        np.array([len(text) for text in texts], dtype=np.float64),
    )
