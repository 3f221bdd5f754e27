"""Two whole runs at once, and polls by eight workers, in short; ``python -m bench.concurrency`` does it at length."""

from __future__ import annotations

from pathlib import Path

from bench.concurrency import Stand, config_for, serving_stand, soak_polls, soak_runs


def test_two_whole_runs_at_once_fetch_and_store_every_page_once(store_url: str, tmp_path: Path) -> None:
    with serving_stand(Stand(outlets=2, pages=3)) as stand:
        soak = soak_runs(stand, config_for(stand, store_url, tmp_path), rounds=1)
    assert (soak.deaths, soak.problems) == ([], [])
    assert soak.calls == 4
    assert (soak.fetched_twice, soak.stored_twice, soak.missing) == (0, 0, 0)


def test_polls_by_eight_workers_store_every_entry_once(store_url: str, tmp_path: Path) -> None:
    with serving_stand(Stand(outlets=2, pages=3)) as stand:
        soak = soak_polls(stand, config_for(stand, store_url, tmp_path), rounds=1)
    assert (soak.deaths, soak.problems) == ([], [])
    assert (soak.calls, soak.polls) == (8, 32)
    assert (soak.stored_twice, soak.missing) == (0, 0)
