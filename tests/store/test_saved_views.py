"""Kept searches: what is told of them, each story once, whatever dies in between."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline import words
from pipeline.airflow_provider.notice import make_notifier
from pipeline.config import Config, load
from pipeline.config.settings import NotifyConfig
from pipeline.errors import ConfigError, NotStored
from pipeline.model import FeedSpec, News, Outcome, Pace, StoryFilter, VersionKind
from pipeline.steps.tell import FAILURES, collect_news, record_told
from pipeline.store import Store
from pipeline.store.saved_views import filter_json, filter_of
from tests.store.samples import NOW, one_story, poll, stored_articles

WIRE = StoryFilter(agency="IANS")


@pytest.fixture
def config(store_url: str, tmp_path: Path) -> Config:
    return load(None, {"COPYDESK_HOME": str(tmp_path), "COPYDESK_STORE": store_url})


def add_stories(store: Store, count: int, start: int = 0) -> list[int]:
    """Stories of one copy each; return their ids."""
    with store.lease.acquire():
        for article_id in stored_articles(store, count, start):
            store.stories.apply(one_story(article_id, article_id), NOW)
    return sorted(store.stories.by_article(range(1, 100)).values())


def told_ids(news: News) -> list[int]:
    return sorted(story.id for view_news in news.views for story in view_news.stories)


def test_each_story_is_told_once(store: Store, config: Config) -> None:
    add_stories(store, 2)
    store.saved_views.save("wire", WIRE, "Ines", NOW, is_announced=True)
    store.saved_views.save("quiet", WIRE, "Ines", NOW)
    assert collect_news(config, NOW) == News((), ())
    fresh = add_stories(store, 3, start=2)[2:]
    news = collect_news(config, NOW)
    assert told_ids(news) == fresh
    assert [view_news.view.name for view_news in news.views] == ["wire"]
    record_told(config, news, NOW)
    assert collect_news(config, NOW).views == ()


def test_what_was_not_recorded_is_told_again(store: Store, config: Config) -> None:
    store.saved_views.save("wire", WIRE, "", NOW, is_announced=True)
    fresh = add_stories(store, 2)
    assert told_ids(collect_news(config, NOW)) == fresh
    assert told_ids(collect_news(config, NOW)) == fresh


def test_only_what_matches_is_told(store: Store, config: Config) -> None:
    store.saved_views.save("other", StoryFilter(agency="Northwire"), "", NOW, is_announced=True)
    add_stories(store, 2)
    assert collect_news(config, NOW).views == ()


def test_a_story_that_took_in_one_that_was_told_is_not_told(store: Store, config: Config) -> None:
    store.saved_views.save("wire", replace(WIRE, since=NOW - timedelta(days=9)), "", NOW, is_announced=True)
    first = add_stories(store, 1)
    record_told(config, collect_news(config, NOW), NOW)
    _, second = add_stories(store, 1, start=1)
    with store.lease.acquire():
        store.rulings.merge(second, *first, NOW)
    assert collect_news(config, NOW).views == ()


def test_a_cursor_that_another_process_moved_is_not_moved_again(store: Store) -> None:
    view = store.saved_views.save("wire", WIRE, "", NOW, is_announced=True)
    add_stories(store, 1)
    assert store.saved_views.pass_cursor(view, 3, [1], {}, NOW)
    assert not store.saved_views.pass_cursor(view, 3, [1], {}, NOW)


def test_a_feed_that_fails_is_told_once_for_each_time_that_it_begins_to(store: Store, config: Config) -> None:
    store.feeds.sync([FeedSpec("https://outlet.example/rss", "Outlet", "IN", "en")], NOW)
    failed = replace(poll(1, outcome=Outcome.TIMEOUT), failures=FAILURES, pace=Pace(failing_since=NOW))
    store.feeds.record_poll(replace(failed, failures=FAILURES - 1))
    assert collect_news(config, NOW).failing == ()
    store.feeds.record_poll(failed)
    news = collect_news(config, NOW)
    assert [feed.id for feed in news.failing] == [1]
    record_told(config, news, NOW)
    store.feeds.record_poll(replace(failed, failures=FAILURES + 1))
    assert collect_news(config, NOW).failing == ()
    store.feeds.record_poll(replace(failed, pace=Pace(failing_since=NOW + timedelta(days=1))))
    assert [feed.id for feed in collect_news(config, NOW).failing] == [1]


def test_news_are_told_in_plain_words(store: Store, config: Config) -> None:
    store.saved_views.save("wire", WIRE, "", NOW, is_announced=True)
    add_stories(store, 1)
    news = collect_news(config, NOW)
    assert words.news_title(news) == "Copydesk: 1 story"
    assert words.news_text(news) == "wire:\n- Title (story 1, IANS)"


def test_a_view_is_replaced_and_forgotten(store: Store) -> None:
    store.saved_views.save("wire", WIRE, "Ines", NOW)
    store.saved_views.save("wire", StoryFilter("flood"), "Ben", NOW)
    assert [(view.filters.words, view.person) for view in store.saved_views.all()] == [("flood", "Ben")]
    store.saved_views.remove("wire")
    with pytest.raises(NotStored):
        store.saved_views.find("wire")


@pytest.mark.parametrize(
    "filters",
    [
        StoryFilter(),
        StoryFilter(agency=""),
        StoryFilter('"a phrase"', "IANS", "Outlet", "en", NOW, NOW + timedelta(days=1), VersionKind.CORRECTION),
    ],
)
def test_a_filter_is_read_as_it_was_kept(filters: StoryFilter) -> None:
    assert filter_of(filter_json(filters)) == filters


@pytest.mark.parametrize(
    "config",
    [
        NotifyConfig("nowhere.Notifier"),
        NotifyConfig("pipeline.words.Nothing"),
        NotifyConfig("Notifier"),
        NotifyConfig("pipeline.model.SavedView", {"unknown": 1}),
    ],
)
def test_a_notifier_that_cannot_be_made_is_told(config: NotifyConfig) -> None:
    with pytest.raises(ConfigError, match="cannot be made"):
        make_notifier(config)
