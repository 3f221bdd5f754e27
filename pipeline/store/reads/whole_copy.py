"""A copy's article with all that was taken off its page, and where it stands."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from pipeline.errors import NotStored
from pipeline.model import WholeCopy
from pipeline.store.database import Database
from pipeline.store.row_records import article_record
from pipeline.store.schema.tables import article, copy, entry, page, story
from pipeline.store.spans import spans_of

_COPY_ROWS: Any = (
    select(article, copy.c.story_id, copy.c.reason, copy.c.relation, page.c.fetched_at, page.c.final_url)
    .add_columns(story.c.title.label("story_title"), entry.c.feed_id)
    .join(entry, entry.c.id == article.c.entry_id)
    .outerjoin(copy, copy.c.article_id == article.c.id)
    .outerjoin(story, story.c.id == copy.c.story_id)
    .outerjoin(page, page.c.id == article.c.page_id)
)


def whole_copy(store: Database, article_id: int) -> WholeCopy:
    """Return an article, also one that has no place yet. Raises NotStored."""
    with store.reading() as db:
        row = db.execute(_COPY_ROWS.where(article.c.id == article_id)).mappings().first()
        if row is None:
            todo = "see copydesk story ID --json for the articles of a story"
            raise NotStored("no such article", concerns=f"article {article_id}", todo=todo)
        record = article_record(row, spans_of(db, [article_id]).get(article_id, ()))
    return WholeCopy(record, row["feed_id"], row["story_id"], row["story_title"] or "", row["fetched_at"])
