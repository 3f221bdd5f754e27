"""The change record: cursors, pages, revisions, tags, compaction; and how the store keeps what it is about."""

from __future__ import annotations

import os
import sys
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import run

import pytest
from alembic import command
from alembic.config import Config as AlembicConfig
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text, update

from pipeline.errors import CursorAhead, CursorForeign, CursorGone, SchemaUnknown, StoreError, StoreMissing
from pipeline.match.plan import choose_version
from pipeline.model import Actor, Basis, Change, ChangeKind, Moment, Plan, Precision, StoryStatus
from pipeline.store import Store, open_store, read_store
from pipeline.store.change_cursor import NO_TAG, chain_tag, format_cursor, parse_cursor
from pipeline.store.change_log import tagged_fields
from pipeline.store.reads import views
from pipeline.store.reads.changes import changes, log_end
from pipeline.store.schema.engine import MIGRATIONS
from pipeline.store.schema.tables import article as article_table
from pipeline.store.schema.tables import change, entry, log_state, version
from pipeline.store.schema.tables import story as story_table
from pipeline.text.digest import text_digest
from tests.store.samples import (
    NOW,
    SPEC,
    article,
    chosen,
    one_story,
    page,
    planned,
    poll,
    stored_articles,
)
from tests.store.samples import (
    entry as feed_entry,
)
from tests.store.test_change_log import logged, with_stories

K = ChangeKind


def tag_of(line: Change, previous: str) -> str:
    fields = {name: getattr(line, name) for name in line.__slots__}
    return chain_tag(previous, tagged_fields(fields))


def test_a_line_says_what_the_story_is_after_its_commit(store: Store) -> None:
    with_stories(store, 2)
    digest = views.story_of(store, 1).digest
    with store.lease.acquire():
        store.rulings.merge(1, 2, NOW, choose_version)
    rows = logged(store)
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
    assert {row.tx for row in rows[:3]} == {1}
    revisions = defaultdict(list)
    for row in rows:
        revisions[row.story_id].append(row.revision)
    assert all(counts == list(range(1, len(counts) + 1)) for counts in revisions.values())
    created = rows[0]
    assert (created.status, created.actor) == (StoryStatus.LIVE, Actor.MACHINE)
    assert created.digest == text_digest("Title", ("One.",)) == digest
    merged = rows[-1]
    assert (merged.kind, merged.other_id, merged.status, merged.digest) == (K.STORY_MERGED, 1, StoryStatus.MERGED, None)
    assert {row.actor for row in rows if row.tx == merged.tx and row.kind is not K.VERSION_CHANGED} == {Actor.PERSON}
    [moved] = [row for row in rows if row.kind is K.COPY_MOVED]
    assert (moved.story_id, moved.other_id, len(moved.articles)) == (1, 2, 1)
    assert views.story_of(store, 1).revision == max(revisions[1])


def test_tags_are_chained_over_all_lines(store: Store) -> None:
    with_stories(store, 3)
    previous = NO_TAG
    for line in logged(store):
        assert line.tag == tag_of(line, previous)
        previous = line.tag
    assert log_end(store) == logged(store)[-1].cursor


@pytest.mark.parametrize("limit", [1, 2, 4])
def test_a_page_ends_where_a_commit_ends(store: Store, limit: int) -> None:
    with_stories(store, 3)
    cursor, pages = "", []
    while rows := changes(store, cursor, limit):
        pages.append(rows)
        cursor = rows[-1].cursor
    assert [row for rows in pages for row in rows] == logged(store)
    assert all(rows[0].seq == rows[0].tx for rows in pages)


def test_cursors_that_lead_nowhere_are_errors_that_say_what_to_do(store: Store) -> None:
    with_stories(store, 2)
    last = logged(store)[-1]
    epoch = last.cursor.partition(".")[0]
    assert changes(store, last.cursor, 9) == changes(store, last.seq, 9) == []
    for cursor, error, words in (
        (format_cursor("0" * 8, 1, NO_TAG), CursorForeign, "another store's"),
        (format_cursor(epoch, 1, "f" * 16), CursorForeign, "restored from a backup, and went on"),
        (format_cursor(epoch, last.seq + 1, NO_TAG), CursorAhead, f"ends at {last.seq}"),
        ("next", CursorForeign, "no cursor"),
    ):
        with pytest.raises(error, match=f"{words}.*read all stories"):
            changes(store, cursor, 9)


@given(st.text(max_size=80))
def test_any_text_is_a_cursor_or_is_foreign(words: str) -> None:
    try:
        parsed = parse_cursor(words)
    except CursorForeign:
        return
    assert words in ("", str(parsed.seq), format_cursor(parsed.epoch, parsed.seq, parsed.tag)) or words.isdigit()


def test_a_store_restored_from_a_backup_that_went_on_is_told(store: Store) -> None:
    with_stories(store, 1)
    backup = logged(store)[-1]
    first, second = stored_articles(store, 2, start=20)
    with store.lease.acquire():
        store.stories.apply(one_story(first, 21), NOW)
        lost = logged(store)[-1]
        with store.transaction() as db:
            db.execute(change.delete().where(change.c.seq > backup.seq))
            db.execute(update(log_state).values(head=backup.seq, head_tag=backup.tag))
        with pytest.raises(CursorAhead):
            changes(store, lost.cursor, 9)
        store.stories.apply(one_story(second, 22), NOW)
    with pytest.raises(CursorForeign, match="went on"):
        changes(store, lost.cursor, 9)
    assert changes(store, backup.cursor, 9)


def test_compaction_keeps_kills_and_redirects_and_tells_who_is_behind(store: Store) -> None:
    with_stories(store, 3)
    with store.lease.acquire():
        store.rulings.merge(1, 2, NOW, choose_version)
        store.kills.withdraw(3, NOW, "error")
        floor, mirror = log_end(store), {number: views.one_story(store, number) for number in (1, 3)}
        first = logged(store)[0]
        later = NOW + timedelta(days=2)
        [extra] = stored_articles(store, 1, start=9)
        store.stories.apply(Plan((planned(extra, 1, 9),)), later)
        assert store.retention.compact_log(later) == 0  # nothing was published yet
        store.cursors.advance("published", parse_cursor(log_end(store)).seq)
        assert store.retention.compact_log(later) > 0
        assert store.retention.compact_log(later) == 0
    for cursor in ("", first.cursor, "1"):
        with pytest.raises(CursorGone, match="begins after"):
            changes(store, cursor, 9)
    rest = changes(store, floor, 9)
    assert [(row.kind, row.story_id) for row in rest] == [(K.COPY_ADDED, 1)]
    mirror |= {row.story_id: views.one_story(store, row.story_id) for row in rest}
    assert mirror == {number: views.one_story(store, number) for number in (1, 3)}
    with store.reading() as db:
        kind_counts = Counter(db.scalars(select(change.c.kind).where(change.c.seq <= parse_cursor(floor).seq)))
    assert kind_counts == {K.STORY_MERGED.value: 1, K.STORY_WITHDRAWN.value: 1}


def test_versions_are_not_changed_when_their_basis_is(store: Store) -> None:
    first, second = with_stories(store, 2)
    plan = chosen(first, 1)
    moved = replace(plan, choice=replace(plan.choice, article_id=second, support=(7,), reason="preferred"))
    before = views.one_story(store, 1)[1]
    with store.lease.acquire():
        store.stories.apply(Plan(versions=(moved,)), NOW)
    head, versions, copies = views.one_story(store, 1)
    assert versions == before
    assert (head.article_id, head.support, head.reason) == (second, (7,), "preferred")
    assert [copy.canonical for copy in copies] == [False]


def test_a_story_without_a_text_is_found(store: Store) -> None:
    ids = stored_articles(store, 2)
    with store.lease.acquire():
        store.stories.apply(Plan((planned(ids[0], -1, 1), planned(ids[1], -1, 2)), (chosen(ids[0], -1),)), NOW)
        new_story = store.rulings.split(1, [ids[1]], NOW)
        assert store.stories.textless_stories() == [new_story]
        members, heads = store.index.members([new_story]), store.stories.heads([new_story])
        store.stories.apply(Plan(versions=(choose_version(new_story, members, heads[new_story]),)), NOW)
    assert store.stories.textless_stories() == []
    assert views.story_of(store, new_story).version == 1


HINDI = "पानी की कमी से किसान परेशान हैं।"


def test_texts_of_every_script_are_found_in_sql_and_moments_are_in_order(store: Store) -> None:
    store.feeds.sync([SPEC], NOW)
    new = store.feeds.record_poll(poll(1, *(feed_entry(n) for n in range(3)))).new
    offsets = ("2025-08-24T23:30:00+14:00", "2025-08-24T10:00:00+00:00", "2025-08-24T06:00:00-05:00")
    for entry_id, at in zip(new, offsets, strict=True):
        moment = Moment(datetime.fromisoformat(at), Precision.SECOND, Basis.JSON_LD)
        store.articles.record(entry_id, page(entry_id), replace(article(entry_id, (HINDI,)), published=moment), NOW)
    with store.reading() as db:
        hits = db.scalar(
            text("SELECT count(*) FROM article WHERE CAST(body AS text) LIKE :words"), {"words": f"%{HINDI}%"}
        )
        written = list(db.scalars(select(article_table.c.published).order_by(article_table.c.published_utc)))
    assert hits == 3
    assert written == sorted(offsets, key=datetime.fromisoformat)


@pytest.fixture
def migrated(store: Store) -> Store:
    """A store that the version before wrote, brought over."""
    ids = with_stories(store, 2)
    with store.lease.acquire():
        store.stories.apply(Plan(versions=(chosen(ids[0], 1, (HINDI, "Two.")),)), NOW + timedelta(hours=1))
        store.rulings.merge(1, 2, NOW + timedelta(hours=2))
    script = AlembicConfig()
    script.set_main_option("script_location", str(MIGRATIONS))
    with store.transaction() as db:
        script.attributes["connection"] = db
        command.downgrade(script, "0022")
        escaped = '["\\u092a\\u093e\\u0928\\u0940", "Two."]'
        cast = "CAST(:body AS json)" if db.dialect.name == "postgresql" else ":body"
        db.execute(text(f"UPDATE version SET body = {cast} WHERE number = 2"), {"body": escaped})
        command.upgrade(script, "head")
    return store


def test_a_store_of_the_version_before_is_brought_over(migrated: Store) -> None:
    rows = logged(migrated)
    previous = NO_TAG
    for line in rows:
        assert line.tag == tag_of(line, previous)
        previous = line.tag
    head, versions, _ = views.one_story(migrated, 1)
    assert [row.revision for row in rows if row.story_id == 1] == list(range(1, head.revision + 1))
    assert versions[1].body == ("पानी", "Two.")
    assert [row.digest == text_digest(row.title, row.body) for row in versions] == [True, True]
    assert (head.article_id, head.digest) == (versions[1].article_id, versions[1].digest)
    assert (rows[-1].kind, rows[-1].status) == (K.STORY_MERGED, StoryStatus.MERGED)
    with migrated.reading() as db:
        stored = db.scalar(text("SELECT CAST(body AS text) FROM version WHERE number = 2"))
        moments = db.execute(select(entry.c.published, entry.c.published_utc)).all()
    assert "पानी" in stored
    assert all(utc == datetime.fromisoformat(written).astimezone(UTC) for written, utc in moments)


def test_a_reader_needs_no_right_to_write_and_migrates_nothing(store: Store, store_url: str) -> None:
    with_stories(store, 1)
    with read_store(store_url) as reader:
        assert views.story_of(reader, 1).title == "Title"
        with pytest.raises(StoreError), reader.transaction() as db:
            db.execute(update(story_table).values(title="written"))
    with store.transaction() as db:
        db.execute(text("UPDATE alembic_version SET version_num = '0022'"))
    with pytest.raises(SchemaUnknown, match=r"has schema 0022, not .*copydesk migrate"):
        read_store(store_url)
    with store.transaction() as db:
        db.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaUnknown, match="later version - update copydesk"):
        read_store(store_url)


READ = """
import os, sys
from pipeline.store import open_store, read_store
from pipeline.store.reads import views
# All that is imported late is imported before the rights go: the interpreter may be another's.
with open_store("sqlite://") as store:
    views.stories(store, 1)
os.setuid(65534)
with read_store(sys.argv[1]) as store:
    print(views.story_of(store, 1).title)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can read as another user")
def test_a_file_in_a_folder_that_may_not_be_written_is_read(tmp_path: Path) -> None:
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(0o755)
    url = f"sqlite:///{tmp_path / 'copydesk.db'}"
    with open_store(url) as store:
        with_stories(store, 1)
    (tmp_path / "copydesk.db").chmod(0o644)
    result = run([sys.executable, "-c", READ, url], capture_output=True, text=True, check=False)
    assert (result.stdout, result.stderr) == ("Title\n", "")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["copydesk.db"]


def test_a_store_that_is_not_there_is_not_made_to_read_it(tmp_path: Path) -> None:
    with pytest.raises(StoreMissing, match="there is no store"):
        read_store(f"sqlite:///{tmp_path / 'copydesk.db'}")
    assert list(tmp_path.iterdir()) == []


def test_digests_of_versions_stay_when_their_text_goes(store: Store) -> None:
    [first] = with_stories(store, 1)
    digest = views.story_of(store, 1).digest
    with store.lease.acquire():
        store.articles.forget_text(first, NOW, "noarchive")
    head, [only], _ = views.one_story(store, 1)
    assert (only.body, only.digest, only.removed_at, head.digest) == ((), digest, NOW, None)
    line = logged(store)[-1]
    assert (line.kind, line.actor, line.reason, line.digest) == (K.TEXT_REMOVED, Actor.POLICY, "noarchive", None)
    with store.reading() as db:
        assert db.scalar(select(version.c.support)) == []
