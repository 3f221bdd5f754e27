"""Which pages of stored articles the archive still holds."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from pipeline.model import ArchiveRef
from pipeline.store.database import Database
from pipeline.store.schema.tables import article, page


@dataclass(frozen=True, slots=True)
class ArchivedPage:
    """The page that an entry's article was read from: its place in the archive, and the charset its answer named."""

    entry_id: int
    place: ArchiveRef
    charset: str


def archived_pages(store: Database, after: int, limit: int) -> list[ArchivedPage]:
    """Return the archived pages of articles, by the number of their entry, from the one ``after`` on."""
    columns = (article.c.entry_id, page.c.archive_file, page.c.archive_offset, page.c.archive_length, page.c.charset)
    query = select(*columns).join(page, page.c.id == article.c.page_id)
    query = query.where(page.c.archive_file.is_not(None), article.c.entry_id > after)
    with store.reading() as db:
        rows = db.execute(query.order_by(article.c.entry_id).limit(limit)).all()
    return [
        ArchivedPage(row.entry_id, ArchiveRef(row.archive_file, row.archive_offset, row.archive_length), row.charset)
        for row in rows
    ]
