"""What operators and readers come for, done in a real browser inside a real Airflow, wide and on a phone."""

from __future__ import annotations

import csv
import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from pipeline.model import PairAnswer, Story, StoryFilter
from pipeline.store.reads.review import labels_given
from pipeline.store.reads.story_list import list_stories
from pipeline.store.reads.views import story_of
from pipeline.store.schema.tables import article, span
from tests.browser.conftest import Desk

pytestmark = pytest.mark.browser


def test_a_viewer_sees_the_desk_inside_airflow_and_can_do_nothing(viewer: Page, desk: Desk) -> None:
    viewer.goto(f"{desk.airflow.url}/plugin/copydesk")
    frame = viewer.frame_locator("iframe")
    expect(frame.get_by_role("heading", level=1)).to_contain_text(re.compile("Look|Stopped"))
    frame.get_by_role("link", name="Feeds", exact=True).click()
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


def test_a_feed_is_added_from_a_front_page(operator: Page, desk: Desk) -> None:
    operator.goto("feeds")
    operator.get_by_role("link", name="Add feeds").click()
    operator.get_by_label("Address of a feed").fill(desk.front_page)
    operator.get_by_role("button", name="Look").click()
    expect(operator.get_by_role("heading", name="1 feed was found")).to_be_visible()
    if operator.get_by_text("polled already").count():  # the other screen's test was first
        return
    operator.get_by_label("Country").fill("AE")
    operator.get_by_role("button", name="Add what is chosen").click()
    expect(operator.get_by_role("status")).to_contain_text("1 feed added")
    with desk.open_store() as store:
        assert any(feed.spec.url.startswith(desk.front_page) for feed in store.feeds.load(range(100)))


def line_that_recurs(desk: Desk) -> tuple[int, str, str]:
    """An article, its outlet, and a line that was taken off it because the outlet repeats it."""
    with desk.open_store() as store, store.reading() as db:
        query = select(article.c.id, article.c.outlet, span.c.text).join(span, span.c.article_id == article.c.id)
        row = db.execute(query.where(span.c.rule.startswith("recurs"), span.c.whole).order_by(span.c.id)).first()
    assert row
    return row.id, row.outlet, row.text


def test_what_was_taken_off_a_copy_is_seen_and_a_line_given_back(operator: Page, desk: Desk) -> None:
    article_id, outlet, line = line_that_recurs(desk)
    operator.goto(f"copy/{article_id}")
    piece = operator.locator(".off").filter(has_text=line).first
    expect(piece).to_contain_text("recurs in")
    piece.get_by_role("button", name="Give back").click()
    expect(operator.get_by_role("status")).to_contain_text("This line is text")
    with desk.open_store() as store:
        assert store.templates.kept_lines(outlet)
    operator.get_by_role("status").get_by_role("button", name="Undo").click()
    operator.wait_for_load_state()
    with desk.open_store() as store:
        assert not store.templates.kept_lines(outlet)


def test_an_outlets_line_is_approved(operator: Page, desk: Desk) -> None:
    _, outlet, line = line_that_recurs(desk)
    operator.goto("outlets")
    operator.get_by_role("link", name=outlet, exact=True).click()
    operator.get_by_role("button", name=f"Take off: {line[:20]}").click()
    expect(operator.get_by_role("status")).to_contain_text("Ruled")
    expect(operator.get_by_role("row").filter(has_text=line)).to_contain_text("taken off while it recurs")
    operator.get_by_role("status").get_by_role("button", name="Undo").click()
    expect(operator.get_by_role("button", name=f"Take off: {line[:20]}")).to_be_visible()


def stories_with_copies(desk: Desk, least: int) -> list[Story]:
    with desk.open_store() as store:
        stories = list_stories(store, StoryFilter(), 200)
    return [story for story in stories if story.copies >= least and not story.withdrawn]


def test_a_copy_is_split_off_and_the_split_undone(operator: Page, desk: Desk) -> None:
    story = stories_with_copies(desk, 3)[0]
    operator.goto(f"story/{story.id}")
    operator.get_by_label("Choose the copy of").last.check()
    operator.get_by_role("button", name="Split").click()
    expect(operator.get_by_role("heading", level=1)).to_contain_text("Are these 1 copy another story?")
    operator.get_by_role("button", name="Split them off").click()
    expect(operator.get_by_role("status")).to_contain_text("Split: the rest is in")
    operator.get_by_role("status").get_by_role("button", name="Undo").click()
    expect(operator.get_by_role("status")).to_contain_text("is part of this one")
    with desk.open_store() as store:
        assert story_of(store, story.id).copies == story.copies


def test_two_stories_are_merged_and_the_merge_undone(operator: Page, desk: Desk) -> None:
    into, twin = stories_with_copies(desk, 2)[1:3]
    operator.goto(f"story/{into.id}")
    operator.get_by_role("link", name="Merge").click()
    operator.get_by_label("Number of the other story").fill(str(twin.id))
    operator.get_by_role("button", name="Show both").click()
    operator.get_by_role("button", name="Merge").click()
    expect(operator.get_by_role("status")).to_contain_text(f"Story {twin.id} is part of this one")
    operator.get_by_role("status").get_by_role("button", name="Undo").click()
    expect(operator.get_by_role("status")).to_contain_text("is a story of its own again")


def test_a_story_is_withdrawn_and_gone_from_what_others_read(operator: Page, desk: Desk) -> None:
    story = stories_with_copies(desk, 2)[0]
    operator.goto(f"story/{story.id}")
    operator.get_by_role("link", name="Withdraw").click()
    operator.get_by_label("Why").fill("The ferry was another")
    operator.get_by_role("button", name="Withdraw").click()
    expect(operator.locator(".note.bad")).to_contain_text("A person has withdrawn this story")
    feed = operator.request.get("stories?form=feed").json()
    assert f"/story/{story.id}" not in " ".join(item["id"] for item in feed["items"])
    operator.get_by_label("Why it may be used again").fill("It was this one")
    operator.get_by_role("button", name="Restore").click()
    expect(operator.get_by_role("status")).to_contain_text("Restored")


def test_ten_pairs_are_reviewed_by_keyboard(operator: Page, desk: Desk) -> None:
    operator.goto("review")
    progress = operator.locator("progress")
    for number in range(10):
        expect(progress).to_have_attribute("value", str(number))
        operator.wait_for_load_state()
        operator.keyboard.press("u")
    expect(progress).to_have_attribute("value", "10")
    operator.wait_for_load_state()
    operator.keyboard.press("z")
    expect(progress).to_have_attribute("value", "9")
    with desk.open_store() as store, store.lease.acquire():
        labels = labels_given(store, 20)
        for label in labels:  # the other screen's test asks the same
            store.labels.take_back(label.id, "", label.at)
    assert {label.answer for label in labels} == {PairAnswer.UNSURE}
