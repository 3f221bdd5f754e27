"""What persons are told: stories that came into the views they keep, and feeds that began to fail, each once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pipeline.config import Config
from pipeline.errors import CursorGone
from pipeline.log import get_logger
from pipeline.model import Change, ChangeKind, FeedFilter, FeedState, FeedStatus, News, SavedView, ViewNews
from pipeline.steps.context import open_for
from pipeline.store import Store
from pipeline.store.reads.changes import changes
from pipeline.store.reads.feed_list import list_feeds
from pipeline.store.reads.story_list import matching_stories, stories_by_id

log = get_logger(__name__)

# Lines of the change log that are looked through at a time, and stories of a message at most: the rest comes next.
LINES, MOST_STORIES = 1000, 100
# Failures in a row before a person is told: one lost answer is no news. Feeds of a message at most.
FAILURES, MOST_FEEDS = 3, 100


def collect_news(config: Config, now: datetime) -> News:
    """Look through what is new in the change log for each view that is announced. Return all that was not told yet;
    :func:`record_told` notes that it was. A process that dies between the two tells it again."""
    with open_for(config) as store:
        views = tuple(_view_news(store, view, now) for view in store.saved_views.all() if view.is_announced)
        return News(tuple(news for news in views if news.stories), tuple(_failing(store)))


def record_told(config: Config, news: News, now: datetime) -> None:
    """Note that this was told."""
    with open_for(config) as store:
        for view_news in news.views:
            store.saved_views.set_told(view_news.view.id, [story.id for story in view_news.stories], now)
        store.saved_views.set_failures_told(news.failing)
    for view_news in news.views:
        log.info("view_told", view=view_news.view.name, stories=len(view_news.stories))
    if news.failing:
        log.info("failures_told", feeds=len(news.failing))


def _view_news(store: Store, view: SavedView, now: datetime) -> ViewNews:
    while rows := _changes_behind(store, view, now):
        touched = sorted({row.story_id for row in rows})
        story_ids = matching_stories(store, view.filters, touched)
        store.saved_views.pass_cursor(view, rows[-1].seq, story_ids, _merges(rows), now)
        view = store.saved_views.find(view.name)
    return ViewNews(view, tuple(stories_by_id(store, store.saved_views.untold(view.id, MOST_STORIES))))


def _changes_behind(store: Store, view: SavedView, now: datetime) -> list[Change]:
    """Return the changes behind the view's cursor; where they are no longer kept, those that are."""
    try:
        return changes(store, view.cursor, LINES)
    except CursorGone:
        store.saved_views.save(view.name, view.filters, view.person, now, is_announced=True)
        return []


def _merges(rows: Sequence[Change]) -> dict[int, int]:
    return {row.story_id: row.other_id for row in rows if row.kind is ChangeKind.STORY_MERGED and row.other_id}


def _failing(store: Store) -> list[FeedState]:
    failing = list_feeds(store, FeedFilter(status=FeedStatus.FAILING), MOST_FEEDS)
    return store.saved_views.untold_failures([feed for feed in failing if feed.failures >= FAILURES])
