"""The learned model: the probability that a line is the story's."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import NamedTuple

from pipeline.extract.reader.ancestors import Floats, Integers
from pipeline.extract.reader.second_pass import second_figures
from pipeline.extract.reader.trees import Forest, read_forest

MODEL_FILE = Path(__file__).parents[2] / "data" / "reader" / "lines.txt"
# Another model than the package's own, as one that ``bench.train`` learned from pages of your own.
SETTING = "COPYDESK_READER"
# What stands between the forests in the file.
BETWEEN_FORESTS = "\n\n=== next pass ===\n"


class Model(NamedTuple):
    """The forests of both passes: the second judges lines by what the first says of their neighbours."""

    first: Forest
    second: Forest


def load_model() -> Model:
    """Return the model, loaded once a process. Raises ValueError where a file of your own is none."""
    return _load(Path(os.environ.get(SETTING) or MODEL_FILE))


@cache
def _load(path: Path) -> Model:
    passes = path.read_text(encoding="utf-8").split(BETWEEN_FORESTS)
    if len(passes) != len(Model._fields):
        raise ValueError("not a model of two passes: learn it again")
    return Model(*map(read_forest, passes))


def line_probabilities(figures: Floats, containers: Integers) -> Floats:
    """Return the probability of each line (0..1) from its figures (lines x figures) and the number of its container."""
    model = load_model()
    first = model.first.probabilities(figures)
    return model.second.probabilities(second_figures(figures, first, containers))
