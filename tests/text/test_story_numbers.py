"""Reasons name stories as readers know them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.story_numbers import with_names


def test_numbers_of_stories_and_articles_become_names() -> None:
    stories, articles = {-3: "17", 4: "s4"}, {4: "a4"}
    reason = "the nearest, story -3, shares 24%; made from 2 stories: 4, -3; article 4; story 9"
    renamed = "the nearest, story 17, shares 24%; made from 2 stories: s4, 17; article a4; story 9"
    assert with_names(reason, stories, articles) == renamed


@given(st.text(), st.integers(), st.text(min_size=1))
def test_what_is_no_number_of_a_story_stays(text: str, number: int, name: str) -> None:
    assert with_names(text.replace("stor", ""), {number: name}) == text.replace("stor", "")
