"""Feeds, entries and revisits are claimed by one run each; claims end with what is recorded, in time, or by release."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from pipeline.model import Failure
from pipeline.steps.claims import Claims
from pipeline.store import Store, open_store
from pipeline.store.claims import CLAIM
from pipeline.store.schema import tables
from tests.store.samples import NOW, SPEC, WORLD_SPEC, article, entry, page, poll

LATER = NOW + timedelta(hours=1)


def store_entries(store: Store, *numbers: int) -> list[int]:
    """Ids of entries that wait for their pages."""
    store.feeds.sync([SPEC], NOW)
    return list(store.feeds.record_poll(poll(1, *map(entry, numbers))).new)


def claim_of(store: Store, entry_id: int) -> datetime | None:
    with store.reading() as db:
        until: datetime | None = db.scalar(select(tables.entry.c.claimed_until).where(tables.entry.c.id == entry_id))
        return until


def test_a_feed_is_claimed_by_one_run_until_its_poll_is_recorded(store: Store, store_url: str) -> None:
    store.feeds.sync([SPEC, WORLD_SPEC], NOW)
    with open_store(store_url) as second_store:
        assert store.feeds.claim_due(NOW, limit=1) == [1]
        assert second_store.feeds.claim_due(NOW) == [2]
        assert second_store.feeds.claim_due(NOW) == []
        store.feeds.record_poll(poll(1))
        assert second_store.feeds.claim_due(LATER - timedelta(minutes=40)) == [1]


def test_a_claim_of_a_run_that_died_expires(store: Store) -> None:
    store.feeds.sync([SPEC], NOW)
    assert store.feeds.claim_due(NOW) == [1]
    assert store.feeds.claim_due(NOW + CLAIM - timedelta(seconds=1)) == []
    assert store.feeds.claim_due(NOW + CLAIM) == [1]


def test_a_claim_of_a_clock_that_was_a_day_ahead_holds_nothing_up(store: Store) -> None:
    (entry_id,) = store_entries(store, 1)
    assert store.entries.claim_due(NOW + timedelta(days=1)) == [entry_id]
    assert store.entries.claim_due(NOW) == [entry_id]


@pytest.mark.parametrize("claimed", [False, True])
def test_new_entries_are_born_claimed_where_the_run_fetches_them(store: Store, claimed: bool) -> None:
    store.feeds.sync([SPEC], NOW)
    record = poll(1, entry(1))
    (stored,) = store.feeds.record_planned({1: record.entries}, lambda _known_counts: [record], claim_new=claimed)
    assert store.entries.claim_due(NOW) == ([] if claimed else list(stored.new))


def test_recording_an_article_or_a_failure_or_a_deferral_ends_a_claim(store: Store) -> None:
    read, failed, deferred = store_entries(store, 1, 2, 3)
    assert store.entries.claim_due(NOW) == [read, failed, deferred]
    store.articles.record(read, page(1), article(1), NOW)
    store.entries.record_failure(failed, Failure("timeout", "", NOW), None, NOW)
    store.entries.defer([(deferred, NOW, NOW)])
    assert store.entries.claim_due(NOW) == [failed, deferred]


def test_a_claim_is_extended_unless_it_was_recorded_meanwhile(store: Store) -> None:
    fetching, failed = store_entries(store, 1, 2)
    store.entries.claim_due(NOW)
    store.entries.record_failure(failed, Failure("timeout", "", NOW), None, NOW)
    store.entries.extend_claims([fetching, failed], LATER)
    assert (claim_of(store, fetching), claim_of(store, failed)) == (LATER + CLAIM, None)


def test_a_revisit_is_claimed_by_one_run(store: Store, store_url: str) -> None:
    first, second = store_entries(store, 1, 2)
    with open_store(store_url) as second_store:
        assert store.revisits.claim([second], NOW) == [second]
        assert second_store.revisits.claim([second, first], NOW) == [first]


async def test_a_run_extends_its_claims_while_it_works_and_releases_what_is_left(store: Store) -> None:
    recorded, unfinished = store_entries(store, 1, 2)
    store.entries.claim_due(NOW)
    claims, clock_read = Claims(store, entries=[recorded, unfinished]), asyncio.Event()
    loop = asyncio.get_running_loop()

    def clock() -> datetime:
        loop.call_soon_threadsafe(clock_read.set)
        return LATER

    async with claims.extended(clock, timedelta(microseconds=1), release=True):
        await clock_read.wait()
        claims.entries.discard(recorded)
    assert claim_of(store, unfinished) is None
    # Another run has claimed what was recorded: that claim is not this run's to release.
    with store.transaction() as db:
        db.execute(update(tables.entry).where(tables.entry.c.id == recorded).values(claimed_until=LATER))
    claims.release()
    assert claim_of(store, recorded) == LATER
