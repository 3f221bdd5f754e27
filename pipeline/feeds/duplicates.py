"""Feeds that are one and the same under several addresses. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from itertools import combinations

from pipeline.model import CarriedEntries, DuplicateFeeds
from pipeline.text.url import url_key

LEAST = 10
SAME = 0.9
# Sites give all their sections the main feed's address as their own: entries that differ outweigh it.
CONTRADICTED = 0.5
ALIKE_START = timedelta(hours=1)


def duplicate_feeds(feeds: Sequence[CarriedEntries]) -> list[DuplicateFeeds]:
    """The pairs of feeds that are one, the surest first, with the reason.

    Entries are compared over the time in which both were polled: at least 10, of which 9 in 10 are shared (Jaccard).
    Feeds that redirect to one address, or give one as their own, count as well, unless their entries contradict it.
    """
    by_id = {feed.feed_id: feed for feed in feeds}
    found = (_pair(by_id[one], by_id[other]) for one, other in sorted(_meeting(feeds)))
    return sorted((pair for pair in found if pair), key=lambda pair: (-pair.shared, pair.feed_id, pair.other_id))


def _meeting(feeds: Sequence[CarriedEntries]) -> set[tuple[int, int]]:
    """The pairs that share anything: a thousand feeds make half a million pairs, and few of them meet."""
    holders: dict[str, list[int]] = defaultdict(list)
    for feed in sorted(feeds, key=lambda feed: feed.feed_id):
        own = {url_key(address) for address in (feed.url, feed.final_url, feed.self_url) if address}
        for key in own | feed.seen.keys():
            holders[key].append(feed.feed_id)
    return {pair for ids in holders.values() for pair in combinations(ids, 2)}


def _pair(one: CarriedEntries, other: CarriedEntries) -> DuplicateFeeds | None:
    ours, theirs = _together(one, other)
    both = len(ours | theirs)
    shared = len(ours & theirs) / both if both else 0.0
    if both >= LEAST and shared >= SAME:
        return DuplicateFeeds(
            one.feed_id, other.feed_id, shared, f"{len(ours & theirs)} of {both} entries are the same"
        )
    same = _same_address(one, other)
    contradicted = both >= LEAST and shared < CONTRADICTED
    return DuplicateFeeds(one.feed_id, other.feed_id, shared, same) if same and not contradicted else None


def _together(one: CarriedEntries, other: CarriedEntries) -> tuple[set[str], set[str]]:
    """What each carried while both were polled.

    Of a feed that was there long before the other, only what came later compares: a section's feed stands whole in
    the main feed on the day that it is added.
    """
    began = [min(feed.seen.values()) for feed in (one, other) if feed.seen]
    if len(began) < 2:
        return set(), set()
    if max(began) - min(began) <= ALIKE_START:
        return set(one.seen), set(other.seen)
    late = {key for feed in (one, other) for key, at in feed.seen.items() if at > max(began)}
    return late & one.seen.keys(), late & other.seen.keys()


def _same_address(one: CarriedEntries, other: CarriedEntries) -> str:
    led = {url_key(feed.final_url or feed.url) for feed in (one, other)}
    if len(led) == 1:
        return "both lead to one address"
    own = {url_key(feed.self_url) for feed in (one, other) if feed.self_url}
    return "both give one address as their own" if len(own) == 1 and one.self_url and other.self_url else ""
