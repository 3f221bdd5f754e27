"""Writes of entries, pages and articles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, bindparam, delete, select, update

from pipeline.errors import NotStored
from pipeline.model import Article, EntryState, EntryStatus, Failure, Moment, Outcome, PageKind, PageRecord, Precision
from pipeline.store.base import Base, insert_all, insert_numbered
from pipeline.store.outcomes import count_held_pages, count_pages
from pipeline.store.rows import article_columns, entry_state, moment, span_columns
from pipeline.store.schema.tables import article, entry, feed, page, poll, span, waiting

WAITING = (EntryStatus.NEW.value, EntryStatus.RETRY.value)
# What is no article has no place in a story, and waits for none; a live blog is looked at for what it quotes.
TO_PLACE = (PageKind.ARTICLE.value, PageKind.LIVE_BLOG.value)


@dataclass(frozen=True, slots=True)
class Pruned:
    """What retention dropped: rows of polls and archive places, and archive files nobody refers to now."""

    polls: int
    pages: int
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Extracted:
    """The article of an entry's page, ready to be stored."""

    entry_id: int
    page: PageRecord
    article: Article
    at: datetime
    revisit_at: datetime | None = None


class EntryWrites(Base):
    """What becomes of each entry."""

    def due_entries(self, now: datetime, limit: int | None = None) -> list[int]:
        """Ids of entries that wait for an article and whose time has come."""
        due = and_(entry.c.status.in_(WAITING), entry.c.next_try <= now)
        with self.reading() as db:
            return list(db.scalars(select(entry.c.id).where(due).order_by(entry.c.next_try, entry.c.id).limit(limit)))

    def entries(self, ids: Sequence[int]) -> list[EntryState]:
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
        with self.reading() as db:
            return [entry_state(row) for row in db.execute(query).mappings()]

    def record_article(self, entry_id: int, fetched: PageRecord, found: Article, now: datetime) -> int:
        """Page, article and spans of an entry, together; an entry that has its article keeps it."""
        return self.record_articles([Extracted(entry_id, fetched, found, now)])[0]

    def record_articles(self, extracted: Sequence[Extracted]) -> list[int]:
        """The articles' ids. One transaction, since each costs a wait for the disk."""
        wanted = {one.entry_id: one for one in extracted}
        with self.transaction() as db:
            stored = _articles_of(db, list(wanted))
            fresh = [one for entry_id, one in wanted.items() if entry_id not in stored]
            sources = _sources(db, [one.entry_id for one in fresh])
            pages = insert_pages(db, {one.entry_id: one.page for one in fresh})
            rows = [_article_row(one, pages[one.entry_id], sources[one.entry_id]) for one in fresh]
            ids = insert_numbered(db, article.c.id, rows)
            insert_all(db, waiting, _to_place(ids, rows))
            insert_all(db, span, [span_columns(at, taken) for at, one in zip(ids, fresh, strict=True)
                                  for taken in one.article.spans])  # fmt: skip
            _set_extracted(db, fresh)
            count_pages(db, [(one.page.url, Outcome.OK.value, one.at) for one in fresh if one.page.status])
        stored |= {one.entry_id: at for at, one in zip(ids, fresh, strict=True)}
        return [stored[one.entry_id] for one in extracted]

    def record_failure(self, entry_id: int, failure: Failure, fetched: PageRecord | None, now: datetime) -> None:
        """Why there is no article, with the page if one came, and when to try again."""
        with self.transaction() as db:
            known = db.execute(select(entry.c.status, entry.c.url).where(entry.c.id == entry_id)).first()
            if known is None or known.status not in WAITING:
                return
            if fetched:
                insert_pages(db, {entry_id: fetched})
            status = EntryStatus.RETRY if failure.retry_at else EntryStatus.FAILED
            _set_entry(db, entry_id, status, failure.outcome, failure.detail, failure.retry_at or now)
            if fetched is None or fetched.status:
                count_pages(db, [(known.url, failure.outcome, now)])

    def defer_entries(self, until: Sequence[tuple[int, datetime, datetime]]) -> list[None]:
        """Entries whose hosts were not to be asked at a time: no attempt, but a later time for it (id, later, now)."""
        with self.transaction() as db:
            for entry_id, at, _ in until:
                waits = and_(entry.c.id == entry_id, entry.c.status.in_(WAITING))
                db.execute(update(entry).where(waits).values(next_try=at))
            count_held_pages(db, [entry_id for entry_id, _, _ in until], until[0][2])
        return [None] * len(until)

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


def _articles_of(db: Connection, entry_ids: Sequence[int]) -> dict[int, int]:
    rows = db.execute(select(article.c.entry_id, article.c.id).where(article.c.entry_id.in_(entry_ids)))
    return {row.entry_id: row.id for row in rows}


def _sources(db: Connection, entry_ids: Sequence[int]) -> dict[int, RowMapping]:
    """What the entries and their feeds tell of their articles. Raises NotStored where one is missing."""
    told = (entry.c.published, entry.c.published_precision, entry.c.published_basis)
    columns = (entry.c.id, entry.c.outlet, feed.c.preferred, feed.c.agency)
    query = select(*columns, *told).join(feed).where(entry.c.id.in_(entry_ids))
    found = {row["id"]: row for row in db.execute(query).mappings()}
    if missing := sorted(set(entry_ids) - set(found)):
        raise NotStored("no such entry", concerns=f"entry {missing[0]}")
    return found


def _article_row(one: Extracted, page_id: int, source: RowMapping) -> dict[str, Any]:
    return {
        **article_columns(one.article),
        "entry_id": one.entry_id,
        "page_id": page_id,
        "outlet": source["outlet"],
        "preferred": source["preferred"],
        "feed_agency": source["agency"],
        "seen_at": seen_at(one.article.published, moment(source, "published"), one.at),
    }


def _to_place(ids: Sequence[int], rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    numbered = zip(ids, rows, strict=True)
    return [{"article_id": at, "seen_at": row["seen_at"]} for at, row in numbered if row["kind"] in TO_PLACE]


def insert_pages(db: Connection, fetched: Mapping[int, PageRecord]) -> dict[int, int]:
    """Entry -> the id of its page; the same bytes are stored once."""
    told = select(page.c.entry_id, page.c.digest, page.c.id).where(page.c.entry_id.in_(list(fetched)))
    known = {(row.entry_id, row.digest): row.id for row in db.execute(told)}
    stored = {entry_id: known.get((entry_id, one.digest)) for entry_id, one in fetched.items()}
    fresh = [entry_id for entry_id, at in stored.items() if at is None]
    rows = [_page_columns(entry_id, fetched[entry_id]) for entry_id in fresh]
    made = insert_numbered(db, page.c.id, rows)
    return {entry_id: at for entry_id, at in stored.items() if at} | dict(zip(fresh, made, strict=True))


def _page_columns(entry_id: int, fetched: PageRecord) -> dict[str, Any]:
    place = fetched.archive
    return {
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
        "etag": fetched.validators.etag,
        "last_modified": fetched.validators.last_modified,
    }


def _set_extracted(db: Connection, extracted: Sequence[Extracted]) -> None:
    rows = [
        {"of": one.entry_id, "at": one.at, "now": _status(one).value, "why": _outcome(one), "again": one.revisit_at}
        for one in extracted
    ]
    told: dict[str, Any] = {"status": bindparam("now"), "outcome": bindparam("why"), "next_try": bindparam("at")}
    told |= {"revisit_at": bindparam("again")}
    statement = update(entry).where(entry.c.id == bindparam("of"))
    statement = statement.values(**told, detail="", attempts=entry.c.attempts + 1)
    if rows:
        db.execute(statement, rows)
    # What the feed says of a text that is not kept goes with it.
    if withheld := [one.entry_id for one in extracted if one.article.withheld]:
        db.execute(update(entry).where(entry.c.id.in_(withheld)).values(content="", summary=""))


def _status(one: Extracted) -> EntryStatus:
    return EntryStatus.EXTRACTED if one.article.kind is PageKind.ARTICLE else EntryStatus.SET_ASIDE


def _outcome(one: Extracted) -> str:
    return "ok" if one.article.kind is PageKind.ARTICLE else one.article.kind.value


def _set_entry(
    db: Connection, entry_id: int, status: EntryStatus, outcome: str, detail: str, next_try: datetime
) -> None:
    columns = {"status": status.value, "outcome": outcome, "detail": detail[:2000], "next_try": next_try}
    tried = {**columns, "attempts": entry.c.attempts + 1}
    db.execute(update(entry).where(entry.c.id == entry_id).values(tried))
