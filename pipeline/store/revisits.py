"""Pages looked at again: which are due, what came of it, and articles that say something else now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, func, or_, select, update

from pipeline.model import Article, EntryState, EntryStatus, Fingerprint, Revisit, Validators, Visited
from pipeline.store.base import Base, in_parts, insert_all
from pipeline.store.entries import insert_pages
from pipeline.store.keys import insert_keys
from pipeline.store.outcomes import count_held_pages, count_revisits
from pipeline.store.rows import article_columns, article_record, entry_state, span_columns
from pipeline.store.schema.tables import article, copy, entry, feed, page, span, version
from pipeline.store.templates import spans_of

READ = (EntryStatus.EXTRACTED.value, EntryStatus.CLUSTERED.value)
# A host with more pages than its share an hour would be behind for ever: what waited so long is not looked at.
LATEST = timedelta(hours=24)


class RevisitWrites(Base):
    """What becomes of pages that are looked at again."""

    def due_revisits(self, now: datetime) -> list[tuple[int, str]]:
        """Entries with an article whose page is due (id, address): those that their feed calls edited first.

        Where the feed's text is the page, nobody is asked: the address is ''. It is due when it was edited.
        """
        due = and_(entry.c.status.in_(READ), entry.c.revisit_at <= now, entry.c.revisit_at > now - LATEST)
        fetched = _fetched().label("fetched")
        query = select(entry.c.id, entry.c.url, fetched).where(due, or_(_fetched(), _edited()))
        with self.reading() as db:
            rows = db.execute(query.order_by(_edited().desc(), entry.c.revisit_at, entry.c.id))
            return [(row.id, row.url if row.fetched else "") for row in rows]

    def revisited_since(self, since: datetime) -> list[str]:
        """The addresses looked at again after ``since``, one for each entry."""
        with self.reading() as db:
            return list(db.scalars(select(entry.c.url).where(entry.c.revisited_at > since)))

    def visited(self, ids: Sequence[int]) -> list[Visited]:
        """These entries with their articles, and what their pages were when they were read."""
        with self.reading() as db:
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

    def record_revisits(self, done: Sequence[Revisit]) -> None:
        """What came of these looks, with the pages that came: their validators are the ones to ask with next."""
        with self.transaction() as db:
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

    def defer_revisits(self, until: Sequence[tuple[int, datetime]], now: datetime) -> None:
        """Entries whose hosts were not to be asked ``now``: no look, but a later time for it."""
        with self.transaction() as db:
            for entry_id, at in until:
                db.execute(update(entry).where(entry.c.id == entry_id).values(revisit_at=at))
            count_held_pages(db, [entry_id for entry_id, _ in until], now)

    def revise(self, article_id: int, found: Article, place: Mapping[str, Any], made: Fingerprint) -> None:
        """Put what the page says now in the place of an article, and of its copy if it is one.

        ``place``: columns of the copy that change. Its time and outlet stay, and its story is for the caller to choose
        again.
        """
        columns = {name: value for name, value in article_columns(found).items() if name != "url"}
        with self.transaction() as db:
            db.execute(update(article).where(article.c.id == article_id).values(columns))
            db.execute(delete(span).where(span.c.article_id == article_id))
            insert_all(db, span, [span_columns(article_id, taken) for taken in found.spans])
            prints = {"recipe": made.version, "tokens": made.tokens, "shingles": made.shingles}
            copied = db.execute(update(copy).where(copy.c.article_id == article_id).values(**prints, **place))
            if copied.rowcount:
                # Its old keys stay: they find it for texts that are like it was, and the shingles tell.
                seen = db.execute(select(copy.c.seen_at).where(copy.c.article_id == article_id)).scalar_one()
                insert_keys(db, {article_id: made.bands}, seen, datetime.now(UTC))

    def forget_text(self, article_id: int) -> None:
        """Take what was stored of an article's text out of the versions made of it, its entry and the archive's index.

        Its row is for :meth:`revise`. The archive's files end with their retention.
        """
        of_it = select(article.c.entry_id).where(article.c.id == article_id)
        nowhere = {"archive_file": None, "archive_offset": None, "archive_length": None}
        with self.transaction() as db:
            db.execute(update(version).where(version.c.article_id == article_id).values(body=[], support=[]))
            db.execute(update(entry).where(entry.c.id.in_(of_it)).values(content="", summary=""))
            db.execute(update(page).where(page.c.entry_id.in_(of_it)).values(nowhere))

    def stories_of(self, article_ids: Sequence[int]) -> dict[int, int]:
        """Article -> the story that it is a copy of; those that wait for one are left out."""
        query = select(copy.c.article_id, copy.c.story_id)
        with self.reading() as db:
            return {
                row.article_id: row.story_id
                for part in in_parts(article_ids)
                for row in db.execute(query.where(copy.c.article_id.in_(part)))
            }


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
    }
