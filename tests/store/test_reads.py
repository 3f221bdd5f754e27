"""Reads of stories: one consistent view whatever is written meanwhile, and no table read whole."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event, text

from pipeline.model import Plan
from pipeline.store import Store, open_store
from pipeline.store.reads import views
from pipeline.store.reads.provenance import provenance_of
from pipeline.store.reads.whole_story import whole_story
from tests.store.samples import NOW, chosen, one_story, stored_articles


@contextmanager
def statements(store: Store) -> Iterator[list[tuple[str, object]]]:
    """The statements that the store executes inside the block, with their parameters."""
    executed: list[tuple[str, object]] = []

    def note(_db: object, _cursor: object, statement: str, values: object, *_rest: object) -> None:
        executed.append((statement, values))

    event.listen(store.engine, "before_cursor_execute", note)
    try:
        yield executed
    finally:
        event.remove(store.engine, "before_cursor_execute", note)


def test_a_story_is_read_in_one_view_while_it_is_written(store: Store, store_url: str) -> None:
    [first] = stored_articles(store, 1)
    with store.lease.acquire():
        store.stories.apply(one_story(first), NOW)
    story_id = views.stories(store, 1)[0].id
    ended = threading.Event()

    def write() -> None:
        with open_store(store_url) as writing_store, writing_store.lease.acquire():
            for number in range(60):
                plan = Plan(versions=(chosen(first, story_id, (f"Text {number}.",), f"Title {number}"),))
                writing_store.stories.apply(plan, NOW)
        ended.set()

    writer = threading.Thread(target=write)
    writer.start()
    torn = 0
    while not ended.is_set() and writer.is_alive():
        head, versions, copies, _, _ = whole_story(store, story_id)
        torn += (head.version, head.title) != (versions[-1].number, versions[-1].title) or not copies[0].canonical
    writer.join()
    assert torn == 0
    assert views.one_story(store, story_id)[0].version == 61


def test_a_reader_sees_what_was_committed_when_it_first_read(store: Store) -> None:
    stored_articles(store, 1)
    with store.reading() as db:
        before = db.scalar(text("SELECT count(*) FROM article"))
        stored_articles(store, 1, start=1)
        assert db.scalar(text("SELECT count(*) FROM article")) == before
    with store.reading() as db:
        assert db.scalar(text("SELECT count(*) FROM article")) == 2


def test_a_story_and_a_list_of_stories_read_no_table_whole(store: Store) -> None:
    for number, article_id in enumerate(stored_articles(store, 3)):
        with store.lease.acquire():
            store.stories.apply(one_story(article_id, number, number + 9), NOW)
    with statements(store) as executed:
        views.one_story(store, 2)
        views.stories(store, 2)
        views.additions_of(store, 2)
        provenance_of(store, 2)
    if store.engine.dialect.name != "sqlite":
        return
    with store.reading() as db:
        plans = [row[-1] for statement, values in executed if statement.startswith("SELECT")
                 for row in db.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]  # type: ignore[arg-type]  # fmt: skip
    full_scans = [step for step in plans if step.startswith("SCAN") and "json_each" not in step and "INDEX" not in step]
    assert (full_scans, [step for step in plans if "TEMP B-TREE FOR ORDER BY" in step and "copy" in step]) == ([], [])
