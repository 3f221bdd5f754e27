"""Writes of entries, pages and articles."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, func, or_, select, update

from pipeline.model import EntryState, EntryStatus, Failure, PageRecord
from pipeline.store.database import Subject
from pipeline.store.outcomes import count_held_pages, count_pages
from pipeline.store.pages import insert_pages
from pipeline.store.row_records import entry_state
from pipeline.store.schema.tables import entry, feed, page

WAITING = (EntryStatus.NEW.value, EntryStatus.RETRY.value)


class Entries(Subject):
    """What becomes of each entry until it has its article."""

    def due(self, now: datetime, limit: int | None = None) -> list[int]:
        """Ids of entries that wait for an article and whose time has come."""
        due = and_(entry.c.status.in_(WAITING), entry.c.next_try <= now)
        with self._database.reading() as db:
            return list(db.scalars(select(entry.c.id).where(due).order_by(entry.c.next_try, entry.c.id).limit(limit)))

    def load(self, ids: Sequence[int]) -> list[EntryState]:
        """These entries, as far as they still wait, by id."""
        if not ids:
            return []
        columns = (
            *entry.c,
            feed.c.country,
            feed.c.zone,
            feed.c.licence,
            feed.c.full_text,
            feed.c.lang.label("feed_lang"),
        )
        query = select(*columns).join(feed).where(entry.c.id.in_(ids), entry.c.status.in_(WAITING)).order_by(entry.c.id)
        with self._database.reading() as db:
            return [entry_state(row) for row in db.execute(query).mappings()]

    def record_failure(self, entry_id: int, failure: Failure, fetched: PageRecord | None, now: datetime) -> None:
        """Why there is no article, with the page if one came, and when to try again."""
        with self._database.transaction() as db:
            known = db.execute(select(entry.c.status, entry.c.url).where(entry.c.id == entry_id)).first()
            if known is None or known.status not in WAITING:
                return
            if fetched:
                insert_pages(db, {entry_id: fetched})
            status = EntryStatus.RETRY if failure.retry_at else EntryStatus.FAILED
            _set_entry(db, entry_id, status, failure.outcome, failure.detail, failure.retry_at or now)
            if fetched is None or fetched.status:
                count_pages(db, [(known.url, failure.outcome, now)])

    def defer(self, until: Sequence[tuple[int, datetime, datetime]]) -> list[None]:
        """Entries whose hosts were not to be asked at a time: no attempt, but a later time for it (id, later, now)."""
        with self._database.transaction() as db:
            for entry_id, at, _ in until:
                waits = and_(entry.c.id == entry_id, entry.c.status.in_(WAITING))
                db.execute(update(entry).where(waits).values(next_try=at))
            count_held_pages(db, [entry_id for entry_id, _, _ in until], until[0][2])
        return [None] * len(until)

    def edited(self, limit: int | None = None) -> list[int]:
        """Ids of entries that their feed says were edited after their page was fetched, the latest edit first."""
        fetched = select(func.max(page.c.fetched_at)).where(page.c.entry_id == entry.c.id).scalar_subquery()
        unseen = or_(entry.c.revisited_at.is_(None), entry.c.edited_at > entry.c.revisited_at)
        query = select(entry.c.id).where(entry.c.edited_at > fetched, unseen)
        query = query.order_by(entry.c.edited_at.desc(), entry.c.id)
        with self._database.reading() as db:
            return list(db.scalars(query.limit(limit)))


def _set_entry(
    db: Connection, entry_id: int, status: EntryStatus, outcome: str, detail: str, next_try: datetime
) -> None:
    columns = {"status": status.value, "outcome": outcome, "detail": detail[:2000], "next_try": next_try}
    tried = {**columns, "attempts": entry.c.attempts + 1}
    db.execute(update(entry).where(entry.c.id == entry_id).values(tried))
