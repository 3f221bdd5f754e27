"""Writes of entries, pages and articles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, delete, select, update

from pipeline.errors import NotStored
from pipeline.model import Article, EntryState, EntryStatus, Failure, Moment, PageRecord, Precision
from pipeline.store.base import Base, insert_all
from pipeline.store.rows import article_columns, entry_state, moment, span_columns
from pipeline.store.tables import article, entry, feed, page, poll, span

WAITING = (EntryStatus.NEW.value, EntryStatus.RETRY.value)


@dataclass(frozen=True, slots=True)
class Pruned:
    """What retention dropped: rows of polls and archive places, and archive files nobody refers to now."""

    polls: int
    pages: int
    files: tuple[str, ...]


class EntryWrites(Base):
    """What becomes of each entry."""

    def due_entries(self, now: datetime, limit: int | None = None) -> list[int]:
        """Ids of entries that wait for an article and whose time has come."""
        due = and_(entry.c.status.in_(WAITING), entry.c.next_try <= now)
        with self.reading() as db:
            return list(db.scalars(select(entry.c.id).where(due).order_by(entry.c.next_try, entry.c.id).limit(limit)))

    def entries(self, ids: Sequence[int]) -> list[EntryState]:
        """These entries, as far as they still wait, by id."""
        columns = (*entry.c, feed.c.country, feed.c.full_text, feed.c.lang.label("feed_lang"))
        query = select(*columns).join(feed).where(entry.c.id.in_(ids), entry.c.status.in_(WAITING)).order_by(entry.c.id)
        with self.reading() as db:
            return [entry_state(row) for row in db.execute(query).mappings()]

    def record_article(self, entry_id: int, fetched: PageRecord, found: Article, now: datetime) -> int:
        """Page, article and spans of an entry, together; an entry that has its article keeps it."""
        with self.transaction() as db:
            stored = db.scalar(select(article.c.id).where(article.c.entry_id == entry_id))
            if stored is not None:
                return int(stored)
            source = _source(db, entry_id)
            columns = {
                **article_columns(found),
                "entry_id": entry_id,
                "page_id": _insert_page(db, entry_id, fetched),
                "outlet": source["outlet"],
                "preferred": source["preferred"],
                "seen_at": seen_at(found.published, moment(source, "published"), now),
            }
            article_id = int(db.execute(article.insert().returning(article.c.id), columns).scalar_one())
            insert_all(db, span, [span_columns(article_id, taken) for taken in found.spans])
            _set_entry(db, entry_id, EntryStatus.EXTRACTED, "ok", "", now)
            return article_id

    def record_failure(self, entry_id: int, failure: Failure, fetched: PageRecord | None, now: datetime) -> None:
        """Why there is no article, with the page if one came, and when to try again."""
        with self.transaction() as db:
            status = db.scalar(select(entry.c.status).where(entry.c.id == entry_id))
            if status not in WAITING:
                return
            if fetched:
                _insert_page(db, entry_id, fetched)
            status = EntryStatus.RETRY if failure.retry_at else EntryStatus.FAILED
            _set_entry(db, entry_id, status, failure.outcome, failure.detail, failure.retry_at or now)

    def prune(self, now: datetime, polls_before: datetime, pages_before: datetime) -> Pruned:
        """Drop old polls (the last of each feed stays on the feed) and old pages' places in the archive."""
        with self.transaction() as db:
            polls = db.execute(delete(poll).where(poll.c.polled_at < polls_before)).rowcount
            old = and_(page.c.fetched_at < pages_before, page.c.archive_file.is_not(None))
            files = set(db.scalars(select(page.c.archive_file).where(old).distinct()))
            forget = {"archive_file": None, "archive_offset": None, "archive_length": None}
            pages = db.execute(update(page).where(old).values(forget)).rowcount
            needed = set(db.scalars(select(page.c.archive_file).where(page.c.archive_file.in_(files)).distinct()))
            return Pruned(polls, pages, tuple(sorted(files - needed)))


def seen_at(found: Moment | None, listed: Moment | None, now: datetime) -> datetime:
    """When an article came out, as well as it is known, and never later than ``now``.

    A time of day beats a bare day; of a bare day, its end counts, since the article came at some time in it.
    """
    for at in (found, listed):
        if at and at.precision is not Precision.DAY:
            return min(at.value, now)
    day = found or listed
    return min(day.value + timedelta(days=1), now) if day else now


def _source(db: Connection, entry_id: int) -> Any:
    query = (
        select(
            entry.c.outlet, feed.c.preferred, entry.c.published, entry.c.published_precision, entry.c.published_basis
        )
        .join(feed)
        .where(entry.c.id == entry_id)
    )
    row = db.execute(query).mappings().first()
    if row is None:
        raise NotStored("no such entry", concerns=f"entry {entry_id}")
    return row


def _insert_page(db: Connection, entry_id: int, fetched: PageRecord) -> int:
    place = fetched.archive
    same = and_(page.c.entry_id == entry_id, page.c.digest == fetched.digest)
    known = db.scalar(select(page.c.id).where(same).limit(1))
    if known is not None:
        return int(known)
    columns = {
        "entry_id": entry_id,
        "url": fetched.url,
        "final_url": fetched.final_url,
        "fetched_at": fetched.fetched_at,
        "status": fetched.status,
        "media_type": fetched.media_type,
        "charset": fetched.charset,
        "digest": fetched.digest,
        "bytes": fetched.bytes,
        "archive_file": place.file if place else None,
        "archive_offset": place.offset if place else None,
        "archive_length": place.length if place else None,
    }
    return int(db.execute(page.insert().returning(page.c.id), columns).scalar_one())


def _set_entry(
    db: Connection, entry_id: int, status: EntryStatus, outcome: str, detail: str, next_try: datetime
) -> None:
    columns = {"status": status.value, "outcome": outcome, "detail": detail[:2000], "next_try": next_try}
    tried = {**columns, "attempts": entry.c.attempts + 1}
    db.execute(update(entry).where(entry.c.id == entry_id).values(tried))
