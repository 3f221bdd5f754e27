"""Every write is one transaction, and may run twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from pipeline.errors import LockHeld, NotStored, StoreError
from pipeline.model import (
    Basis,
    ChangeKind,
    EntryStatus,
    Failure,
    Moment,
    Outcome,
    Plan,
    PollRecord,
    Precision,
    VersionKind,
)
from pipeline.store import Store, open_store
from pipeline.store.reads import views
from pipeline.store.reads.changes import changes
from pipeline.store.schema.engine import MIGRATIONS, revisions
from pipeline.store.schema.tables import metadata
from tests.store.samples import (
    NOW,
    SPEC,
    WORLD_SPEC,
    article,
    chosen,
    entry,
    keys_of,
    one_story,
    page,
    planned,
    poll,
    stored_article,
    stored_articles,
)


def is_modelled(_item: object, name: str | None, *_rest: object) -> bool:
    """The index of words, and the tables that FTS5 keeps it in, are no tables of the metadata."""
    return not str(name).startswith("story_words") and name != "ix_story_words"


def test_migrations_make_the_tables_of_this_version(store: Store) -> None:
    script = AlembicConfig()
    script.set_main_option("script_location", str(MIGRATIONS))
    with store.engine.begin() as db:
        metadata.drop_all(db)
        db.execute(text("DROP TABLE alembic_version"))
        db.execute(text("DROP TABLE story_words"))
        script.attributes["connection"] = db
        command.upgrade(script, "head")
    with store.engine.connect() as db:
        context = MigrationContext.configure(db, opts={"compare_type": False, "include_object": is_modelled})
        assert compare_metadata(context, metadata) == []


def test_a_new_store_is_of_this_version(store: Store) -> None:
    with store.engine.connect() as db:
        revision = MigrationContext.configure(db).get_current_revision()
    assert revision == ScriptDirectory(str(MIGRATIONS)).get_current_head()


def test_the_schemas_of_this_version_are_those_that_alembic_finds() -> None:
    names = [revision.revision for revision in ScriptDirectory(str(MIGRATIONS)).walk_revisions()]
    assert revisions() == names[::-1]


def test_a_schema_of_before_the_first_release_is_refused_and_says_how_to_go_on(store: Store, store_url: str) -> None:
    with store.engine.begin() as db:
        db.execute(text("UPDATE alembic_version SET version_num = '0019'"))
    with pytest.raises(StoreError, match=r"keep its archive folder.*replay --from-archive"):
        open_store(store_url)


def test_a_later_schema_is_refused(store: Store, store_url: str) -> None:
    with store.engine.begin() as db:
        db.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="later version"):
        open_store(store_url)


@pytest.mark.parametrize("url", ["nonsense", "sqlite:////proc/none/x.db", "postgresql+psycopg://root@127.0.0.1:1/none"])
def test_what_cannot_be_opened_is_said(url: str) -> None:
    with pytest.raises(StoreError, match=r".+ - .+"):
        open_store(url)


def test_a_file_that_is_no_database_is_said(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(StoreError, match="not a database"):
        open_store(f"sqlite:///{tmp_path / 'x.db'}")


def test_feeds_come_rest_and_return_with_their_history(store: Store) -> None:
    store.feeds.sync([SPEC, WORLD_SPEC], NOW)
    first, second = store.feeds.due(NOW)
    store.feeds.record_poll(poll(first, entry(1)))
    store.feeds.sync([WORLD_SPEC], NOW)
    assert store.feeds.due(NOW + timedelta(days=1)) == [second]
    store.feeds.sync([SPEC, WORLD_SPEC], NOW)
    state = store.feeds.load([first])[0]
    assert (state.validators.etag, state.last_outcome, state.paused) == ('W/"a"', Outcome.OK, False)


def test_a_paused_feed_is_not_due(store: Store) -> None:
    store.feeds.sync([SPEC], NOW)
    (feed_id,) = store.feeds.due(NOW)
    store.feeds.pause(feed_id, True, NOW)
    assert store.feeds.due(NOW) == []
    store.feeds.pause(feed_id, False, NOW)
    assert store.feeds.due(NOW) == [feed_id]
    with pytest.raises(NotStored, match="feed 99"):
        store.feeds.pause(99, True, NOW)


def test_a_poll_stores_each_entry_once(store: Store) -> None:
    store.feeds.sync([SPEC, WORLD_SPEC], NOW)
    first, second = store.feeds.due(NOW)
    assert len(store.feeds.record_poll(poll(first, entry(1), entry(2), entry(1))).new) == 2
    next_poll = store.feeds.record_poll(poll(first, entry(1), entry(2), entry(3)))
    assert (len(next_poll.new), next_poll.known_count) == (1, 2)
    elsewhere = store.feeds.record_poll(poll(second, entry(3), entry(4)))
    assert (len(elsewhere.new), elsewhere.known_count) == (1, 1)


def test_a_poll_is_planned_by_what_is_known_of_it(store: Store) -> None:
    store.feeds.sync([SPEC, WORLD_SPEC], NOW)
    first, second = store.feeds.due(NOW)
    store.feeds.record_poll(poll(first, entry(1)))
    plan_counts: list[dict[int, int]] = []

    def plan(known_counts: Mapping[int, int]) -> list[PollRecord]:
        plan_counts.append(dict(known_counts))
        return [poll(first, entry(1), entry(9)), poll(second)]

    stored = store.feeds.record_planned({first: [entry(1), entry(9)], second: []}, plan)
    assert plan_counts == [{first: 1, second: 0}]
    assert [(len(poll_result.new), poll_result.known_count) for poll_result in stored] == [(1, 1), (0, 0)]


def test_polls_that_come_together_bring_one_page_once(store: Store) -> None:
    store.feeds.sync([SPEC, WORLD_SPEC], NOW)
    first, second = store.feeds.due(NOW)
    polls = store.feeds.record_polls([poll(first, entry(1), entry(2)), poll(second, entry(2), entry(3))])
    assert [(len(poll_result.new), poll_result.known_count) for poll_result in polls] == [(2, 0), (1, 0)]
    assert len(store.entries.load([*polls[0].new, *polls[1].new])) == 3


def test_a_changed_title_is_taken_over(store: Store) -> None:
    store.feeds.sync([SPEC], NOW)
    (entry_id,) = store.feeds.record_poll(poll(1, entry(1))).new
    store.feeds.record_poll(poll(1, entry(1, "New title")))
    assert [state.title for state in store.entries.load([entry_id])] == ["New title"]


def test_a_failed_poll_keeps_validators(store: Store) -> None:
    store.feeds.sync([SPEC], NOW)
    store.feeds.record_poll(poll(1, entry(1)))
    store.feeds.record_poll(poll(1, outcome=Outcome.NOT_A_FEED))
    assert store.feeds.load([1])[0].validators.etag == 'W/"a"'


def test_an_article_comes_back_as_it_went_in(store: Store) -> None:
    (article_id,) = stored_articles(store, 1)
    record = stored_article(store, article_id)
    assert record.article == article(record.entry_id)
    assert record.seen_at == record.article.published.value


def test_an_article_is_recorded_once(store: Store) -> None:
    (article_id,) = stored_articles(store, 1)
    before = views.table_counts(store)
    assert store.articles.record(1, page(1), article(1), NOW) == article_id
    store.entries.record_failure(1, Failure("timeout", "late", NOW), page(1), NOW)
    assert views.table_counts(store) == before
    assert store.entries.due(NOW + timedelta(days=1)) == []


def test_a_failure_is_tried_again_when_its_time_has_come(store: Store) -> None:
    store.feeds.sync([SPEC], NOW)
    (entry_id,) = store.feeds.record_poll(poll(1, entry(1))).new
    later = NOW + timedelta(hours=1)
    store.entries.record_failure(entry_id, Failure("timeout", "no answer", later), None, NOW)
    assert (store.entries.due(NOW), store.entries.due(later)) == ([], [entry_id])
    store.entries.record_failure(entry_id, Failure("gone", "410", None), page(1), later)
    (row,) = views.entry_rows(store, 5, EntryStatus.FAILED)
    assert (row.outcome, row.detail, row.attempts) == ("gone", "410", 2)


def test_a_plan_is_applied_whole_and_once(store: Store) -> None:
    first, second = stored_articles(store, 2)
    plan = Plan((planned(first, -1), planned(second, -1)), (chosen(first, -1),))
    with store.lease.acquire():
        kinds = [change.kind for change in store.stories.apply(plan, NOW)]
        before = views.table_counts(store)
        assert store.stories.apply(plan, NOW) == ()
    assert kinds == [
        ChangeKind.STORY_CREATED,
        ChangeKind.COPY_ADDED,
        ChangeKind.COPY_ADDED,
        ChangeKind.VERSION_ADDED,
    ]
    assert views.table_counts(store) == before
    (head,) = views.stories(store, 5)
    assert (head.copies, head.outlets, head.version, head.agency) == (2, 1, 1, "IANS")
    assert store.stories.waiting_count() == 0


def test_a_version_is_written_only_when_the_text_changes(store: Store) -> None:
    first, second = stored_articles(store, 2)
    with store.lease.acquire():
        store.stories.apply(one_story(first), NOW)
        (head,) = views.stories(store, 5)
        store.stories.apply(Plan((planned(second, head.id),), (chosen(second, head.id),)), NOW)
        assert views.story_of(store, head.id).version == 1
        store.stories.apply(Plan((), (chosen(second, head.id, ("Two.",)),)), NOW)
    head, versions, copies = views.one_story(store, head.id)
    assert [(version.number, version.body) for version in versions] == [(1, ("One.",)), (2, ("Two.",))]
    assert [copy.canonical for copy in copies] == [False, True]
    assert (head.kind, store.index.canonicals([head.id])) == (VersionKind.ORIGINAL, {head.id: second})


def test_a_story_was_first_seen_with_its_earliest_copy(store: Store) -> None:
    store.feeds.sync([SPEC], NOW)
    new = store.feeds.record_poll(poll(1, *(entry(n) for n in range(3)))).new
    early, late, latest = (NOW - timedelta(hours=hours) for hours in (5, 3, 1))
    ids = []
    for entry_id, at in zip(new, (late, latest, early), strict=True):
        dated_article = replace(article(entry_id), published=Moment(at, Precision.SECOND, Basis.JSON_LD))
        ids.append(store.articles.record(entry_id, page(entry_id), dated_article, NOW))
    first_times = []
    with store.lease.acquire():
        for plan in (
            one_story(ids[0]),
            *(Plan((planned(article_id, 1),), (chosen(article_id, 1),)) for article_id in ids[1:]),
        ):
            store.stories.apply(plan, NOW)
            first_times.append(views.stories(store, 5)[0].first_seen)
    assert first_times == [late, late, early]


def test_a_storys_agency_follows_its_copies_without_a_new_version(store: Store) -> None:
    first, second = stored_articles(store, 2)
    with store.lease.acquire():
        store.stories.apply(one_story(first), NOW)
        store.stories.apply(Plan((planned(second, 1),), (replace(chosen(second, 1), agency="AFP"),)), NOW)
    (head,) = views.stories(store, 5)
    assert (head.version, head.agency, head.updated_at) == (1, "AFP", NOW)
    assert store.index.canonicals([1]) == {1: second}


def test_nothing_is_applied_without_the_lease(store: Store) -> None:
    (article_id,) = stored_articles(store, 1)
    with pytest.raises(StoreError, match="lease"):
        store.stories.apply(one_story(article_id), NOW)
    assert views.table_counts(store)["story"] == 0


def test_one_clusterer_at_a_time(store: Store, store_url: str) -> None:
    with (
        open_store(store_url) as second_store,
        store.lease.acquire(),
        pytest.raises(LockHeld, match="another process is placing"),
        second_store.lease.acquire(patience=0),
    ):
        raise AssertionError("two processes place")
    with open_store(store_url) as second_store, second_store.lease.acquire(patience=0):
        assert second_store.cursors.load("x") == 0


def test_candidates_are_the_copies_that_share_most_bands(store: Store) -> None:
    first, second, third = stored_articles(store, 3)
    with store.lease.acquire():
        for article_id, bands in ((first, (1, 2, 3)), (second, (2, 3, 9)), (third, (8,))):
            store.stories.apply(one_story(article_id, *bands), NOW)
    candidates = store.index.candidates({77: keys_of(1, 2, 3)}, since=NOW - timedelta(days=1), most=5)
    assert [(article_id, shared) for article_id, _, shared in candidates[77]] == [(first, 3), (second, 2)]
    assert store.index.candidates({77: keys_of(1, 2, 3)}, since=NOW + timedelta(days=1), most=5) == {77: []}
    assert len(store.index.candidates({77: keys_of(1, 2, 3)}, since=NOW - timedelta(days=1), most=1)[77]) == 1


def test_members_and_fingerprints_come_back(store: Store) -> None:
    (article_id,) = stored_articles(store, 1)
    with store.lease.acquire():
        store.stories.apply(one_story(article_id, 5), NOW)
    (member,) = store.index.members([1])
    assert (member.article_id, member.body, member.agency) == (article_id, article(1).body, "IANS")
    ((at, stored),) = store.first_seen.fingerprints(NOW - timedelta(days=1))
    assert (at, stored.shingles) == (member.seen_at, b"\x01" * 8)


def test_a_memory_is_kept_with_what_was_placed_since(store: Store) -> None:
    assert (store.first_seen.load(), store.first_seen.last_change()) == (None, 0)
    first, second = stored_articles(store, 2)
    with store.lease.acquire():
        store.stories.apply(one_story(first, 1), NOW)
        store.first_seen.save(store.first_seen.last_change(), b"all")
        store.stories.apply(one_story(second, 2), NOW)
    assert store.first_seen.load() == (3, b"all")
    assert len(list(store.first_seen.fingerprints_placed_after(0))) == 2
    assert len(list(store.first_seen.fingerprints_placed_after(3))) == 1
    store.first_seen.save(store.first_seen.last_change(), b"more")
    assert store.first_seen.load() == (6, b"more")


def test_cursors_only_move_on(store: Store) -> None:
    store.cursors.advance("job", 5)
    store.cursors.advance("job", 3)
    assert (store.cursors.load("job"), store.cursors.load("other")) == (5, 0)


def test_a_reader_misses_no_change_of_concurrent_writers(store: Store, store_url: str) -> None:
    ids = stored_articles(store, 24)
    read_numbers: list[int] = []
    finished = threading.Event()

    def write(part: list[int]) -> None:
        with open_store(store_url) as thread_store:
            for article_id in part:
                with thread_store.lease.acquire():
                    thread_store.stories.apply(one_story(article_id, article_id), NOW)

    def read() -> None:
        with open_store(store_url) as thread_store:
            while not finished.is_set() or changes(thread_store, read_numbers[-1] if read_numbers else 0, 1000):
                read_numbers.extend(
                    change.seq for change in changes(thread_store, read_numbers[-1] if read_numbers else 0, 7)
                )

    reader = threading.Thread(target=read)
    writers = [threading.Thread(target=write, args=(ids[n::3],)) for n in range(3)]
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    finished.set()
    reader.join()
    assert read_numbers == [change.seq for change in changes(store, 0, 1000)]
    assert len(views.stories(store, 100)) == 24


KILLED = """
import sys
from pipeline.store import open_store
from tests.store.samples import NOW, Plan, chosen, planned
with open_store(sys.argv[1]) as store, store.lease.acquire():
    print("ready", flush=True)
    for article_id in map(int, sys.argv[2:]):
        store.stories.apply(Plan((planned(article_id, -1, article_id),), (chosen(article_id, -1),)), NOW)
        print(article_id, flush=True)
"""


def test_a_killed_writer_leaves_nothing_half_done(store: Store, store_url: str) -> None:
    ids = stored_articles(store, 30)
    command = [sys.executable, "-c", KILLED, store_url, *map(str, ids)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        acknowledged = [child.stdout.readline() for _ in range(8)]
        os.kill(child.pid, signal.SIGKILL)
    heads = views.stories(store, 100)
    assert len(heads) >= len(acknowledged) - 1
    counts = views.table_counts(store)
    assert counts["copy"] == counts["story"] == counts["version"] == len(heads)
    assert counts["change"] == 3 * len(heads)
    assert len(store.stories.waiting_articles(100)) == 30 - len(heads)


def test_old_polls_and_pages_are_pruned(store: Store) -> None:
    stored_articles(store, 2)
    pruned = store.retention.prune(NOW, NOW + timedelta(days=1), NOW + timedelta(days=1))
    assert (pruned.polls, pruned.pages, pruned.files) == (1, 0, ())
    assert views.table_counts(store)["article"] == 2


def test_summaries_count(store: Store) -> None:
    (article_id,) = stored_articles(store, 1)
    with store.lease.acquire():
        store.stories.apply(one_story(article_id), NOW)
    counts = views.counts(store)
    assert (counts.feeds, counts.feeds_failing, counts.entries, counts.stories) == (1, 0, 1, 1)
    assert (counts.kept_characters, counts.removed_characters) == (len("One paragraph.Another."), len("Tokyo, Aug 24 "))
    assert views.by_agency(store) == [("IANS", 1, 1)]
    assert views.versions_of(store, [1])[1].title == "Title"
    with pytest.raises(NotStored, match="story 9"):
        views.one_story(store, 9)
