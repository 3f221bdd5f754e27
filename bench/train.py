"""Learn the reader from pages with a known text: ``python -m bench.train --corpus ../shared/data``.

Writes ``pipeline/data/reader/lines.txt``, learned from all sets. ``--without fundus`` leaves the whole collection out
and writes elsewhere (``--out``): that is how an idea is judged, never by pages drawn by chance. Seeds are fixed.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.pages import FOLDS, SETS, LabelledPage, labelled_pages
from pipeline.extract.reader.figures import FIGURES
from pipeline.extract.reader.model import BETWEEN_FORESTS, MODEL_FILE
from pipeline.extract.reader.second_pass import SECOND_FIGURES, second_figures

Sets = Mapping[str, Sequence[LabelledPage]]

# General web pages: many, and another kind; they count less (out of collection no difference on news).
SET_WEIGHTS = {"wcxb": 0.3, "wcxb_test_2": 0.3}
PAGE_WEIGHT = 50.0
ALTERED_WEIGHT = 0.7
# Lines farther than so many from any text are thinned to this share, each for as many: a third less time.
NEAR, THINNED = 4, 0.15
RUNNING = 60
TREES = 120
SEED = 7
PARAMETERS = {
    "objective": "binary", "num_leaves": 31, "learning_rate": 0.1, "min_data_in_leaf": 60, "bagging_fraction": 0.7,
    "bagging_freq": 1, "feature_fraction": 0.3, "lambda_l2": 5.0, "max_bin": 63, "verbose": -1, "seed": SEED,
    "num_threads": 2, "deterministic": True, "force_row_wise": True,
}  # fmt: skip
# More running text around speaks for a line, more links and repeats against it (wcxb +.003, news the same).
RISING = ("place_running_of_page", "tags_running_of_page", "parent_running_of_page", "sibling_running_of_page")
FALLING = ("linked", "same", "place_link_share")


def learn(pages: Sets) -> tuple[Any, Any]:
    """Return the Boosters of both passes. The second is learned from what the first says of pages of collections that
    it was not learned from: of its own pages it says too much."""
    first = learn_pass(pages, FIGURES)
    return first, learn_pass(judged_pages(pages), SECOND_FIGURES)


def judged_pages(pages: Sets) -> Sets:
    """Return the pages with the figures of the second pass, each judged by a first pass learned from other folds."""
    folds = [[name for name in fold if name in pages] for fold in FOLDS]
    judges = ((fold, learn_pass(without_collection(pages, fold[0]), FIGURES)) for fold in folds if fold)
    return {name: [_judged(page, judge) for page in pages[name]] for fold, judge in judges for name in fold}


def _judged(page: LabelledPage, judge: Any) -> LabelledPage:
    figures = second_figures(page.figures.astype(np.float64), judge.predict(page.figures), page.containers)
    return replace(page, figures=figures.astype(np.float32))


def learn_pass(pages: Sets, names: Sequence[str]) -> Any:
    """Return the Booster learned from the sets; ``names``: those of the pages' figures."""
    import lightgbm

    chance = np.random.default_rng(SEED)
    parts = [_thinned(page, SET_WEIGHTS.get(name, 1.0), chance) for name, group in pages.items() for page in group]
    figures, labels, weights = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    data = lightgbm.Dataset(figures, labels, weight=weights, feature_name=list(names), free_raw_data=True)
    constraints = [(name in RISING) - (name in FALLING) for name in names]
    return lightgbm.train({**PARAMETERS, "monotone_constraints": constraints}, data, num_boost_round=TREES)


def _thinned(
    page: LabelledPage, weight: float, chance: np.random.Generator
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
    """The page's lines with their weights: the root of the length, each page the same in all."""
    weights = np.sqrt(page.lengths) + 2
    weights *= weight * PAGE_WEIGHT * (ALTERED_WEIGHT if page.altered else 1.0) / weights.sum()
    chosen = _near_text(page) | (chance.random(len(weights)) < THINNED)
    weights = np.where(_near_text(page), weights, weights / THINNED)
    return page.figures[chosen], page.labels[chosen], weights[chosen]


def _near_text(page: LabelledPage) -> npt.NDArray[np.bool_]:
    """Whether a line stands near the story, or near running text that could be taken for it."""
    text = page.labels | ((page.lengths >= RUNNING) & (page.figures[:, FIGURES.index("linked")] < 0.5))
    near = np.convolve(text, np.ones(2 * NEAR + 1), mode="same") > 0
    return np.asarray(near[: len(text)], dtype=bool)


def without_collection(pages: Sets, name: str) -> dict[str, Sequence[LabelledPage]]:
    """Return the sets of all folds but that of the named set."""
    fold = next(fold for fold in FOLDS if name in fold)
    return {set_name: group for set_name, group in pages.items() if set_name not in fold}


def save(boosters: Iterable[Any], path: Path) -> None:
    """Write the model, its passes one after another as text, without the settings they were learned by."""
    passes = (booster.model_to_string(num_iteration=-1).split("\nparameters:")[0] for booster in boosters)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(BETWEEN_FORESTS.join(passes) + "\n", encoding="utf-8")


def main(words: Iterable[str] | None = None) -> int:
    """Learn and write; say how long it took."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog="Example: python -m bench.train --corpus ../shared/data"
    )
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--without", choices=SETS, help="leave the collection of this set out")
    parser.add_argument("--cache", type=Path, help="keep the labelled pages here from run to run")
    parser.add_argument("--out", type=Path, default=MODEL_FILE)
    options = parser.parse_args(words if words is None else list(words))
    started = time.monotonic()
    pages: Sets = labelled_pages(options.corpus, SETS, options.cache)
    if options.without:
        pages = without_collection(pages, options.without)
    save(learn(pages), options.out)
    count = sum(not page.altered for group in pages.values() for page in group)
    size = options.out.stat().st_size // 1000
    print(f"{count:,} pages of {len(pages)} sets in {time.monotonic() - started:.0f} s: {options.out} ({size} KB)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
