"""Pages fetched again: which are due, how each revisit ended, and the articles that changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select, update

from pipeline.model import EntryState, EntryStatus, Revisit, Validators, Visited
from pipeline.store.claims import claim
from pipeline.store.database import Subject
from pipeline.store.outcomes import count_held_pages, count_revisits
from pipeline.store.pages import insert_pages
from pipeline.store.retry import whole_transaction
from pipeline.store.row_records import article_record, entry_state
from pipeline.store.schema.tables import article, entry, feed, page
from pipeline.store.spans import spans_of
from pipeline.store.statements import in_parts

READ = (EntryStatus.EXTRACTED.value, EntryStatus.CLUSTERED.value)
# A host with more due pages than it may be asked for would lag for ever: pages due for longer are not revisited.
LATEST = timedelta(hours=24)


class Revisits(Subject):
    """Pages to fetch again, and how each revisit ended."""

    def due(self, now: datetime) -> list[tuple[int, str]]:
        """Return entries whose article's page is due (id, address), first those that their feed calls edited.

        Where the article is of the feed's own text, the address is '' (no request); it is due when edited.
        """
        due = and_(entry.c.status.in_(READ), entry.c.revisit_at <= now, entry.c.revisit_at > now - LATEST)
        fetched = _fetched().label("fetched")
        query = select(entry.c.id, entry.c.url, fetched).where(due, or_(_fetched(), _edited()))
        with self._database.reading() as db:
            rows = db.execute(query.order_by(_edited().desc(), entry.c.revisit_at, entry.c.id))
            return [(row.id, row.url if row.fetched else "") for row in rows]

    @whole_transaction
    def claim(self, ids: Sequence[int], now: datetime) -> list[int]:
        """Claim these entries for a run, but those of another run. Return the claimed ids in the given order."""
        with self._database.transaction() as db:
            free = {at for part in in_parts(sorted(ids)) for at in claim(db, entry, _by_id(part), now)}
        return [at for at in ids if at in free]

    def urls_since(self, since: datetime) -> list[str]:
        """Return the addresses revisited after ``since``, one for each entry."""
        with self._database.reading() as db:
            return list(db.scalars(select(entry.c.url).where(entry.c.revisited_at > since)))

    def load(self, ids: Sequence[int]) -> list[Visited]:
        """Return these entries with their articles, and the digest and validators of the pages they were read from."""
        with self._database.reading() as db:
            entries = _entries(db, ids)
            query = select(*article.c, page.c.digest, page.c.etag, page.c.last_modified, page.c.status).join(
                page, page.c.id == article.c.page_id
            )
            rows = [row for part in in_parts(entries)
                    for row in db.execute(query.where(article.c.entry_id.in_(part))).mappings()]  # fmt: skip
            spans, first = spans_of(db, [row["id"] for row in rows]), _first(db, entries)
        return [
            Visited(
                entries[row["entry_id"]],
                first[row["entry_id"]],
                row["digest"],
                Validators(row["etag"], row["last_modified"]),
                article_record(row, spans.get(row["id"], ())),
                row["status"] > 0,
            )
            for row in sorted(rows, key=lambda row: row["entry_id"])
        ]

    @whole_transaction
    def record(self, revisits: Sequence[Revisit]) -> None:
        """Record revisits, with the pages that were fetched: the next requests send these pages' validators."""
        with self._database.transaction() as db:
            pages_by_entry = {revisit.entry_id: revisit.page for revisit in revisits if revisit.page}
            pages = insert_pages(db, pages_by_entry)
            for entry_id, page_id in pages.items():
                validators = pages_by_entry[entry_id].validators
                db.execute(update(article).where(article.c.entry_id == entry_id).values(page_id=page_id))
                fresh = {"etag": validators.etag, "last_modified": validators.last_modified}
                db.execute(update(page).where(page.c.id == page_id).values(fresh))
            for revisit in revisits:
                db.execute(update(entry).where(entry.c.id == revisit.entry_id).values(_revisit_columns(revisit)))
            count_revisits(db, revisits)

    @whole_transaction
    def defer(self, until: Sequence[tuple[int, datetime]], now: datetime) -> None:
        """Postpone revisits whose hosts may not be asked ``now``: (entry id, next revisit); none is counted."""
        with self._database.transaction() as db:
            for entry_id, at in sorted(until):
                db.execute(update(entry).where(entry.c.id == entry_id).values(revisit_at=at, claimed_until=None))
            count_held_pages(db, [entry_id for entry_id, _ in until], now)


def _by_id(ids: Sequence[int]) -> Select[Any]:
    return select(entry.c.id).where(entry.c.id.in_(ids)).order_by(entry.c.id)


def _fetched() -> ColumnElement[bool]:
    """Select whether the entry's article is of a fetched page, not of the feed's text."""
    return select(page.c.id).join(article, article.c.page_id == page.c.id).where(
        article.c.entry_id == entry.c.id, page.c.status > 0
    ).exists()  # fmt: skip


def _edited() -> ColumnElement[bool]:
    """Select whether the feed called the entry edited after its last visit; never NULL, which sorts either way."""
    last_look = func.coalesce(entry.c.revisited_at, entry.c.seen_at)
    return and_(entry.c.edited_at.is_not(None), entry.c.edited_at > last_look)


def _entries(db: Connection, ids: Sequence[int]) -> dict[int, EntryState]:
    columns = (*entry.c, feed.c.country, feed.c.zone, feed.c.licence, feed.c.full_text, feed.c.lang.label("feed_lang"))
    query = select(*columns).join(feed)
    return {
        row["id"]: entry_state(row)
        for part in in_parts(ids)
        for row in db.execute(query.where(entry.c.id.in_(part), entry.c.status.in_(READ))).mappings()
    }


def _first(db: Connection, ids: Mapping[int, EntryState]) -> dict[int, datetime]:
    query = select(page.c.entry_id, func.min(page.c.fetched_at).label("first")).group_by(page.c.entry_id)
    return {
        row.entry_id: row.first for part in in_parts(ids) for row in db.execute(query.where(page.c.entry_id.in_(part)))
    }


def _revisit_columns(revisit: Revisit) -> dict[str, Any]:
    return {
        "revisit_at": revisit.next_visit,
        "revisits": entry.c.revisits + 1,
        "revisited_at": revisit.at,
        "revisit_outcome": revisit.outcome,
        "claimed_until": None,
    }
