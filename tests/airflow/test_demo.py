"""What the demo promises and how it measures itself, without an Airflow."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsstand.demo import DemoFailed, alone, check
from newsstand.score import judge

COUNTS = {"entry": 10, "article": 9, "copy": 9, "story": 4, "version": 4, "change": 13}
MORE = {name: value + 2 for name, value in COUNTS.items()}
TRUTH = {
    "pages": [{"url": f"u{n}", "story": story} for n, story in enumerate(("a", "a", "a", "b", "c", None))],
    "stories": [
        {"id": "a", "body": ["One.", "Two."]},
        {"id": "b", "body": ["Three."], "series": "quake"},
        {"id": "c", "body": ["Four."], "series": "quake"},
    ],
}


def test_three_good_runs_pass() -> None:
    check(COUNTS, MORE, MORE, pages=MORE["copy"])


@pytest.mark.parametrize(
    ("news", "after", "pages", "reason"),
    [
        (COUNTS, COUNTS, 9, "found nothing new"),
        (MORE, MORE | {"version": 7}, 11, "version 6 -> 7"),
        (MORE, MORE, 10, "stored twice"),
        (MORE | {"copy": 10}, MORE | {"copy": 10}, 10, "not placed"),
    ],
)
def test_each_broken_promise_has_its_reason(
    news: dict[str, int], after: dict[str, int], pages: int, reason: str
) -> None:
    with pytest.raises(DemoFailed, match=reason):
        check(COUNTS, news, after, pages)


def test_a_perfect_store_scores_perfectly() -> None:
    groups = {1: ["u0", "u1", "u2"], 2: ["u3"], 3: ["u4"], 4: ["u5"]}
    measured = judge(groups, {1: ["One.", "Two."]}, TRUTH)
    assert (measured.f1, measured.exact, measured.judged, measured.merged, measured.exact_share) == (1.0, 1, 1, 0, 1.0)


def test_merged_bulletins_and_other_words_are_counted() -> None:
    groups = {1: ["u0", "u1", "u2"], 2: ["u3", "u4"], 4: ["u5"]}
    measured = judge(groups, {1: ["One.", "Open in App"]}, TRUTH)
    assert (measured.exact, measured.judged, measured.merged) == (0, 1, 1)
    assert measured.f1 < 1


def test_only_one_demo_runs_in_a_home(tmp_path: Path) -> None:
    home = tmp_path / "demo"
    with alone(home), pytest.raises(DemoFailed, match="a demo is running"), alone(home):
        pass
    (home / "old").touch()
    with alone(home):
        assert list(home.iterdir()) == []
