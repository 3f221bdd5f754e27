"""What operators and readers come for, done in a real browser inside a real Airflow, wide and on a phone."""

from __future__ import annotations

import csv

import pytest
from playwright.sync_api import Page, expect

from pipeline.model import StoryFilter
from pipeline.store.reads.story_list import list_stories
from tests.browser.conftest import Desk

pytestmark = pytest.mark.browser


def test_a_viewer_sees_the_desk_inside_airflow_and_can_do_nothing(viewer: Page, desk: Desk) -> None:
    viewer.goto(f"{desk.airflow.url}/plugin/copydesk")
    frame = viewer.frame_locator("iframe")
    expect(frame.get_by_role("heading", level=1)).to_contain_text("Look")
    frame.get_by_role("link", name="Feeds").click()
    expect(frame.get_by_role("row").nth(1)).to_be_visible()
    assert frame.locator("form[method=post]").count() == 0


def test_a_feed_that_fails_says_why_and_is_paused(operator: Page, desk: Desk) -> None:
    operator.goto("feeds?state=failing")
    first = operator.get_by_role("row").nth(1)
    first.get_by_role("link").click()
    expect(operator.locator(".note.bad")).to_contain_text("What to do stands in")
    outlet = operator.get_by_role("heading", level=1).locator("span").first.inner_text()
    operator.get_by_role("button", name="Pause").click()
    expect(operator.get_by_role("status")).to_contain_text("1 feed paused")
    with desk.open_store() as store:
        assert [feed.spec.outlet for feed in store.feeds.load(range(100)) if feed.paused] == [outlet]
    operator.get_by_role("status").get_by_role("button", name="Undo").click()
    expect(operator.get_by_role("status")).to_contain_text("1 feed resumed")


def test_a_story_is_found_by_a_word_of_its_text_its_agency_and_its_day(operator: Page, desk: Desk) -> None:
    with desk.open_store() as store:
        story = next(story for story in list_stories(store, StoryFilter(), 50) if story.agency and story.lang == "en")
    day = story.first_seen.date().isoformat()
    operator.goto("stories")
    operator.get_by_label("Search stories").fill(story.title.split()[0])
    operator.get_by_label("Agency").fill(story.agency)
    operator.get_by_label("From").fill(day)
    operator.get_by_label("to", exact=True).fill(day)
    operator.get_by_role("button", name="Show").click()
    expect(operator.get_by_role("link", name=story.title, exact=True).first).to_be_visible()
    with operator.expect_download() as download:
        operator.get_by_role("link", name="CSV").click()
    with download.value.path().open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert story.title in [row["title"] for row in rows]
    assert {row["agency"] for row in rows} == {story.agency}
