"""What matching remembers outlives the process, and is made again when it is lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline import steps
from pipeline.config import Config, MatchConfig
from pipeline.match.first_seen import STALE, FirstSeenIndex
from pipeline.model import Article, FeedEntry, FeedSpec, Outcome, PageRecord, PollRecord
from pipeline.steps import place as clustering
from pipeline.store import Store
from tests.corpus import shingle_hashes

START = datetime(2026, 2, 2, 9, tzinfo=UTC)
SPEC = FeedSpec("https://ledger.example/feed", "The Ledger")


def text(number: int) -> str:
    return " ".join(f"word{number}x{n}" for n in range(60))


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(tmp_path, f"sqlite:///{tmp_path / 'store.db'}", str(tmp_path), match=MatchConfig(memory=1 << 14))


def publish(config: Config, numbers: range, at: datetime) -> None:
    """These texts appear, and are placed."""
    with steps.open_for(config) as store:
        store.feeds.sync([SPEC], START)
        entries = tuple(FeedEntry(str(n), f"https://ledger.example/{n}") for n in numbers)
        for new, n in zip(
            store.feeds.record_poll(PollRecord(1, at, Outcome.OK, at, 900.0, entries=entries)).new, numbers, strict=True
        ):
            page = PageRecord(f"https://ledger.example/{n}", "", at, 200, "text/html", "utf-8", f"{n:064}", 9)
            store.articles.record(new, page, Article(page.url, f"Title {n}", (text(n),)), at)
    steps.place_articles(config, at)


def stale(config: Config, store: Store, number: int, at: datetime) -> bool:
    first_seen, _ = clustering.remembered(config, store, at - timedelta(days=30))
    return set(first_seen.weights(shingle_hashes(text(number)), at)) == {STALE}


def test_a_restart_knows_what_was_placed_before_and_after_the_memory_was_saved(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = START + timedelta(hours=40)
    publish(config, range(3), START)
    with steps.open_for(config) as store:
        assert store.first_seen.load() is None
    monkeypatch.setattr(clustering, "SAVE_AFTER", 5)
    publish(config, range(3, 6), START)
    monkeypatch.undo()
    publish(config, range(6, 7), START)
    with steps.open_for(config) as store:
        saved = store.first_seen.load()
        assert saved is not None
        assert FirstSeenIndex.load(saved[1], 36).has_slots(1 << 14)
        assert clustering.remembered(config, store, START)[1] == 1
        assert [stale(config, store, n, later) for n in (0, 4, 6, 7)] == [True, True, True, False]


def test_a_lost_memory_is_made_again_from_the_store(config: Config) -> None:
    publish(config, range(4), START)
    with steps.open_for(config) as store:
        store.first_seen.save(store.first_seen.last_change(), b"torn")
        assert stale(config, store, 2, START + timedelta(hours=40))
        assert not stale(config, store, 9, START + timedelta(hours=40))
