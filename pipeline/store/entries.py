"""Writes of entries, pages and articles."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, or_, select, update

from pipeline.model import EntryState, EntryStatus, Failure, FlowStage, PageRecord
from pipeline.store.claims import CLOCKS_DIFFER, claim, extend_claims, set_claims
from pipeline.store.database import Subject
from pipeline.store.flow import count_flow
from pipeline.store.outcomes import count_held_pages, count_pages
from pipeline.store.pages import insert_pages
from pipeline.store.retry import whole_transaction
from pipeline.store.row_records import entry_state
from pipeline.store.schema.tables import entry, feed

WAITING = (EntryStatus.NEW.value, EntryStatus.RETRY.value)


class Entries(Subject):
    """Entries until they have their article: claims, attempts, failures."""

    def due(self, now: datetime, limit: int | None = None) -> list[int]:
        """Return the ids of entries that wait for an article and are due."""
        with self._database.reading() as db:
            return list(db.scalars(_due(now, limit)))

    @whole_transaction
    def claim_due(self, now: datetime, limit: int | None = None) -> list[int]:
        """Return the due entries, claimed for a run: no other gets them until they are recorded or claims expire."""
        with self._database.transaction() as db:
            return claim(db, entry, _due(now, limit), now)

    @whole_transaction
    def extend_claims(self, ids: Sequence[int], now: datetime) -> None:
        """Extend the claims of entries that a run has not recorded yet."""
        with self._database.transaction() as db:
            extend_claims(db, entry, ids, now)

    @whole_transaction
    def release(self, ids: Sequence[int]) -> None:
        """Release entries that a run claimed and did not fetch."""
        with self._database.transaction() as db:
            set_claims(db, entry, ids, None)

    def load(self, ids: Sequence[int]) -> list[EntryState]:
        """Return those of these entries that still wait for an article, by id."""
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

    @whole_transaction
    def record_failure(self, entry_id: int, failure: Failure, fetched: PageRecord | None, now: datetime) -> None:
        """Record why an entry has no article, its page if one was fetched, and when to try again."""
        with self._database.transaction() as db:
            mine = select(entry.c.status, entry.c.url).where(entry.c.id == entry_id).with_for_update()
            row = db.execute(mine).first()
            if row is None or row.status not in WAITING:
                return
            if fetched:
                insert_pages(db, {entry_id: fetched})
            status = EntryStatus.RETRY if failure.retry_at else EntryStatus.FAILED
            _set_entry(db, entry_id, status, failure.outcome, failure.detail, failure.retry_at or now)
            if fetched is None or fetched.status:
                count_pages(db, [(row.url, failure.outcome, now)])
            if status is EntryStatus.FAILED:
                count_flow(db, now, {(FlowStage.PAGE, failure.outcome): 1})

    @whole_transaction
    def try_again(self, entry_id: int, now: datetime) -> bool:
        """Let the next run fetch an entry that brought no article. Return whether it is one."""
        failed = and_(entry.c.id == entry_id, entry.c.status.in_(("failed", "retry")))
        with self._database.transaction() as db:
            retry = {"status": EntryStatus.RETRY.value, "next_try": now, "claimed_until": None}
            return bool(db.execute(update(entry).where(failed).values(retry)).rowcount)

    @whole_transaction
    def defer(self, until: Sequence[tuple[int, datetime, datetime]]) -> list[None]:
        """Postpone entries whose hosts may not be asked now: (id, next try, now); no attempt is counted."""
        with self._database.transaction() as db:
            for entry_id, at, _ in sorted(until):
                waits = and_(entry.c.id == entry_id, entry.c.status.in_(WAITING))
                db.execute(update(entry).where(waits).values(next_try=at, claimed_until=None))
            count_held_pages(db, [entry_id for entry_id, _, _ in until], until[0][2])
        return [None] * len(until)


def _due(now: datetime, limit: int | None) -> Select[tuple[int]]:
    """Select due entries; one seen later than now was written by a clock since set back, and is due."""
    due = or_(entry.c.next_try <= now, entry.c.seen_at > now + CLOCKS_DIFFER)
    waits = and_(entry.c.status.in_(WAITING), due)
    return select(entry.c.id).where(waits).order_by(entry.c.next_try, entry.c.id).limit(limit)


def _set_entry(
    db: Connection, entry_id: int, status: EntryStatus, outcome: str, detail: str, next_try: datetime
) -> None:
    columns: dict[str, Any] = {
        "status": status.value,
        "outcome": outcome,
        "detail": detail[:2000],
        "next_try": next_try,
    }
    columns["claimed_until"] = None
    tried = {**columns, "attempts": entry.c.attempts + 1}
    db.execute(update(entry).where(entry.c.id == entry_id).values(tried))
