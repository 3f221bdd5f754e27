"""A shorter week with fewer outlets of all kinds; python -m tests.simulator runs the whole one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulator.week import simulate


@pytest.mark.parametrize("seed", [1, 2])
def test_no_promise_is_broken_and_no_entry_lost(tmp_path: Path, seed: int) -> None:
    report = simulate(tmp_path, hosts=30, feeds=70, days=3.0, seed=seed)
    assert report.broken == {}
    assert (report.unaccounted, report.lost, report.most_at_once) == (0, 0, 1)
    assert report.requests > 1_000
    assert report.entries > 300
