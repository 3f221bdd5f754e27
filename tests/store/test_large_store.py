"""The store that ``bench.large_store`` fills is one that the store's own writes could have made."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bench.large_rows import Sizes
from bench.large_store import fill
from pipeline import read
from pipeline.model import StoryFilter, StoryStatus
from pipeline.store import Store
from pipeline.store.change_cursor import NO_TAG
from pipeline.store.reads import views
from pipeline.store.reads.changes import changes, log_end
from pipeline.store.reads.story_list import list_stories
from pipeline.store.schema.tables import article, copy
from tests.store.samples import NOW, one_story, stored_articles
from tests.store.test_change_record import tag_of

SIZES = Sizes(feeds=40, articles=400, stories=100, words=60)


def test_a_filled_store_is_read_and_written_as_any(store: Store, store_url: str) -> None:
    fill(store, SIZES, NOW)
    lines = changes(store, "", 10_000)
    tag = NO_TAG
    for line in lines:
        tag = tag_of(line, tag)
        assert line.tag == tag
    assert lines[-1].cursor == log_end(store)
    assert [line.at for line in lines] == sorted(line.at for line in lines)
    with read.open(store_url) as reader, reader.snapshot() as snapshot:
        states = list(snapshot.states)
    revisions = {line.story_id: line.revision for line in lines}
    assert {state.head.story: state.head.revision for state in states} == revisions
    assert sum(len(state.copies) for state in states) == SIZES.articles
    assert {line.digest for line in lines} == {state.head.digest for state in states}
    with store.reading() as db:
        foreign = select(func.count()).select_from(copy).outerjoin(article).where(article.c.id.is_(None))
        assert db.scalar(foreign) == 0
    [first, *_] = list_stories(store, StoryFilter(words=states[0].versions[0].body[0]), 3)  # type: ignore[index]
    assert states[0].head.title == first.title
    with store.lease.acquire():
        [number] = stored_articles(store, 1, start=900_000)
        assert number == SIZES.articles + 1
        store.stories.apply(one_story(number), NOW)
        store.kills.withdraw(7, NOW + timedelta(hours=1), "an error")
    assert views.story_of(store, 7).status is StoryStatus.WITHDRAWN
    assert len(changes(store, lines[-1].cursor, 100)) == 4


def test_a_store_with_stories_is_not_filled(store: Store) -> None:
    [first] = stored_articles(store, 1)
    with store.lease.acquire():
        store.stories.apply(one_story(first), NOW)
    with pytest.raises(ValueError, match="holds stories already"):
        fill(store, SIZES, NOW)
