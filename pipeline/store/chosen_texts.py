"""Texts that a person chose for a story: the copy whose text it shows, until the agency files a newer edition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, select

from pipeline.model import CanonicalChoice, PlannedVersion, VersionKind
from pipeline.store.schema.tables import article, copy, ruling

# A ruling whose articles are the one that was chosen; none where the choice was left to the rules again.
CHOSEN_TEXT = "text"
REASON = "chosen by a person"


def with_chosen_texts(db: Connection, planned: Sequence[PlannedVersion]) -> list[PlannedVersion]:
    """Return the planned versions, those of stories whose text a person chose with that text.

    A withdrawal, and a text of a newer edition than the chosen copy's, come before a person's choice.
    """
    chosen = _chosen_articles(db, [version.story for version in planned if version.story > 0])
    return [_with_article(db, version, chosen.get(version.story, 0)) for version in planned]


def _chosen_articles(db: Connection, stories: Sequence[int]) -> dict[int, int]:
    rulings = select(ruling.c.story_id, ruling.c.articles).where(ruling.c.kind == CHOSEN_TEXT)
    rows = db.execute(rulings.where(ruling.c.story_id.in_(stories)).order_by(ruling.c.id)) if stories else ()
    latest = {row.story_id: row.articles for row in rows}
    return {story_id: articles[0] for story_id, articles in latest.items() if articles}


def _with_article(db: Connection, version: PlannedVersion, chosen: int) -> PlannedVersion:
    if not chosen or version.choice.kind is VersionKind.WITHDRAWAL:
        return version
    columns = (article.c.id, article.c.title, article.c.body, article.c.withheld, copy.c.edition)
    query = select(*columns).join(copy, copy.c.article_id == article.c.id).where(copy.c.story_id == version.story)
    rows = {row.id: row for row in db.execute(query.where(article.c.id.in_([chosen, version.choice.article_id])))}
    row, planned = rows.get(chosen), rows.get(version.choice.article_id)
    if row is None or row.withheld or (planned and planned.edition > row.edition):
        return version
    return replace(version, choice=CanonicalChoice(row.id, version.choice.kind, row.title, row.body, REASON))
