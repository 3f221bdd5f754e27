"""The forest says what LightGBM says: on the package's own model, and on one that is learned here."""

from __future__ import annotations

from pathlib import Path

import lightgbm
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.train import PARAMETERS
from pipeline.extract.reader.model import BETWEEN_FORESTS, MODEL_FILE, SETTING, load_model
from pipeline.extract.reader.trees import STEP, Forest, read_forest

PASSES = MODEL_FILE.read_text(encoding="utf-8").split(BETWEEN_FORESTS)
TEXT = PASSES[0]
BOOSTERS = [lightgbm.Booster(model_str=text) for text in PASSES]


def thresholds_and_around(forest: Forest) -> list[float]:
    """Every threshold of the model, and the numbers next to each: where a wrong comparison shows."""
    thresholds = forest.thresholds.ravel()
    return [*thresholds, *np.nextafter(thresholds, np.inf), *np.nextafter(thresholds, -np.inf)]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 2 * STEP + 1))
def test_the_packages_model_says_what_lightgbm_says(seed: int, rows: int) -> None:
    chance = np.random.default_rng(seed)
    for forest, booster in zip(load_model(), BOOSTERS, strict=True):
        figures = chance.choice(thresholds_and_around(forest), size=(rows, len(forest.names)))
        probabilities = forest.probabilities(figures)
        assert probabilities.shape == (rows,)
        if rows:
            np.testing.assert_allclose(probabilities, booster.predict(figures, num_threads=1), rtol=1e-12)


def test_a_model_of_one_pass_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "one.txt").write_text(TEXT, encoding="utf-8")
    monkeypatch.setenv(SETTING, str(tmp_path / "one.txt"))
    with pytest.raises(ValueError, match="two passes"):
        load_model()


@pytest.mark.parametrize("leaves", [2, 3, 31, 32])
def test_another_model_says_what_lightgbm_says(leaves: int) -> None:
    chance = np.random.default_rng(leaves)
    figures, labels = chance.normal(size=(3000, 7)), chance.random(3000) < 0.4
    data = lightgbm.Dataset(figures, labels, feature_name=list("abcdefg"))
    booster = lightgbm.train({**PARAMETERS, "num_leaves": leaves}, data, num_boost_round=20)
    forest = read_forest(booster.model_to_string())
    assert forest.names == tuple("abcdefg")
    np.testing.assert_allclose(forest.probabilities(figures), booster.predict(figures), rtol=1e-12)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not a model",
        TEXT.replace("objective=binary sigmoid:1", "objective=regression"),
        TEXT.replace("decision_type=2", "decision_type=1", 1),
        TEXT.replace("num_leaves=31", "num_leaves=33", 1),
        TEXT.partition("\n\nTree=")[0],
    ],
)
def test_what_is_no_such_model_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"model|tree"):
        read_forest(text)
