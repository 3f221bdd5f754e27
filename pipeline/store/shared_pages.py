"""Pages that redirects of several entries end at: looked up for those that wait, and set aside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping, delete, select, update

from pipeline.model import EntryStatus, PageKind, RedirectedEntry, SharedPage
from pipeline.store.database import Database, Subject
from pipeline.store.lease import Lease
from pipeline.store.schema.tables import article, entry, page, waiting
from pipeline.store.statements import in_parts

# Entries that are looked at for one page, the latest: a wall that stands for years gathers thousands.
MOST_ENTRIES = 500
_ENDS = select(article.c.outlet, page.c.final_key).join_from(article, page, page.c.id == article.c.page_id).distinct()
_LEADING = (
    select(entry.c.id, entry.c.url, entry.c.title, page.c.final_url, article.c.id.label("article_id"))
    .join_from(page, entry, entry.c.id == page.c.entry_id)
    .outerjoin(article, article.c.entry_id == entry.c.id)
    .order_by(page.c.id.desc())
    .limit(MOST_ENTRIES)
)


class SharedPages(Subject):
    """Pages that entries of one outlet end at, each by a redirect from an address of its own."""

    def __init__(self, database: Database, lease: Lease) -> None:
        super().__init__(database)
        self._lease = lease

    def of_articles(self, article_ids: Sequence[int], since: datetime) -> list[SharedPage]:
        """Return the pages that the redirects of these articles ended at, with all entries of the same outlet that
        ended there, fetched at or after ``since``."""
        redirected = _ENDS.where(page.c.final_key.is_not(None), article.c.kind == PageKind.ARTICLE.value)
        with self._database.reading() as db:
            rows = (db.execute(redirected.where(article.c.id.in_(part))) for part in in_parts(article_ids))
            ends = sorted({(row.outlet, row.final_key) for part in rows for row in part})
            return [_shared_page(db, outlet, key, since) for outlet, key in ends]

    def set_aside(self, article_ids: Sequence[int], reason: str) -> list[int]:
        """Set those of these articles aside that wait for a place, and return their ids; the others keep their places,
        with ``reason`` as their doubt. Needs the lease."""
        doubted = article.c.id.in_(article_ids), article.c.kind == PageKind.ARTICLE.value
        with self._database.transaction() as db:
            self._lease.require(db)
            db.execute(update(article).where(*doubted).values(doubt=reason))
            removal = delete(waiting).where(waiting.c.article_id.in_(select(article.c.id).where(*doubted)))
            ids = sorted(db.scalars(removal.returning(waiting.c.article_id)))
            _set_aside(db, ids, reason)
            return ids


def _shared_page(db: Connection, outlet: str, key: str, since: datetime) -> SharedPage:
    at_page = (page.c.final_key == key, entry.c.outlet == outlet, page.c.fetched_at >= since)
    rows = db.execute(_LEADING.where(*at_page)).mappings().all()
    entries = {row["id"]: _redirected_entry(row) for row in rows}
    return SharedPage(outlet, rows[0]["final_url"] if rows else "", tuple(entries.values()))


def _redirected_entry(row: RowMapping) -> RedirectedEntry:
    return RedirectedEntry(row["id"], row["url"], row["title"], row["article_id"])


def _set_aside(db: Connection, article_ids: Sequence[int], reason: str) -> None:
    """Mark these articles as none, and their entries; what is no article is not visited again."""
    kind = PageKind.PLACEHOLDER.value
    entries = select(article.c.entry_id).where(article.c.id.in_(article_ids))
    state = {"status": EntryStatus.SET_ASIDE.value, "outcome": kind, "detail": reason, "revisit_at": None}
    db.execute(update(entry).where(entry.c.id.in_(entries)).values(state))
    db.execute(update(article).where(article.c.id.in_(article_ids)).values(kind=kind))
