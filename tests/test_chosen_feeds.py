"""A run over chosen feeds: those that are due, or made due, and never one that is paused."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.config import Config, load
from pipeline.model import FeedSpec
from pipeline.steps import chosen_feeds
from pipeline.store import open_store
from tests.store.samples import NOW, poll


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Three feeds: the first is due, the second in an hour, the third is paused."""
    config = load(None, {"COPYDESK_HOME": str(tmp_path)})
    with open_store(config.store) as store:
        store.feeds.sync([FeedSpec(f"https://outlet{n}.example/rss", f"Outlet {n}") for n in range(3)], NOW)
        store.feeds.record_poll(replace(poll(2), next_poll=NOW + timedelta(hours=1)))
        store.feeds.pause(3, True, NOW)
    return config


@pytest.mark.parametrize(
    ("feed_ids", "poll_now", "due"),
    [([], False, [[1]]), ([1, 2, 3], False, [[1]]), ([2], False, []), ([2, 3], True, [[2]]), ([9], True, [])],
)
def test_chosen_feeds_are_those_due(config: Config, feed_ids: list[int], poll_now: bool, due: list[list[int]]) -> None:
    assert chosen_feeds(config, feed_ids, NOW, poll_now=poll_now) == due
