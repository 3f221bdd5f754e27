"""When to poll next."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import ScheduleConfig
from pipeline.model import FeedHints, FeedSpec, FeedState, Outcome, Pace, Validators
from pipeline.schedule import DEAD_WAIT, LONGEST_RETRY, NextPoll, PollAnswer, next_poll, open_time, retry_page

NOW = datetime(2025, 8, 24, tzinfo=UTC)  # a Sunday
CONFIG = ScheduleConfig()
OUTCOMES = st.sampled_from([outcome for outcome in Outcome if outcome is not Outcome.HOST_RESTING])


def feed(interval: float = 900, failures: int = 0, pace: Pace = Pace(), last: Outcome = Outcome.OK) -> FeedState:  # noqa: B008
    spec = FeedSpec("https://o.example/", "O")
    return FeedState(1, spec, Validators(), NOW, interval, failures, False, last, "", NOW, pace)


def after(state: FeedState, outcome: Outcome, *, now: datetime = NOW, **answer: object) -> NextPoll:
    return next_poll(state, PollAnswer(outcome, **answer), now, 0.0, CONFIG)  # type: ignore[arg-type]


def wait(state: FeedState, outcome: Outcome, **answer: object) -> float:
    return (after(state, outcome, **answer).at - NOW).total_seconds()


@given(
    st.floats(60, 200_000), st.integers(0, 50), OUTCOMES, st.integers(0, 90), st.integers(0, 90), st.floats(0, 1),
    st.one_of(st.none(), st.floats(0, 1e9)), st.one_of(st.none(), st.floats(0, 1e9)), st.floats(0, 1e9),
)  # fmt: skip
def test_every_plan_keeps_its_bounds(
    interval: float, failures: int, outcome: Outcome, new: int, known_entries: int, chance: float, retry: float | None,
    fresh: float | None, hint: float,
) -> None:  # fmt: skip
    answer = PollAnswer(outcome, new, known_entries, retry, fresh, FeedHints(hint))
    coming = next_poll(feed(interval, failures), answer, NOW, chance, CONFIG)
    waits = (coming.at - NOW).total_seconds()
    floor = max(min(retry or 0, LONGEST_RETRY), min(fresh or 0, CONFIG.most))
    assert waits >= max(CONFIG.least, floor) - 1e-3
    assert waits <= max(CONFIG.most * 1.1, floor) + 1e-3
    assert CONFIG.least <= coming.interval <= CONFIG.most or outcome not in (Outcome.OK, Outcome.NOT_MODIFIED)
    assert (coming.failures == 0) == (outcome in (Outcome.OK, Outcome.NOT_MODIFIED))


def polls(*shares: tuple[int, int], state: FeedState | None = None, late: float = 0.0) -> FeedState:
    """The feed after polls with so many (new, known) entries, each at its time or so late."""
    state = state or feed()
    for new, known_entries in shares:
        now = state.next_poll + timedelta(seconds=late)
        coming = next_poll(state, PollAnswer(Outcome.OK, new, known_entries), now, 0.0, CONFIG)
        state = replace(state, interval=coming.interval, next_poll=coming.at, last_poll=now, pace=coming.pace)
    return state


def test_the_interval_follows_what_several_polls_agree_on() -> None:
    assert polls((0, 10), (0, 10)).interval == 900
    assert polls((0, 10), (0, 10), (0, 10)).interval == 1800
    assert polls((6, 4), (6, 4), (6, 4)).interval == 450
    assert polls((3, 7), (3, 7), (3, 7), (3, 7)).interval == 900


def test_where_nothing_is_known_entries_may_have_been_missed_and_no_poll_is_waited_for() -> None:
    assert polls((10, 0)).interval == 450


def test_late_polls_and_the_first_say_nothing_of_the_pace() -> None:
    assert polls(*[(10, 0)] * 5, late=3600).interval == 900
    assert polls((10, 0), state=replace(feed(), last_poll=None)).interval == 900


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=60))
def test_the_interval_stays_between_two_minutes_and_a_day(shares: list[tuple[int, int]]) -> None:
    assert 120 <= polls(*shares).interval <= 86_400


def test_failures_add_up_and_hard_ones_weigh_more() -> None:
    waits = [wait(feed(failures=n), Outcome.TIMEOUT) for n in range(4)]
    assert waits == [1800, 2700, 3600, 4500]
    assert wait(feed(), Outcome.GUARD) > wait(feed(), Outcome.BLOCKED) > wait(feed(), Outcome.TIMEOUT) > 900


def test_a_dead_feed_is_looked_at_once_a_month() -> None:
    dead = feed(failures=30, pace=Pace(failing_since=NOW - timedelta(days=22)))
    assert wait(dead, Outcome.UNREACHABLE) == DEAD_WAIT
    assert wait(dead, Outcome.OK) < 86_400
    assert after(dead, Outcome.OK).pace.failing_since is None


def test_gone_is_gone_at_once() -> None:
    assert after(feed(), Outcome.GONE_410).pace.retired


@pytest.mark.parametrize(
    ("failures", "days", "last", "retired"),
    [(9, 8, Outcome.NOT_FOUND, True), (8, 8, Outcome.NOT_FOUND, False), (9, 6, Outcome.NOT_FOUND, False),
     (9, 8, Outcome.TIMEOUT, False)],
)  # fmt: skip
def test_not_found_is_gone_after_many_polls_and_days(failures: int, days: int, last: Outcome, retired: bool) -> None:
    lost = feed(failures=failures, last=last, pace=Pace(failing_since=NOW - timedelta(days=days)))
    assert after(lost, Outcome.NOT_FOUND).pace.retired is retired


def moved(*targets: str) -> Pace:
    state = feed()
    for target in targets:
        state = replace(state, pace=after(state, Outcome.NOT_MODIFIED, moved_to=target).pace)
    return state.pace


def test_an_address_is_adopted_after_three_polls_in_a_row_that_lead_there() -> None:
    assert moved("https://n.example/", "https://n.example/").address == ""
    assert moved(*["https://n.example/"] * 3).address == "https://n.example/"
    assert moved("https://n.example/", "https://n.example/", "", "https://n.example/").address == ""
    assert moved("https://n.example/", "https://m.example/", "https://n.example/").address == ""


def test_an_address_that_answers_with_no_feed_is_not_adopted_and_a_lost_one_given_up() -> None:
    twice = replace(feed(), pace=Pace(moved_to="https://n.example/", moved_times=2))
    assert after(twice, Outcome.NOT_A_FEED, moved_to="https://n.example/").pace.address == ""
    adopted = replace(feed(), pace=Pace(address="https://n.example/"))
    assert after(adopted, Outcome.TIMEOUT).pace.address == "https://n.example/"
    assert after(adopted, Outcome.NOT_FOUND).pace.address == ""


def test_what_the_server_asks_for_is_kept_also_where_a_304_does_not_repeat_it() -> None:
    plan = after(feed(), Outcome.OK, known_entries=1, fresh_for=7200.0, hints=FeedHints(3600))
    assert (plan.at - NOW).total_seconds() == 7200
    silent = after(replace(feed(), pace=plan.pace), Outcome.NOT_MODIFIED)
    assert (silent.at - NOW).total_seconds() == 7200
    shorter = after(replace(feed(), pace=plan.pace), Outcome.NOT_MODIFIED, fresh_for=60.0)
    assert (shorter.at - NOW).total_seconds() == 3600
    dropped = after(replace(feed(), pace=plan.pace), Outcome.OK, known_entries=1, hints=FeedHints())
    assert (dropped.at - NOW).total_seconds() == 900


def test_nobody_silences_a_feed_for_a_year() -> None:
    assert wait(feed(), Outcome.OK, fresh_for=31_536_000.0) == CONFIG.most
    assert wait(feed(), Outcome.SERVER_ERROR, retry_after=31_536_000.0) == LONGEST_RETRY
    assert wait(feed(), Outcome.RATE_LIMITED, retry_after=172_800.0) == 172_800


def test_hours_and_days_that_are_to_be_skipped_are_skipped() -> None:
    night = FeedHints(skip_hours=(0, 1, 2))
    assert after(feed(), Outcome.OK, known_entries=1, hints=night).at == NOW + timedelta(hours=3)
    assert open_time(NOW, FeedHints(skip_days=(6,))) == NOW + timedelta(days=1)
    assert open_time(NOW, FeedHints(skip_days=(6, 0), skip_hours=(0,))) == NOW + timedelta(days=2, hours=1)
    assert open_time(NOW, FeedHints(skip_days=tuple(range(7)))) == NOW


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
