"""Same entry or another, edited or not: properties."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import Basis, FeedEntry, Moment, Precision
from pipeline.text.identity import StoredEntry, content_hash, edit_reason, is_same, shared_update_times
from pipeline.text.url import url_key

NOW = datetime(2025, 8, 24, tzinfo=UTC)
TEXTS = st.text(max_size=60)


def feed_entry(title: str = "A title of an article", summary: str = "", url: str = "https://o.example/1") -> FeedEntry:
    return FeedEntry("g", url, title, summary, published=Moment(NOW, Precision.SECOND, Basis.FEED))


def stored_entry(entry: FeedEntry) -> StoredEntry:
    published = entry.published.value.isoformat() if entry.published else None
    updated = entry.updated.value.isoformat() if entry.updated else None
    return StoredEntry(1, 1, url_key(entry.url), entry.title, published, updated, content_hash(entry))


@given(TEXTS, TEXTS)
def test_what_did_not_change_is_the_same_and_not_edited(title: str, summary: str) -> None:
    entry = feed_entry(title, summary)
    assert is_same(stored_entry(entry), entry)
    assert edit_reason(stored_entry(entry), entry, frozenset()) == ""


@given(TEXTS, st.integers(0, 10**9))
def test_numbers_and_markup_do_not_show_in_the_hash(text: str, number: int) -> None:
    assert content_hash(feed_entry(summary=f"{text} 0")) == content_hash(feed_entry(summary=f"{text} <b>{number}</b>"))
    assert -(2**63) <= content_hash(feed_entry(summary=text)) < 2**63


def test_a_moved_link_is_told_from_a_guid_used_again() -> None:
    entry = feed_entry()
    moved = FeedEntry("g", "https://o.example/2", "A title of an article, edited")
    reused = FeedEntry("g", "https://o.example/3", "Something else happened")
    assert is_same(stored_entry(entry), moved)
    assert not is_same(stored_entry(entry), reused)


def test_times_shared_by_many_entries_are_stamps() -> None:
    at = [Moment(NOW + timedelta(hours=n), Precision.SECOND, Basis.FEED) for n in (0, 0, 0, 1)]
    assert shared_update_times([FeedEntry("k", "u", updated=time) for time in at]) == {NOW.isoformat()}
