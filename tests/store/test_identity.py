"""One entry stays one, whatever its feed does to its guid, its link and its words."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from pipeline.feeds import parse_feed
from pipeline.model import Basis, Delivered, EntryStatus, Failure, FeedEntry, Moment, PollStored, Precision
from pipeline.store import Store
from pipeline.store.reads import views
from pipeline.store.schema.tables import entry as entry_table
from tests.store.samples import NOW, SPEC, WORLD_SPEC, article, entry, page, poll

LATER = NOW + timedelta(hours=1)


def polled(store: Store, *entries: FeedEntry, feed_id: int = 1, at: int = 0) -> PollStored:
    return store.feeds.record_poll(replace(poll(feed_id, *entries), polled_at=NOW + timedelta(minutes=at)))


def listed(store: Store) -> None:
    store.feeds.sync([SPEC, WORLD_SPEC], NOW)


def read(store: Store, *ids: int) -> None:
    for entry_id in ids:
        store.articles.record(entry_id, page(entry_id), article(entry_id), NOW)


def edited_entries(store: Store) -> list[int]:
    with store.reading() as db:
        edited = entry_table.c.edited_at.is_not(None)
        return list(db.scalars(select(entry_table.c.id).where(edited).order_by(entry_table.c.id)))


def at(hours: float) -> Moment:
    return Moment(NOW + timedelta(hours=hours), Precision.SECOND, Basis.FEED)


def test_all_guids_issued_anew_bring_nothing_new(store: Store) -> None:
    listed(store)
    assert len(polled(store, entry(1), entry(2), entry(3)).new) == 3
    anew = [replace(entry(n), key=f"other-{n}") for n in (1, 2, 3)]
    assert polled(store, *anew, at=1) == PollStored((), 3)
    moved = [replace(listed_entry, url=listed_entry.url + "/moved") for listed_entry in anew]
    assert polled(store, *moved, at=2) == PollStored((), 3)


def test_a_moved_link_is_known_under_both_addresses_in_every_feed_of_the_outlet(store: Store) -> None:
    listed(store)
    polled(store, entry(1))
    moved = replace(entry(1), url="https://outlet.example/new/place")
    assert polled(store, moved, at=1).new == ()
    theirs = replace(moved, key="their-guid", title="Other words")
    assert polled(store, theirs, feed_id=2, at=2).new == ()
    assert polled(store, replace(entry(1), key="their-old-guid"), feed_id=2, at=3).new == ()
    assert store.entries.load([1])[0].url == moved.url


def test_a_link_that_moves_in_another_feed_of_the_outlet_is_followed(store: Store) -> None:
    listed(store)
    polled(store, entry(1))
    theirs = replace(entry(1), key="their-guid")
    assert polled(store, theirs, feed_id=2, at=1).new == ()
    assert polled(store, replace(theirs, url="https://outlet.example/x"), feed_id=2, at=2).new == ()


def test_one_guid_for_entry_after_entry_loses_none(store: Store) -> None:
    listed(store)
    titles = ["Harbour closed by a storm", "Two ministers resign", "Rain until the weekend"]
    rows = [
        FeedEntry("feed-guid", f"https://outlet.example/{n}", title, published=at(-n)) for n, title in enumerate(titles)
    ]
    assert [len(polled(store, row, at=n).new) for n, row in enumerate(rows)] == [1, 1, 1]
    assert [polled(store, row, at=9).new for row in rows] == [(), (), ()]
    assert [row.url for row in store.entries.load([1, 2, 3])] == [row.url for row in rows]


def test_an_edit_is_noted_and_the_article_kept(store: Store) -> None:
    listed(store)
    polled(store, entry(1), entry(2), entry(3))
    read(store, 1, 2, 3)
    edits = [replace(entry(1), title="Another title"), replace(entry(2), summary="More is known"), entry(3)]
    assert polled(store, *edits, at=5) == PollStored((), 3, 2)
    assert polled(store, *edits, at=6).edited == 0
    assert edited_entries(store) == [1, 2]
    assert views.table_counts(store)["article"] == 3
    assert {row.status for row in views.entry_rows(store, 9)} == {EntryStatus.EXTRACTED}


def test_a_later_update_time_is_an_edit_unless_the_whole_feed_is_stamped(store: Store) -> None:
    listed(store)
    rows = [replace(entry(n), updated=at(0)) for n in (1, 2, 3, 4)]
    polled(store, *rows)
    read(store, 1, 2, 3, 4)
    stamped = [replace(row, updated=at(1)) for row in rows]
    assert polled(store, *stamped, at=5).edited == 0
    assert polled(store, replace(rows[0], updated=at(2)), *stamped[1:], at=6).edited == 1


def test_counts_of_comments_are_no_edit(store: Store) -> None:
    listed(store)
    polled(store, replace(entry(1), summary="<p>Text</p> 3 comments"))
    read(store, 1)
    assert polled(store, replace(entry(1), summary="Text 17 comments"), at=5).edited == 0


def test_another_feeds_words_are_no_edit(store: Store) -> None:
    listed(store)
    polled(store, entry(1))
    read(store, 1)
    assert polled(store, replace(entry(1), key="g", title="Their own title"), feed_id=2, at=5).edited == 0
    assert polled(store, entry(1), at=6).edited == 0


def test_what_waits_takes_over_all_that_its_feed_says_now(store: Store) -> None:
    listed(store)
    polled(store, entry(1))
    assert polled(store, replace(entry(1), title="New", content="<p>Whole</p>"), at=5).edited == 0
    (waiting,) = store.entries.load([1])
    assert (waiting.title, waiting.content) == ("New", "<p>Whole</p>")


def test_what_failed_is_tried_again_when_it_is_edited(store: Store) -> None:
    listed(store)
    polled(store, entry(1))
    store.entries.record_failure(1, Failure("NotAnArticle", "no text"), None, NOW)
    assert store.entries.due(LATER) == []
    polled(store, entry(1), at=5)
    assert store.entries.due(LATER) == []
    polled(store, replace(entry(1), title="Now with text"), at=6)
    assert store.entries.due(LATER) == [1]


def test_a_guid_and_a_link_of_any_length_are_stored_once(store: Store) -> None:
    listed(store)
    rows = "".join(
        f"<item><guid>{'ж' * 9_000}{n}</guid><link>https://o.example/{'a%d' * 3_000}{n}</link></item>" for n in (1, 2)
    )
    body = f"<rss version='2.0'><channel>{rows}</channel></rss>".encode()
    entries = parse_feed(body, url="https://o.example/f", now=NOW).entries
    assert len(polled(store, *entries).new) == 2
    assert polled(store, *entries, at=1) == PollStored((), 2)


def item(version: int, *, withdrawn: bool = False, embargoed: float | None = None) -> FeedEntry:
    until = NOW + timedelta(hours=embargoed) if embargoed else None
    delivered = Delivered("urn:item:1", str(version), "AFP", withdrawn, embargoed=until)
    name = f"urn:item:1:{version}"
    return FeedEntry(name, name, "Title", content="<p>Text</p>", delivered=delivered)


def test_each_version_of_a_delivered_item_is_an_entry_once(store: Store) -> None:
    listed(store)
    assert polled(store, item(1), item(2)).new == (1, 2)
    assert polled(store, item(1), item(2), item(3), at=1).new == (3,)
    assert store.entries.load([3])[0].delivered == item(3).delivered


def test_nothing_is_read_before_its_embargo_ends(store: Store) -> None:
    listed(store)
    assert polled(store, item(1, embargoed=2)).new == ()
    assert store.entries.due(LATER) == []
    assert store.entries.due(NOW + timedelta(hours=2)) == [1]


def test_what_is_withdrawn_before_it_was_read_is_never_read(store: Store) -> None:
    listed(store)
    assert polled(store, item(1), item(3, withdrawn=True)).new == ()
    assert polled(store, item(2), at=1).new == ()
    assert {row.outcome for row in views.entry_rows(store, 9)} == {"withdrawn"}
    assert polled(store, item(4), at=2).new == (4,)


def test_a_withdrawal_of_what_was_read_is_read(store: Store) -> None:
    listed(store)
    polled(store, item(1))
    read(store, 1)
    assert polled(store, item(2, withdrawn=True), at=1).new == (2,)
