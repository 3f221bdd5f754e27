"""Pages looked at again: which are due, what came of it, and articles that say something else now."""

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
# A host with more pages than its share an hour would be behind for ever: what waited so long is not looked at.
LATEST = timedelta(hours=24)


class Revisits(Subject):
    """Which pages are looked at again, and what came of it."""

    def due(self, now: datetime) -> list[tuple[int, str]]:
        """Entries with an article whose page is due (id, address): those that their feed calls edited first.

        Where the feed's text is the page, nobody is asked: the address is ''. It is due when it was edited.
        """
        due = and_(entry.c.status.in_(READ), entry.c.revisit_at <= now, entry.c.revisit_at > now - LATEST)
        fetched = _fetched().label("fetched")
        query = select(entry.c.id, entry.c.url, fetched).where(due, or_(_fetched(), _edited()))
        with self._database.reading() as db:
            rows = db.execute(query.order_by(_edited().desc(), entry.c.revisit_at, entry.c.id))
            return [(row.id, row.url if row.fetched else "") for row in rows]

    @whole_transaction
    def claim(self, ids: Sequence[int], now: datetime) -> list[int]:
        """Claim these entries for a run, those left out that another run looks at; their ids in the order given."""
        with self._database.transaction() as db:
            free = {at for part in in_parts(sorted(ids)) for at in claim(db, entry, _by_id(part), now)}
        return [at for at in ids if at in free]

    def urls_since(self, since: datetime) -> list[str]:
        """The addresses looked at again after ``since``, one for each entry."""
        with self._database.reading() as db:
            return list(db.scalars(select(entry.c.url).where(entry.c.revisited_at > since)))

    def load(self, ids: Sequence[int]) -> list[Visited]:
        """These entries with their articles, and what their pages were when they were read."""
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
    def record(self, done: Sequence[Revisit]) -> None:
        """What came of these looks, with the pages that came: their validators are the ones to ask with next."""
        with self._database.transaction() as db:
            came = {one.entry_id: one.page for one in done if one.page}
            pages = insert_pages(db, came)
            for entry_id, page_id in pages.items():
                told = came[entry_id].validators
                db.execute(update(article).where(article.c.entry_id == entry_id).values(page_id=page_id))
                fresh = {"etag": told.etag, "last_modified": told.last_modified}
                db.execute(update(page).where(page.c.id == page_id).values(fresh))
            for one in done:
                db.execute(update(entry).where(entry.c.id == one.entry_id).values(_looked(one)))
                if one.signals is not None:
                    mine = article.c.entry_id == one.entry_id
                    db.execute(update(article).where(mine).values(signals=list(one.signals)))
            count_revisits(db, done)

    @whole_transaction
    def defer(self, until: Sequence[tuple[int, datetime]], now: datetime) -> None:
        """Entries whose hosts were not to be asked ``now``: no look, but a later time for it."""
        with self._database.transaction() as db:
            for entry_id, at in sorted(until):
                db.execute(update(entry).where(entry.c.id == entry_id).values(revisit_at=at, claimed_until=None))
            count_held_pages(db, [entry_id for entry_id, _ in until], now)


def _by_id(ids: Sequence[int]) -> Select[Any]:
    return select(entry.c.id).where(entry.c.id.in_(ids)).order_by(entry.c.id)


def _fetched() -> ColumnElement[bool]:
    """Its article is of a page, not of the text in the feed."""
    return select(page.c.id).join(article, article.c.page_id == page.c.id).where(
        article.c.entry_id == entry.c.id, page.c.status > 0
    ).exists()  # fmt: skip


def _edited() -> ColumnElement[bool]:
    """Whether its feed called it edited after its page was looked at last; never NULL, which sorts either way."""
    seen = func.coalesce(entry.c.revisited_at, entry.c.seen_at)
    return and_(entry.c.edited_at.is_not(None), entry.c.edited_at > seen)


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


def _looked(one: Revisit) -> dict[str, Any]:
    return {
        "revisit_at": one.again,
        "revisits": entry.c.revisits + 1,
        "revisited_at": one.at,
        "revisit_outcome": one.outcome,
        "claimed_until": None,
    }
