"""When to poll next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import ScheduleConfig
from pipeline.model import FeedSpec, FeedState, Outcome, Validators
from pipeline.schedule import next_poll, retry_page

NOW = datetime(2025, 8, 24, tzinfo=UTC)
CONFIG = ScheduleConfig()


def feed(interval: float = 900, failures: int = 0) -> FeedState:
    return FeedState(1, FeedSpec("https://o.example/", "O"), Validators(), NOW, interval, failures)


@given(
    st.floats(60, 200_000), st.integers(0, 50), st.sampled_from(list(Outcome)), st.integers(0, 90), st.integers(0, 90),
    st.floats(0, 1), st.one_of(st.none(), st.floats(0, 1e6)),
)  # fmt: skip
def test_every_plan_keeps_its_bounds(
    interval: float, failures: int, outcome: Outcome, new: int, known: int, chance: float, after: float | None
) -> None:
    at, _, count = next_poll(feed(interval, failures), outcome, new, known, NOW, chance, CONFIG, after)
    wait = (at - NOW).total_seconds()
    assert wait >= max(CONFIG.least, after or 0) - 1e-3
    assert wait <= max(CONFIG.most * 1.1, after or 0) + 1e-3
    assert (count == 0) == (outcome in (Outcome.OK, Outcome.NOT_MODIFIED))


def wait(outcome: Outcome, new: int = 0, known: int = 0, failures: int = 0) -> float:
    at, _, _ = next_poll(feed(failures=failures), outcome, new, known, NOW, 0.0, CONFIG)
    return (at - NOW).total_seconds()


def test_the_interval_follows_what_is_new() -> None:
    assert wait(Outcome.OK, new=10) < 900 < wait(Outcome.OK, known=10) == wait(Outcome.NOT_MODIFIED)
    assert wait(Outcome.OK, new=3, known=7) == 900


def test_failures_add_up_and_hard_ones_weigh_more() -> None:
    waits = [wait(Outcome.TIMEOUT, failures=n) for n in range(4)]
    assert waits == sorted(set(waits))
    assert wait(Outcome.GONE) > wait(Outcome.BLOCKED) > wait(Outcome.TIMEOUT) > 900


@pytest.mark.parametrize(
    "outcome", [Outcome.NOT_FOUND, Outcome.BLOCKED, Outcome.ROBOTS, Outcome.GUARD, Outcome.TOO_LARGE]
)
def test_what_will_not_change_is_not_tried_again(outcome: Outcome) -> None:
    assert retry_page(outcome, 1, NOW, 0.0, 5) is None


def test_what_may_pass_is_tried_again_later_and_not_for_ever() -> None:
    tries = [retry_page(Outcome.TIMEOUT, n, NOW, 0.0, 5) for n in range(1, 6)]
    assert tries[:2] == [NOW + timedelta(seconds=300), NOW + timedelta(seconds=600)]
    assert tries[4] is None
    assert retry_page(Outcome.RATE_LIMITED, 1, NOW, 0.0, 5, retry_after=9000.0) == NOW + timedelta(seconds=9000)
