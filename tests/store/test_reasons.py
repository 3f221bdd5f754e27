"""Reasons that are stored name stories as they are stored, not as the plan numbered them."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from pipeline.model import Plan
from pipeline.store import Store
from pipeline.store.schema.tables import copy
from tests.store.samples import NOW, chosen, planned, stored_articles


def test_a_reason_names_a_story_of_its_own_batch_as_stored(store: Store) -> None:
    _, first, second = stored_articles(store, 3)
    near = "first of its story: the nearest, story -1, shares 24% of what is fresh"
    copies = (planned(first, -1, 5), replace(planned(second, -2, 6), reason=near))
    with store.lease.acquire():
        changes = store.stories.apply(Plan(copies, (chosen(first, -1), chosen(second, -2))), NOW)
    with store.reading() as db:
        story = db.scalar(select(copy.c.story_id).where(copy.c.article_id == first))
        reason = db.scalar(select(copy.c.reason).where(copy.c.article_id == second))
    assert reason == near.replace("-1", str(story))
    assert reason in {change.reason for change in changes}
