"""The week that ``bench.week`` lives through: what its outlets publish, what is measured, and that its hours run."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from bench.concurrency import START, serving_stand
from bench.reports import LATEST, Reports, copies_of, report_page
from bench.week import HOURS_OF_DAY, WARM_DAYS, Hour, Week, ingesting, live, mixed_stories, week_config
from pipeline import steps
from pipeline.feeds import parse_feed

HOUR = Hour(1.0, {"ingest": 100, "serve": 50}, {"ingest": 9, "serve": 20}, published=10, stored=10, bytes=1000)


@given(st.integers(0, 10**6), st.integers(1, 50), st.integers(1, 100))
def test_a_report_is_carried_by_each_outlet_once_and_soon(report: int, outlets: int, reports_an_hour: int) -> None:
    copies = copies_of(report, outlets, reports_an_hour)
    assert len({copy.outlet for copy in copies}) == len(copies) > 0
    assert all(0 <= copy.hour - report / reports_an_hour <= LATEST for copy in copies)


def test_feeds_list_what_is_published_by_the_hour() -> None:
    stand = Reports(outlets=3, reports_an_hour=4)
    for hour in (0.0, 1.0, 5.0):
        stand.hour = hour
        names = set()
        for outlet in range(3):
            body = stand.body(f"/feed/{outlet}/0")
            assert body is not None
            names |= {
                entry.url.rpartition("/")[2] for entry in parse_feed(body, url="http://127.0.0.1/", now=START).entries
            }
        assert len(names) == stand.published > 0


def test_two_outlets_pages_of_a_report_share_their_first_paragraphs() -> None:
    first, second = (report_page(f"{outlet}-7").decode() for outlet in (0, 1))
    assert first != second
    assert first.split("<p>")[1:5] == second.split("<p>")[1:5] != report_page("0-8").decode().split("<p>")[1:5]


def test_growth_is_told_against_the_day_after_the_warm_up() -> None:
    days = [replace(HOUR, memory={"ingest": 100 * day, "serve": 50}) for day in (1, 2, 3, 4, 5, 6, 10)]
    week = Week([hour for hour in days for _ in range(HOURS_OF_DAY)])
    assert week.growth() == {"ingest": 10 / (WARM_DAYS + 1), "serve": 1.0}
    assert week.more_files() == []
    week.hours.append(replace(HOUR, files={"ingest": 10, "serve": 20}))
    assert week.more_files() == ["ingest"]


def test_hours_pass_through_the_real_steps(tmp_path: Path) -> None:
    stand = Reports(outlets=3, reports_an_hour=2)
    with serving_stand(stand):
        config = week_config(stand, f"sqlite:///{tmp_path}/copydesk.db", tmp_path)
        with steps.open_for(config) as store:
            week = live(stand, config, store, hours=2)
            assert mixed_stories(store) == 0
    last = week.hours[-1]
    assert last.stored == last.published == stand.published
    assert set(last.memory) == set(last.files) == {"ingest", "fork server", "serve"}


def test_the_end_of_a_day_prunes_and_replays(tmp_path: Path) -> None:
    stand = Reports(outlets=1, reports_an_hour=1)
    with serving_stand(stand):
        config = week_config(stand, f"sqlite:///{tmp_path}/copydesk.db", tmp_path)
        with steps.open_for(config) as store, ingesting(config) as ingest:
            ingest.pass_hour(START, is_day_end=False)
            ingest.pass_hour(START + timedelta(hours=1), is_day_end=True)
            assert mixed_stories(store) == 0
