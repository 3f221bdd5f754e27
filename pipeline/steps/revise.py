"""An article whose page says something else now: its copy, and the canonical text of its story."""

from __future__ import annotations

from datetime import datetime

from pipeline.match.plan import choose_version
from pipeline.match.revised import place_edited_copy
from pipeline.model import ArticleRecord, Plan, Revisit
from pipeline.steps.place import fingerprints_of
from pipeline.store import Store


def revise(store: Store, old: ArticleRecord, found: Revisit, now: datetime) -> None:
    """Store what the page says now, and choose its story's text again.

    The story is chosen again also where the article says the same: a run that died between the two left that to do.
    """
    with store.lease.acquire():
        story = store.stories.by_article([old.id]).get(old.id)
        if found.article:
            _replace(store, old, found, story)
        if story:
            _choose_again(store, story, now)


def _replace(store: Store, old: ArticleRecord, found: Revisit, story: int | None) -> None:
    if not found.article:
        return
    [made] = fingerprints_of([found.article])
    columns: dict[str, object] = {}
    members = store.index.members([story]) if story else []
    for edited in (member for member in members if member.article_id == old.id):
        place = place_edited_copy(edited, found.article.mark, members)
        reason = f"{place.reason}: {found.why}"
        columns = {"relation": place.relation.value, "edition": place.edition, "reason": reason}
    store.articles.revise(old.id, found.article, columns, made)


def _choose_again(store: Store, story: int, now: datetime) -> None:
    planned = choose_version(story, store.index.members([story]), store.stories.heads([story])[story])
    store.stories.apply(Plan(versions=(planned,)), now)
