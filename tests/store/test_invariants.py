"""What holds for the change record whatever is done to the stories, on both databases.

Acts are drawn by seed: ``COPYDESK_SEEDS=200 COPYDESK_STEPS=300 pytest tests/store/test_invariants.py`` draws more.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import select, text

from pipeline.errors import CursorAhead, CursorForeign, CursorGone
from pipeline.store import Store
from pipeline.store.change_cursor import format_cursor, parse_cursor
from pipeline.store.reads.changes import changes, log_end
from pipeline.store.retention import NEVER_COMPACTED, PUBLISHED
from pipeline.store.schema.tables import change, copy
from tests.store.desk import Desk
from tests.store.log_rules import check_log
from tests.store.mirror import Mirror, whole_store
from tests.store.watched import WatchedStore

SEEDS = int(os.environ.get("COPYDESK_SEEDS", "2"))
STEPS = int(os.environ.get("COPYDESK_STEPS", "40"))


def places_of(store: Store) -> dict[int, int]:
    with store.reading() as db:
        return dict(map(tuple, db.execute(select(copy.c.article_id, copy.c.story_id))))


@pytest.fixture(params=range(SEEDS))
def desk(request: pytest.FixtureRequest, store: Store) -> Iterator[Desk]:
    with store.lease.acquire():
        desk = Desk(store, Random(request.param))
        desk.place()
        yield desk


def test_nothing_is_silent_around_any_commit(store_url: str) -> None:
    for seed in range(SEEDS):
        with WatchedStore(store_url) as store, store.lease.acquire():
            desk = Desk(store, Random(seed), 1000 * seed)
            desk.place()
            for _ in range(STEPS):
                desk.act()
            assert store.commits > STEPS // 2  # some acts find nothing to act on


def test_a_mirror_has_what_the_store_has(desk: Desk, store: Store) -> None:
    mirror = Mirror(Random(1))
    for act in range(STEPS):
        desk.act()
        mirror.follow(store)
        if act % 6 == 5:
            assert mirror.states == whole_store(store)[0]
    check_log(mirror.lines, places_of(store))


def test_mirrors_that_lag_or_begin_late_have_it_in_the_end(desk: Desk, store: Store) -> None:
    mirrors = [Mirror(Random(2))]
    for act in range(STEPS):
        desk.act()
        if act % 20 == 7:
            late = Mirror(Random(act))
            late.start_from(store)
            mirrors.append(late)
        mirrors[act % len(mirrors)].follow(store, 1)
    for mirror in mirrors:
        mirror.follow(store)
        assert mirror.states == whole_store(store)[0]


def test_compaction_keeps_the_promise(desk: Desk, store: Store) -> None:
    behind, mirror, late = Mirror(Random(3)), Mirror(Random(4)), Mirror(Random(5))
    for _ in range(STEPS):
        desk.act()
    behind.follow(store, 1)
    late.start_from(store)
    mirror.follow(store)
    kills, floor = whole_store(store)[1], log_end(store)
    desk.now += timedelta(days=1)
    desk.place()
    store.cursors.advance(PUBLISHED, parse_cursor(floor).seq)
    assert store.retention.compact_log(desk.now) > 0
    for _ in range(STEPS):
        desk.act()
    for reader in (mirror, late):
        reader.follow(store)
        assert reader.states == whole_store(store)[0]
    with pytest.raises(CursorGone, match="read all stories again"):
        behind.follow(store)
    kept_seqs = [
        line.seq for line in mirror.lines if line.kind.value in NEVER_COMPACTED or line.seq > parse_cursor(floor).seq
    ]
    with store.reading() as db:
        assert list(db.scalars(select(change.c.seq).order_by(change.c.seq))) == kept_seqs
    assert set(kills) <= set(whole_store(store)[1]) | {kill for kill in kills if kill.level == "withdrawn"}


def test_every_cursor_gives_the_rest_or_is_an_error(desk: Desk, store: Store) -> None:
    for _ in range(STEPS // 3):
        desk.act()
    lines = changes(store, "", 10_000)
    epoch = lines[-1].cursor.partition(".")[0]
    for place, line in enumerate(lines, 1):
        assert changes(store, line.cursor, 10_000) == lines[place:]
        page = changes(store, line.cursor, 1)
        assert all(after.tx == page[0].tx for after in page)
        assert page == [] or place + len(page) == len(lines) or lines[place + len(page)].tx != page[0].tx
        with pytest.raises(CursorForeign, match="read all stories again"):
            changes(store, format_cursor(epoch, line.seq, line.tag[::-1]), 1)
        with pytest.raises(CursorForeign, match="read all stories again"):
            changes(store, format_cursor("0" * 8, line.seq, line.tag), 1)
        with pytest.raises(CursorAhead, match="read all stories again"):
            changes(store, format_cursor(epoch, line.seq + len(lines), line.tag), 1)


SILENT = {
    "a headline": "UPDATE story SET title = 'another'",
    "a relation": "UPDATE copy SET relation = 'derived'",
    "what a page reserves": "UPDATE article SET licence = 'another'",
    "a link": "UPDATE link SET score = 0.25",
    "a version": "UPDATE version SET title = 'another'",
    "a version's reason": "UPDATE version SET kind = 'another'",
    "a kill": "DELETE FROM change WHERE kind = 'text-removed'",
}


@pytest.mark.parametrize("words", SILENT)
def test_the_watch_sees_what_is_silent(store_url: str, words: str) -> None:
    with WatchedStore(store_url) as store, store.lease.acquire():
        desk = Desk(store, Random(1))
        for act in (desk.place, desk.place, desk.link, desk.erase):
            act()
        with pytest.raises(AssertionError), store.transaction() as db:
            db.execute(text(SILENT[words]))
