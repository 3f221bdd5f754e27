"""What an operator should look at though every poll went well: feeds gone silent, and feeds that are one."""

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
    """Feed -> why it counts as silent; those that do not are left out."""
    brought = views.brought_new(store, now - SILENCE_DAYS)
    return {feed_id: why for feed_id, times in brought.items() if (why := silence(times, now))}


def same_feeds(store: Store, now: datetime) -> tuple[list[DuplicateFeeds], Mapping[int, str]]:
    """Pairs of feeds that are one, the surest first, and each feed's address."""
    # Brings the readers of all formats with it, which whoever shows another page need not wait for.
    from pipeline.feeds.duplicates import duplicate_feeds

    carried = views.carried_entries(store, now - DUPLICATES_DAYS)
    return duplicate_feeds(carried), {feed.feed_id: feed.url for feed in carried}
