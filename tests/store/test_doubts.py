"""Doubts that placing has of articles, new and placed before, as they are listed."""

from __future__ import annotations

from dataclasses import replace

from pipeline.model import PlannedDoubt
from pipeline.store import Store
from pipeline.store.reads import views
from tests.store.samples import NOW, one_story, stored_articles

WALL = "the outlet carries the same words under other titles"


def test_a_plan_doubts_its_article_and_an_earlier_one(store: Store) -> None:
    first, second, third = stored_articles(store, 3)
    doubts = (PlannedDoubt(first, WALL), PlannedDoubt(third, WALL))
    with store.lease.acquire():
        for plan in (one_story(first, 5), one_story(second, 6), replace(one_story(third, 7), doubts=doubts)):
            store.stories.apply(plan, NOW)
    assert {doubt.article_id: doubt.reason for doubt in views.doubtful(store, 9)} == {first: WALL, third: WALL}
