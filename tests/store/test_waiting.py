"""Articles that wait for their place: in time order, until they are placed or passed over, also in older stores."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, event

from pipeline.model import PageKind, Plan
from pipeline.store import Store
from tests.store.samples import NOW, SPEC, article, entry, one_story, page, poll, stored_articles


def ids(store: Store) -> list[int]:
    return [record.id for record in store.stories.waiting_articles(100)]


def test_the_placed_and_the_passed_over_wait_no_longer(store: Store) -> None:
    placed, passed, waits = stored_articles(store, 3)
    assert ids(store) == [placed, passed, waits]
    with store.lease.acquire():
        store.stories.apply(one_story(placed), NOW)
        store.stories.apply(Plan(passed=(passed,)), NOW)
    assert ids(store) == [waits]
    assert store.stories.waiting_count() == 1
    assert store.articles.new_outlets(9) == {"Outlet": {waits}}


def test_of_long_texts_fewer_are_placed_together(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, third = stored_articles(store, 3)
    length = sum(map(len, article(1).body))
    for most, together in ((3 * length, [first, second, third]), (length + 1, [first, second]), (1, [first])):
        monkeypatch.setattr("pipeline.store.stories.MOST_TEXT", most)
        assert ids(store) == together


@pytest.mark.parametrize("kind", PageKind)
def test_only_articles_and_live_blogs_wait(store: Store, kind: PageKind) -> None:
    store.feeds.sync([SPEC], NOW)
    (new,) = store.feeds.record_poll(poll(store.feeds.load([1])[0].id, entry(1))).new
    stored = store.articles.record(new, page(1), replace(article(1), kind=kind), NOW)
    assert ids(store) == ([stored] if kind in (PageKind.ARTICLE, PageKind.LIVE_BLOG) else [])


def test_no_table_is_read_whole_or_sorted_for_those_that_wait(store: Store) -> None:
    if store.engine.dialect.name != "sqlite":
        return
    statements: list[tuple[str, Any]] = []
    event.listen(
        store.engine,
        "before_cursor_execute",
        lambda _, __, query, parameters, *___: statements.append((query, parameters)),
    )
    store.stories.waiting_articles(9)
    store.stories.waiting_count()
    store.articles.new_outlets(9)
    with store.reading() as db:
        plans = [_plan(db, *statement) for statement in statements if statement[0].startswith("SELECT")]
    assert len(plans) == 3
    for step in (step for plan in plans for step in plan):
        assert step.startswith(("SCAN waiting", "SEARCH article USING INTEGER PRIMARY KEY"))


def _plan(db: Connection, query: str, parameters: Any) -> list[str]:
    return [row[3] for row in db.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", parameters)]
