"""The way from feeds to stories: what is counted of it, what was lost, and the entries behind each number."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.model import (
    Basis,
    EntryFilter,
    EntryStand,
    Failure,
    FeedEntry,
    FlowStage,
    Moment,
    Outcome,
    PageKind,
    Precision,
)
from pipeline.store import Store
from pipeline.store.flow import DELAY_BOUNDS, delay_reason, first_hour
from pipeline.store.reads.flow import flow_since, list_entries, quantile
from tests.web.test_pages import HERALD, NOW, article, filled, page, polled

START = first_hour(NOW, 24)


def poll_herald(store: Store, *urls: str) -> tuple[int, ...]:
    entries = tuple(FeedEntry(url, url, f"Of {url}") for url in urls)
    return store.feeds.record_poll(polled(1, Outcome.OK, entries=entries)).new


def test_what_came_is_counted_with_what_was_lost(store: Store) -> None:
    filled(store)
    flow = flow_since(store, START)
    assert (flow.listed, flow.repeats, flow.new) == (3, 0, 3)
    assert (flow.fetched, flow.articles, flow.copies, flow.stories) == (2, 2, 2, 1)
    assert flow.failed == (("NotAnArticle", 1),)
    assert flow.removed_characters == 2 * len("Northwire")


def test_what_is_listed_again_is_known_and_what_is_listed_twice_dropped(store: Store) -> None:
    store.feeds.sync([HERALD], NOW)
    poll_herald(store, "https://herald.example/1")
    poll_herald(store, "https://herald.example/1", "https://herald.example/2", "https://herald.example/2")
    flow = flow_since(store, START)
    assert (flow.listed, flow.repeats, flow.new, flow.dropped) == (4, 1, 2, (("duplicate", 1),))


def test_a_try_that_is_to_be_repeated_is_no_loss(store: Store) -> None:
    store.feeds.sync([HERALD], NOW)
    [entry] = poll_herald(store, "https://herald.example/1")
    store.entries.record_failure(entry, Failure("timeout", "", NOW + timedelta(minutes=5)), None, NOW)
    assert flow_since(store, START).failed == ()
    assert flow_since(store, START).waiting_pages == 1


def test_pages_that_are_no_articles_are_told_by_their_kind(store: Store) -> None:
    store.feeds.sync([HERALD], NOW)
    urls = ("https://herald.example/1", "https://herald.example/2")
    for entry, url, kind in zip(poll_herald(store, *urls), urls, (PageKind.PAYWALL, PageKind.ARTICLE), strict=True):
        store.articles.record(entry, page(url), replace(article(url, "A title"), kind=kind), NOW)
    flow = flow_since(store, START)
    assert (flow.fetched, flow.articles, flow.aside, flow.waiting_articles) == (2, 1, (("paywall", 1),), 1)
    [row] = list_entries(store, EntryFilter(START, EntryStand.ASIDE, "paywall"), 10)
    assert row.entry.url == urls[0]


def test_what_happened_before_the_hour_is_left_out_and_pruned(store: Store) -> None:
    filled(store)
    later = NOW + timedelta(hours=30)
    assert flow_since(store, first_hour(later, 24)).listed == 0
    assert store.flow.prune(later) > 0
    assert flow_since(store, START).listed == 0


@pytest.mark.parametrize(
    ("minutes", "precision", "reason"),
    [
        (0, Precision.SECOND, "30"),
        (5, Precision.MINUTE, "300"),
        (6, Precision.MINUTE, "420"),
        (60 * 24 * 2, Precision.SECOND, str(DELAY_BOUNDS[-1])),
        (60 * 24 * 3, Precision.SECOND, "late"),
        (5, Precision.DAY, None),
        (-5, Precision.SECOND, None),
    ],
)
def test_a_delay_is_counted_where_the_time_of_publication_is_known(
    minutes: int, precision: Precision, reason: str | None
) -> None:
    published = Moment(NOW - timedelta(minutes=minutes), precision, Basis.FEED)
    assert delay_reason(published, NOW) == reason


def test_quantiles_lie_between_the_bounds() -> None:
    assert quantile({}, 0.5) is None
    assert quantile({"late": 5}, 0.5) is None
    assert quantile({"60": 10}, 0.5) == 45.0
    assert quantile({"60": 90, "600": 10}, 0.95) == 510.0
    assert quantile({"60": 1, "late": 100}, 1.0) == 60.0


def test_the_delay_of_a_day_is_read_from_its_articles(store: Store) -> None:
    store.feeds.sync([HERALD], NOW)
    [entry] = poll_herald(store, "https://herald.example/1")
    at = Moment(NOW - timedelta(minutes=50), Precision.SECOND, Basis.JSON_LD)
    store.articles.record(
        entry, page("https://herald.example/1"), replace(article("https://herald.example/1", "A"), published=at), NOW
    )
    flow = flow_since(store, START)
    assert flow.delay.p50 == 2700 + 900 / 2
    assert [hour.articles for hour in flow.hours if hour.articles] == [1]


def test_stages_fit_their_column(store: Store) -> None:
    assert max(map(len, FlowStage)) <= 8
