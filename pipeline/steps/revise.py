"""An article whose page says something else now: its copy, and the canonical text of its story."""

from __future__ import annotations

from datetime import datetime

from pipeline.config import Config
from pipeline.match.revised import place_edited_copy
from pipeline.model import ArticleRecord, Revisit, RevisitOutcome
from pipeline.steps.canonical import choose_canonicals
from pipeline.steps.place import fingerprints_of
from pipeline.store import Store


def revise_article(config: Config, store: Store, old: ArticleRecord, revisit: Revisit, now: datetime) -> None:
    """Store what the page says now, and choose its story's text again.

    The story is chosen again also where the article says the same: a run that died between the two left that to do.
    """
    with store.lease.acquire():
        story = store.stories.by_article([old.id]).get(old.id)
        if revisit.article and revisit.outcome == RevisitOutcome.RESERVED:
            store.articles.forget_text(old.id, now)
        if revisit.article:
            _replace(store, old, revisit, story, now)
        if story:
            choose_canonicals(config, store, [story], now)


def _replace(store: Store, old: ArticleRecord, revisit: Revisit, story: int | None, now: datetime) -> None:
    if not revisit.article:
        return
    [fingerprint] = fingerprints_of([revisit.article])
    columns: dict[str, object] = {}
    members = store.index.members([story]) if story else []
    for edited in (member for member in members if member.article_id == old.id):
        place = place_edited_copy(edited, revisit.article.mark, members)
        reason = f"{place.reason}: {revisit.reason}"
        columns = {"relation": place.relation.value, "edition": place.edition, "reason": reason}
    store.articles.revise(old.id, revisit.article, columns, fingerprint, now)
