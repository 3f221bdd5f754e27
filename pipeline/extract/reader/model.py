"""The learned model: the probability that a line is the story's."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from pipeline.extract.reader.ancestors import Floats
from pipeline.extract.reader.trees import Forest, read_forest

MODEL_FILE = Path(__file__).parents[2] / "data" / "reader" / "lines.txt"
# Another model than the package's own, as one that ``bench.train`` learned from pages of your own.
SETTING = "COPYDESK_READER"


def load_model() -> Forest:
    """Return the model, loaded once a process. Raises ValueError where a file of your own is none."""
    return _load(Path(os.environ.get(SETTING) or MODEL_FILE))


@cache
def _load(path: Path) -> Forest:
    return read_forest(path.read_text(encoding="utf-8"))


def line_probabilities(figures: Floats) -> Floats:
    """Return the probability of each line (0..1) from its figures (lines x figures)."""
    return load_model().probabilities(figures)
