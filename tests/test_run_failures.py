"""One feed's or page's error ends no step; a store that is away ends it with one error."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline import steps
from pipeline.config import Config, load
from pipeline.errors import StoreError
from pipeline.store import Store
from pipeline.store.entries import Entries
from pipeline.store.feeds import Feeds
from tests.serving import serving

NOW = datetime.now(UTC)
FEED = (
    "<rss version='2.0'><channel><title>O</title><item><title>T{0}</title><link>{1}/page{0}</link></item>"
    "</channel></rss>"
)


@pytest.fixture
def config(tmp_path: Path) -> Iterator[Config]:
    bodies = {f"/feed{n}": FEED.format(n, "https://o.example").encode() for n in range(3)}
    with serving(bodies) as port:
        feeds = "".join(
            f'[[feed]]\noutlet = "O{n}"\nurl = "http://127.0.0.1:{port}/feed{n}"\n' for n in range(len(bodies))
        )
        (tmp_path / "feeds.toml").write_text(
            f'home = "{tmp_path}"\n[fetch]\nhost_gap = 0\nrobots = false\nallow = ["127.0.0.1:{port}"]\n{feeds}'
        )
        yield load(tmp_path / "feeds.toml", {})


def due(config: Config) -> list[int]:
    return [feed for batch in steps.due_feeds(config, NOW) for feed in batch]


def refuse_first(original: Any) -> Any:
    """The store refuses what concerns the first feed, alone or with others."""

    def record(self: Feeds, listed: dict[int, Sequence[Any]], plan: Any, **options: Any) -> Any:
        if min(listed) == 1:
            raise StoreError("duplicate key", concerns="feed 1")
        return original(self, listed, plan, **options)

    return record


def test_a_feed_that_the_store_refuses_is_its_own_failure(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    feeds = due(config)
    monkeypatch.setattr(Feeds, "record_planned", refuse_first(Feeds.record_planned))
    report = steps.poll_feeds(config, feeds, NOW)
    assert (report.succeeded, report.failed) == (len(feeds) - 1, 1)
    assert "duplicate key" in report.problems[0]


def test_a_store_that_is_away_ends_the_step_with_its_error(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    feeds = due(config)
    monkeypatch.setattr(Feeds, "record_planned", refuse_first(Feeds.record_planned))
    monkeypatch.setattr(Store, "is_available", is_away)
    with pytest.raises(StoreError, match="duplicate key"):
        steps.poll_feeds(config, feeds, NOW)


def is_away(_store: Store) -> bool:
    return False


def test_a_page_whose_failure_cannot_be_recorded_ends_no_step(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    steps.poll_feeds(config, due(config), NOW)
    entries = [entry for batch in steps.due_pages(config, datetime.now(UTC)) for entry in batch]

    def refuse(*_args: object) -> None:
        raise StoreError("duplicate key")

    monkeypatch.setattr(Entries, "record_failure", refuse)
    report = steps.fetch_pages(config, entries, NOW)
    assert (report.succeeded, report.failed) == (0, len(entries))
