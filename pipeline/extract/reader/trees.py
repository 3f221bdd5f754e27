"""A forest of decision trees, as LightGBM writes it in its text format, asked with numpy alone.

LightGBM itself needs scipy: 150 MB to install and a second to import, for what these lines do. Its leaves are found as
QuickScorer does (Lucchese et al., SIGIR 2015): each node whose condition is false strikes out the leaves below its left
branch, and the leaf that is left of all others that remain is the tree's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]
# The leaves of a tree are the bits of a number.
MOST_LEAVES = 32
MOST_NODES = MOST_LEAVES - 1
# Rows judged at a time, so that 3,720 nodes by 64 rows stay near the processor.
STEP = 64
# What LightGBM takes for 0 (kZeroThreshold in its meta.h).
ZERO = float(np.float32(1e-35))
# "<=", and what is missing is 0: the one form of node that is read (Tree::GetDecisionType in LightGBM's tree.h).
PLAIN_NODE = "2"


@dataclass(frozen=True, slots=True)
class Forest:
    """The nodes of all trees (31 x trees): a row goes left where its figure ``features`` is at most ``thresholds``, and
    ``strikes`` has the leaves that are struck out where it does not, none where a tree has fewer nodes. ``leaves``
    (trees x 32) are the values of each tree's leaves from left to right."""

    names: tuple[str, ...]
    features: npt.NDArray[np.intp]
    thresholds: npt.NDArray[np.float64]
    strikes: npt.NDArray[np.uint32]
    leaves: npt.NDArray[np.float64]

    def probabilities(self, figures: Floats) -> npt.NDArray[np.float64]:
        """Return the probability (0..1) of each row of ``figures`` (rows x names); all have to be finite."""
        parts = [self._scores(figures[at : at + STEP]) for at in range(0, len(figures), STEP)]
        scores = np.concatenate(parts) if parts else np.zeros(0)
        return np.asarray(1 / (1 + np.exp(-scores)), dtype=np.float64)

    def _scores(self, figures: Floats) -> npt.NDArray[np.float64]:
        by_figure = np.ascontiguousarray(figures.T)
        by_node = np.where(np.abs(by_figure) <= ZERO, 0.0, by_figure)[self.features]
        # A product of flags and numbers takes an eighth of the time of numpy's choice between two. The trees side by
        # side, so that the first axis goes: a seventh of the time of going through each tree's nodes.
        struck = np.multiply(by_node > self.thresholds[..., None], self.strikes[..., None])
        remaining = ~np.bitwise_or.reduce(struck, axis=0)
        leftmost = np.log2((remaining & -remaining).astype(np.float64)).astype(np.intp)
        scores: npt.NDArray[np.float64] = np.take_along_axis(self.leaves, leftmost, axis=1).sum(axis=0)
        return scores


def read_forest(text: str) -> Forest:
    """Read LightGBM's text format: a binary objective, nodes of the form "at most". Raises ValueError for another."""
    head, *sections = text.split("\n\nTree=")
    facts = _fields(head)
    if facts.get("objective") != "binary sigmoid:1":
        raise ValueError("not a model of one probability")
    trees = [_fields(section) for section in sections]
    if not trees or any(not _is_plain(tree) for tree in trees):
        raise ValueError("a tree of categories, of missing values, or of too many leaves")
    return Forest(
        names=tuple(facts["feature_names"].split()),
        features=_side_by_side([np.array(tree["split_feature"].split(), dtype=np.intp) for tree in trees]),
        thresholds=_side_by_side([np.array(tree["threshold"].split(), dtype=np.float64) for tree in trees]),
        strikes=_side_by_side([_struck_leaves(tree) for tree in trees]),
        leaves=np.stack([_leaf_values(tree) for tree in trees]),
    )


def _fields(section: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in section.splitlines() if "=" in line)


def _is_plain(tree: dict[str, str]) -> bool:
    return 2 <= int(tree["num_leaves"]) <= MOST_LEAVES and set(tree["decision_type"].split()) == {PLAIN_NODE}


def _side_by_side(trees: list[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    return np.stack([np.pad(nodes, (0, MOST_NODES - len(nodes))) for nodes in trees], axis=1)


def _struck_leaves(tree: dict[str, str]) -> npt.NDArray[np.uint32]:
    """Return, for each node, the leaves struck out where its condition is false, as bits from left to right."""
    order = {leaf: place for place, leaf in enumerate(_leaves_below(tree, 0))}
    left_branches = map(int, tree["left_child"].split())
    struck = [sum(1 << order[leaf] for leaf in _leaves_below(tree, child)) for child in left_branches]
    return np.array(struck, dtype=np.uint32)


def _leaf_values(tree: dict[str, str]) -> npt.NDArray[np.float64]:
    values = np.zeros(MOST_LEAVES)
    stored = np.array(tree["leaf_value"].split(), dtype=np.float64)
    values[: len(stored)] = stored[list(_leaves_below(tree, 0))]
    return values


def _leaves_below(tree: dict[str, str], child: int) -> Iterator[int]:
    """Yield the leaves below a child from left to right; a leaf's own number is written as its complement."""
    left_children, right_children = (list(map(int, tree[name].split())) for name in ("left_child", "right_child"))
    waiting = [child]
    while waiting:
        number = waiting.pop()
        if number < 0:
            yield ~number
        else:
            waiting += [right_children[number], left_children[number]]
