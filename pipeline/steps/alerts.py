"""Warnings about feeds whose polls go well: feeds that are silent, and pairs of feeds that are one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from pipeline.model import DuplicateFeeds, FeedWarnings
from pipeline.schedule import silence
from pipeline.store import Store
from pipeline.store.reads import views
from pipeline.store.reads.feed_list import count_feeds
from pipeline.store.warnings import kept_warnings

SILENCE_DAYS = timedelta(days=30)
DUPLICATES_DAYS = timedelta(days=14)
# With more feeds the warnings are those of the last maintenance: looking for them reads a month of polls.
LIVE_FEEDS = 500


def silent_feeds(store: Store, now: datetime) -> dict[int, str]:
    """Return by feed why it counts as silent; feeds that do not are left out."""
    news_times = views.brought_new(store, now - SILENCE_DAYS)
    return {feed_id: warning for feed_id, times in news_times.items() if (warning := silence(times, now))}


def same_feeds(store: Store, now: datetime) -> tuple[list[DuplicateFeeds], Mapping[int, str]]:
    """Return pairs of feeds that are one, the surest first, and each feed's address."""
    # Imports the readers of all formats, which other pages need not wait for.
    from pipeline.feeds.duplicates import duplicate_feeds

    carried = views.carried_entries(store, now - DUPLICATES_DAYS)
    return duplicate_feeds(carried), {feed.feed_id: feed.url for feed in carried}


def find_warnings(store: Store, now: datetime) -> FeedWarnings:
    """Look through all polls for warnings."""
    feeds = {feed.id: feed for feed in views.feed_rows(store)}
    silent = silent_feeds(store, now)
    pairs, _ = same_feeds(store, now)
    return FeedWarnings(
        tuple((feeds[feed_id], silent[feed_id]) for feed_id in sorted(silent) if feed_id in feeds),
        tuple((feeds[pair.feed_id], feeds[pair.other_id], pair.reason) for pair in pairs),
    )


def warnings_of(store: Store, now: datetime) -> FeedWarnings:
    """Return the warnings, as they are now where there are few feeds, else as maintenance found them."""
    if count_feeds(store).total <= LIVE_FEEDS:
        return find_warnings(store, now)
    return kept_warnings(store)
