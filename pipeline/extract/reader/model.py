"""The learned model: the probability that a line is the story's. The one import of LightGBM."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.extract.reader.ancestors import Floats

MODEL_FILE = Path(__file__).parents[2] / "data" / "reader" / "lines.txt"
# Another model than the package's own, as one that ``bench.train`` learned from pages of your own.
SETTING = "COPYDESK_READER"


def load_model() -> Any:
    """Return the model, loaded once a process: 1 s with LightGBM itself, so before the first page."""
    return _load(Path(os.environ.get(SETTING) or MODEL_FILE))


@cache
def _load(path: Path) -> Any:
    import lightgbm

    return lightgbm.Booster(model_str=path.read_text(encoding="utf-8"))


def line_probabilities(figures: Floats) -> Floats:
    """Return the probability of each line (0..1) from its figures (lines x figures)."""
    return np.asarray(load_model().predict(figures, num_threads=1), dtype=np.float64)
