"""What became of an agency's stories: a row for each copy, read in one view, a story's text and a copy's at a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, RowMapping, func, or_, select, tuple_

from pipeline.match.pickup import compare_wording, credit_state, is_headline_changed, minutes_after
from pipeline.model import Pickup, Precision, Relation, StoryStatus
from pipeline.store.change_log import IN_FORCE, story_status
from pipeline.store.database import Database
from pipeline.store.row_records import claims, moment
from pipeline.store.schema.tables import article, copy, story, version

# Stories, and copies of a story, that are read at once.
STORIES, COPIES = 50, 50
_NEWEST = (story.c.first_seen, story.c.id)
_STORIES = (
    select(story.c.id, story.c.title, story.c.agency, story.c.first_seen, story.c.withdrawn, story.c.merged_into)
    .add_columns(story.c.removed_at, version.c.title.label("headline"), version.c.body)
    .add_columns(version.c.removed_at.label("text_removed_at"))
    .outerjoin(version, IN_FORCE)
    .where(story.c.merged_into.is_(None))
    .order_by(*(column.desc() for column in _NEWEST))
    .limit(STORIES)
)
_COPIES = (
    select(copy.c.article_id, copy.c.seen_at, copy.c.relation, article.c.outlet, article.c.url, article.c.title)
    .add_columns(article.c.body, article.c.agency, article.c.feed_agency, article.c.claims)
    .add_columns(article.c.published, article.c.published_precision, article.c.published_basis)
    .join_from(copy, article, article.c.id == copy.c.article_id)
    .order_by(copy.c.seen_at, copy.c.article_id)
    .limit(COPIES)
)


def pickups(
    store: Database, agency: str, since: datetime | None = None, until: datetime | None = None
) -> Iterator[Pickup]:
    """Yield the copies of an agency's stories, first seen at or after ``since`` and before ``until``: the newest story
    first, its copies in time order. The agency's id is as stories have it; of a story of several it is one of them."""
    with store.reading() as db:
        for head in _stories(db, _conditions(agency, since, until)):
            if agency in head.agency.split("+"):
                yield from _story_pickups(db, head, agency)


def _conditions(agency: str, since: datetime | None, until: datetime | None) -> list[ColumnElement[bool]]:
    name = story.c.agency
    is_one_of_several = name.contains("+") & name.contains(agency, autoescape=True)
    conditions: list[ColumnElement[bool]] = [or_(name == agency, is_one_of_several)]
    conditions += [story.c.first_seen >= since] if since else []
    return conditions + ([story.c.first_seen < until] if until else [])


def _stories(db: Connection, conditions: list[ColumnElement[bool]]) -> Iterator[Row[Any]]:
    query = _STORIES.where(*conditions)
    while rows := db.execute(query).all():
        yield from rows
        query = _STORIES.where(*conditions, tuple_(*_NEWEST) < tuple_(rows[-1].first_seen, rows[-1].id))


def _story_pickups(db: Connection, head: Row[Any], agency: str) -> Iterator[Pickup]:
    first = db.scalar(
        select(func.min(article.c.published_utc))
        .join(copy, copy.c.article_id == article.c.id)
        .where(copy.c.story_id == head.id, article.c.published_precision != Precision.DAY.value)
    )
    for row in _copies(db, head.id):
        yield _pickup(head, row, agency, first)


def _copies(db: Connection, story_id: int) -> Iterator[RowMapping]:
    order, query = tuple_(copy.c.seen_at, copy.c.article_id), _COPIES.where(copy.c.story_id == story_id)
    page = query
    while rows := db.execute(page).mappings().all():
        yield from rows
        page = query.where(order > tuple_(rows[-1]["seen_at"], rows[-1]["article_id"]))


def _pickup(head: Row[Any], row: RowMapping, agency: str, first: datetime | None) -> Pickup:
    status = story_status(head)
    has_text = bool(head.body) and not head.text_removed_at and status is not StoryStatus.REMOVED
    wording = compare_wording(head.body, row["body"]) if has_text else None
    is_own_page = agency in (row["feed_agency"], row["outlet"])
    published = moment(row, "published")
    return Pickup(
        story_id=head.id,
        story_title=head.title,
        status=status,
        article_id=row["article_id"],
        outlet=row["outlet"],
        url=row["url"],
        published=published,
        minutes=minutes_after(first, published),
        relation=Relation(row["relation"]),
        headline_changed=is_headline_changed(head.headline, row["title"]) if has_text else None,
        share_kept=wording.share_kept if wording else None,
        words_added=wording.added if wording else None,
        credit=credit_state(agency, is_own_page, row["agency"], claims(row["claims"])),
        agency=row["agency"],
    )
