"""Feeds that are one and the same under several addresses. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from itertools import combinations

from pipeline.model import CarriedEntries, DuplicateFeeds
from pipeline.text.url import url_key

MIN_ENTRIES = 10
SAME_SHARE = 0.9
# Sites give all their sections the main feed's address as their own: entries that differ outweigh it.
CONTRADICTING_SHARE = 0.5
SAME_START = timedelta(hours=1)


def duplicate_feeds(feeds: Sequence[CarriedEntries]) -> list[DuplicateFeeds]:
    """Return the pairs of feeds that are the same feed, the surest first, with the reason.

    Entries are compared over the time in which both were polled: at least 10, of which 9 in 10 are shared (Jaccard).
    Feeds that redirect to one address, or give one as their own, count as well, unless their entries contradict it.
    """
    by_id = {feed.feed_id: feed for feed in feeds}
    pairs = (_compare(by_id[first], by_id[second]) for first, second in sorted(_pairs_sharing_keys(feeds)))
    return sorted((pair for pair in pairs if pair), key=lambda pair: (-pair.shared, pair.feed_id, pair.other_id))


def _pairs_sharing_keys(feeds: Sequence[CarriedEntries]) -> set[tuple[int, int]]:
    """Return the pairs that share a key: a thousand feeds make half a million pairs, and few share anything."""
    holders: dict[str, list[int]] = defaultdict(list)
    for feed in sorted(feeds, key=lambda feed: feed.feed_id):
        keys = {url_key(address) for address in (feed.url, feed.final_url, feed.self_url) if address}
        for key in keys | feed.first_seen.keys():
            holders[key].append(feed.feed_id)
    return {pair for ids in holders.values() for pair in combinations(ids, 2)}


def _compare(first: CarriedEntries, second: CarriedEntries) -> DuplicateFeeds | None:
    ours, theirs = _entries_of_common_time(first, second)
    total = len(ours | theirs)
    shared = len(ours & theirs) / total if total else 0.0
    if total >= MIN_ENTRIES and shared >= SAME_SHARE:
        return DuplicateFeeds(
            first.feed_id, second.feed_id, shared, f"{len(ours & theirs)} of {total} entries are the same"
        )
    same = _same_address_reason(first, second)
    contradicted = total >= MIN_ENTRIES and shared < CONTRADICTING_SHARE
    return DuplicateFeeds(first.feed_id, second.feed_id, shared, same) if same and not contradicted else None


def _entries_of_common_time(first: CarriedEntries, second: CarriedEntries) -> tuple[set[str], set[str]]:
    """Return the keys that each feed carried while both were polled.

    Of a feed that was there long before the other, only what came later compares: a section's feed stands whole in
    the main feed on the day that it is added.
    """
    began = [min(feed.first_seen.values()) for feed in (first, second) if feed.first_seen]
    if len(began) < 2:
        return set(), set()
    if max(began) - min(began) <= SAME_START:
        return set(first.first_seen), set(second.first_seen)
    late = {key for feed in (first, second) for key, at in feed.first_seen.items() if at > max(began)}
    return late & first.first_seen.keys(), late & second.first_seen.keys()


def _same_address_reason(first: CarriedEntries, second: CarriedEntries) -> str:
    targets = {url_key(feed.final_url or feed.url) for feed in (first, second)}
    if len(targets) == 1:
        return "both lead to one address"
    keys = {url_key(feed.self_url) for feed in (first, second) if feed.self_url}
    return "both give one address as their own" if len(keys) == 1 and first.self_url and second.self_url else ""
