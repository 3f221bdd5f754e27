"""Stories are found by the words of their texts in force, in every script, alike on both databases."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from pipeline.model import Plan, StoryFilter
from pipeline.store import Store, search_index
from pipeline.store.reads import views
from pipeline.store.reads.story_list import every_story, list_stories
from pipeline.store.search_index import (
    MOST_LEVELS,
    erase_forgotten,
    forget_words,
    has_words,
    index_levels,
    index_words,
    says_words,
)
from pipeline.text.shingles import tokens
from tests.store.query_plans import query_plans, recorded_statements
from tests.store.samples import NOW, chosen, one_story, planned, stored_articles

TEXTS = {
    "Ferry fire off Cape Arvany": "All 218 aboard were towed to port; nobody was hurt.",
    "渡轮起火": "一艘载有二百一十八人的渡轮星期六清晨被拖回港口。",
    "حريق في عبّارة": "قُطرت العبّارة إلى الميناء فجر السبت.",
    "नौका में आग": "शनिवार तड़के नौका को बंदरगाह तक लाया गया।",
    "Fähre brennt": "Die Fähre wurde am Samstag in den Hafen geschleppt.",
}
CALM = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def filled(store: Store) -> Store:
    articles = stored_articles(store, len(TEXTS))
    with store.lease.acquire():
        for article_id, (title, body) in zip(articles, TEXTS.items(), strict=True):
            plan = Plan((planned(article_id, -1, article_id),), (chosen(article_id, -1, (body,), title),))
            store.stories.apply(plan, NOW)
    return store


def titles(store: Store, words: str) -> list[str]:
    return [story.title for story in list_stories(store, StoryFilter(words), 50)]


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("ferry FIRE", "Ferry fire off Cape Arvany"),
        ("towed arvany", "Ferry fire off Cape Arvany"),
        ('"towed to port"', "Ferry fire off Cape Arvany"),
        ("“nobody was” 218", "Ferry fire off Cape Arvany"),
        ("渡轮", "渡轮起火"),
        ("拖回港口", "渡轮起火"),
        ("عبارة", "حريق في عبّارة"),
        ("नौका बंदरगाह", "नौका में आग"),
        ("fähre hafen", "Fähre brennt"),
    ],
)
def test_a_story_is_found_by_its_words(filled: Store, words: str, title: str) -> None:
    assert titles(filled, words) == [title]


@pytest.mark.parametrize("words", ["ferry kite", '"port to towed"', "轮渡", "fer", "trawler"])
def test_what_no_story_says_finds_none(filled: Store, words: str) -> None:
    assert titles(filled, words) == []


@pytest.mark.parametrize("words", ["", "  ", '""', "&|!()*:'\"", "-"])
def test_a_search_without_words_finds_all(filled: Store, words: str) -> None:
    assert len(titles(filled, words)) == len(TEXTS)


def test_only_the_text_in_force_is_found(store: Store) -> None:
    (first,) = stored_articles(store, 1)
    with store.lease.acquire():
        store.stories.apply(one_story(first), NOW)
        (story,) = views.stories(store, 1)
        store.stories.apply(Plan(versions=(chosen(first, story.id, ("A kite flew.",), "Kites"),)), NOW)
        store.stories.apply(Plan(versions=(chosen(first, story.id, ("A gull flew.",), "Gulls"),)), NOW)
    assert titles(store, "gull flew") == ["Gulls"]
    assert titles(store, "kite") == []
    with store.transaction() as db:
        forget_words(db, [story.id])
    assert titles(store, "gull") == []


def test_every_story_that_matches_comes_once(filled: Store) -> None:
    stories = list(every_story(filled, StoryFilter(), 3))
    assert len({story.id for story in stories}) == 3
    assert [story.title for story in every_story(filled, StoryFilter("fähre"), 10)] == ["Fähre brennt"]


@CALM
@given(words=st.text(max_size=60))
def test_no_search_ends_in_an_error(filled: Store, words: str) -> None:
    found_titles = titles(filled, words.replace("\x00", ""))
    assert set(found_titles) <= set(TEXTS)


@CALM
@given(words=st.text(max_size=40))
def test_a_search_is_one_condition_or_none(filled: Store, words: str) -> None:
    with filled.reading() as db:
        assert (has_words(db, words) is None) == (not tokens(words))


@pytest.mark.parametrize("most", [0, 1, 5000])
def test_a_rare_search_finds_what_a_frequent_one_does(
    filled: Store, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(search_index, "MOST_RARE", most)
    assert titles(filled, "ferry fire") == ["Ferry fire off Cape Arvany"]
    assert titles(filled, "trawler") == []
    assert {title for title in TEXTS if titles(filled, title) == [title]} == set(TEXTS)


def test_a_rare_search_is_answered_by_the_index_of_words(filled: Store) -> None:
    """PostgreSQL would look for its stories in all of them, the newest first."""
    if filled.engine.dialect.name == "sqlite":
        pytest.skip("of PostgreSQL alone")
    with recorded_statements(filled.engine) as statements:
        list_stories(filled, StoryFilter("trawler"), 10)
    queries = [(statement, values) for statement, values in statements if "set_config" not in statement]
    plans = [plan for _, plan in query_plans(filled, queries)]
    assert "Index Scan on ix_story_words" in plans[0]
    assert not any("story_words" in plan for plan in plans[1:])
    with filled.reading() as db:
        assert db.scalar(text("SHOW enable_seqscan")) == "on"


@CALM
@given(words=st.text(max_size=40) | st.sampled_from(["ferry port", '"towed to port"', '"port towed"', "fähre", "渡轮"]))
def test_a_text_says_what_the_index_finds(filled: Store, words: str) -> None:
    search = words.replace("\x00", "")
    found_titles = titles(filled, search)
    assert {title for title, body in TEXTS.items() if says_words(search, title, (body,))} == set(found_titles)


def test_any_number_of_removals_leaves_the_index_whole(filled: Store) -> None:
    """SQLite 3.40 calls a database malformed whose index was optimized 2,001 times."""
    if filled.engine.dialect.name == "postgresql":
        pytest.skip("of SQLite alone")
    levels = []
    with filled.transaction() as db:
        for number in range(1000, 3100):
            index_words(db, [(number, "A kite", ("A gull flew.",))])
            forget_words(db, [number])
            erase_forgotten(db)
            levels.append(index_levels(db))
    assert max(levels) <= MOST_LEVELS + 1
    assert titles(filled, "ferry fire") == ["Ferry fire off Cape Arvany"]
    with filled.transaction() as db:
        index_words(db, [(99, "A kite", ("A gull flew.",))])
