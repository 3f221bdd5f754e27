"""Learn the weights by which two texts are one: ``python -m bench.train_pairs --corpus ../shared/data``.

Logistic regression that starts from weights of 408 judged pairs of seven real sets and 7,000 generated ones, and leaves
them only as far as the pairs at hand ask for it. Sets weigh the same. Prints how many pairs each set's weights, learned
without it, get right; ``--out FILE`` writes those of all, ``--picture FILE`` draws the odds by the weights in force.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

from bench.pairs import SETS, Pair, pairs_of
from bench.score_picture import Score, draw_scores
from pipeline.match.evidence import SIGNS, load_weights

Weights = npt.NDArray[np.float64]
START = {
    "intercept": -3.65, "of_longer": 4.35, "of_shorter": 3.4, "lead": 2.19, "title": 4.16, "differing_facts": -0.63,
    "hours": -0.07, "other_lead": -2.25, "other_bulletin": -6.0, "other_bulletin_title": -4.5,
}  # fmt: skip
# A merge of bulletins costs more than a pair says: learned as the others are, 2 % of them are merged instead of .4 %.
FIXED = ("other_bulletin", "other_bulletin_title")
# Pairs that a set counts for in all, and that the first weights count for.
SET_WEIGHT, PRIOR_WEIGHT = 400.0, 30.0
STEPS = 25
HEAD = "# The log odds that two texts are one, by their signs (pipeline/match/evidence.py); see README.md here.\n"


def learn(sets: Mapping[str, Sequence[Pair]]) -> Weights:
    """Return the intercept and the weight of each sign, by Newton's method."""
    start = np.array(list(START.values()))
    signs = np.array([(1.0, *pair.signs) for pairs in sets.values() for pair in pairs])
    same = np.array([pair.same for pairs in sets.values() for pair in pairs], dtype=np.float64)
    pair_weights = np.concatenate([np.full(len(pairs), SET_WEIGHT / max(len(pairs), 1)) for pairs in sets.values()])
    scale = PRIOR_WEIGHT * np.maximum(signs.var(axis=0), 1e-3)
    scale[0] = 1e-3
    scale[[1 + SIGNS.index(sign) for sign in FIXED]] = 1e9
    weights = start.copy()
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-np.clip(signs @ weights, -40, 40)))
        slope = signs.T @ (pair_weights * (same - chance)) - scale * (weights - start)
        curve = (signs * (pair_weights * chance * (1 - chance))[:, None]).T @ signs + np.diag(scale)
        weights = weights + np.linalg.solve(curve, slope)
    return weights


def weights_in_force() -> Weights:
    """Return the weights in force: the intercept, then the signs'."""
    weights = load_weights()
    return np.array([weights["intercept"], *(weights[sign] for sign in SIGNS)])


def log_odds(pairs: Sequence[Pair]) -> list[Score]:
    """Return the log odds of pairs by the weights in force, and whether each is one."""
    weights = weights_in_force()
    return [(float(np.dot((1.0, *pair.signs), weights)), pair.same) for pair in pairs]


def right(pairs: Sequence[Pair], weights: Weights) -> tuple[int, int, int, int]:
    """Return of a set's pairs how many that are one are joined, of how many, and how many others, of how many."""
    joined = [bool(np.dot((1.0, *pair.signs), weights) >= 0) for pair in pairs]
    same = [is_joined for pair, is_joined in zip(pairs, joined, strict=True) if pair.same]
    different = [is_joined for pair, is_joined in zip(pairs, joined, strict=True) if not pair.same]
    return sum(same), len(same), sum(different), len(different)


def main(words: Iterable[str] | None = None) -> int:
    """Learn, print the table, write where asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog="Example: python -m bench.train_pairs --corpus ../shared/data"
    )
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--out", type=Path, help="write the weights learned from all sets here")
    parser.add_argument("--picture", type=Path, help="draw the odds of all pairs here, as SVG")
    options = parser.parse_args(words if words is None else list(words))
    sets = {name: pairs_of(options.corpus, name) for name in SETS}
    learned = learn(sets)
    table = Table("Set", "Weights", "One: joined", "Not one: joined")
    for name, pairs in sets.items():
        without = learn({label: known_pairs for label, known_pairs in sets.items() if label != name})
        for label, weights in (
            ("in force", weights_in_force()),
            ("learned without it", without),
            ("of all", learned),
        ):
            same, all_same, different, all_different = right(pairs, weights)
            table.add_row(name, label, f"{same} of {all_same}", f"{different} of {all_different}")
    console = Console()
    console.print(table)
    rows = [f"{sign} = {weight:.2f}" for sign, weight in zip(("intercept", *SIGNS), learned, strict=True)]
    console.print("\n".join(rows))
    if options.picture:
        options.picture.write_text(draw_scores({name: log_odds(pairs) for name, pairs in sets.items()}), "utf-8")
    if options.out:
        options.out.write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
