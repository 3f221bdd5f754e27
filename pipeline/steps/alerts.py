"""Warnings about feeds whose polls go well: feeds that are silent, and pairs of feeds that are one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from pipeline.model import DuplicateFeeds
from pipeline.schedule import silence
from pipeline.store import Store
from pipeline.store.reads import views

SILENCE_DAYS = timedelta(days=30)
DUPLICATES_DAYS = timedelta(days=14)


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
