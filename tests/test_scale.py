"""The page on scale: what follows is computed anew from the costs that it names."""

from __future__ import annotations

import ast
import operator
import re

import pytest

from pipeline.config import FetchConfig, MatchConfig, ScheduleConfig
from tests.test_docs import DOCS

PAGE = (DOCS / "scale.md").read_text(encoding="utf-8")
COSTS = {name: float(value.replace(",", "")) for name, value in re.findall(r"^\| `(\w+)` \| ([\d.,]+) \|", PAGE, re.M)}
ROWS = re.findall(r"^\| ([^|`]+) \| ([\d.,]+) \| [^|]+ \| `([^`]+)` \|$", PAGE, re.M)
OPERATORS = {ast.Add: operator.add, ast.Mult: operator.mul, ast.Div: operator.truediv}


def value_of(node: ast.expr) -> float:
    """What an expression of names, numbers, + * and / comes to."""
    if isinstance(node, ast.BinOp):
        return float(OPERATORS[type(node.op)](value_of(node.left), value_of(node.right)))
    return COSTS[node.id] if isinstance(node, ast.Name) else float(ast.literal_eval(node))


def three_digits(value: float) -> float:
    return float(f"{value:.3g}")


@pytest.mark.parametrize(("row", "value", "arithmetic"), ROWS, ids=[name for name, _, _ in ROWS])
def test_a_figure_follows_from_the_costs(row: str, value: str, arithmetic: str) -> None:
    assert three_digits(value_of(ast.parse(arithmetic, mode="eval").body)) == float(value.replace(",", ""))


def test_every_cost_and_assumption_is_used() -> None:
    used = {name for _, _, arithmetic in ROWS for name in re.findall(r"[a-z_]\w*", arithmetic)}
    assert len(ROWS) > 10
    assert used - {"e6", "e9", "e12"} == set(COSTS)


def test_assumptions_that_are_settings_are_their_defaults() -> None:
    assert COSTS["polls"] == 86_400 / ScheduleConfig().first
    assert COSTS["visits"] == 1 + len(FetchConfig().revisit_hours)
    assert COSTS["fresh_days"] == MatchConfig().fresh_hours / 24
    assert COSTS["batch"] == 10 * ScheduleConfig().page_batch
    assert f"`{MatchConfig().memory} / (fresh_days * shingles)`" in PAGE
