"""Articles with their spans and pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, delete, func, select, update

from pipeline.errors import NotStored
from pipeline.model import (
    Article,
    ArticleRecord,
    EntryStatus,
    Fingerprint,
    Moment,
    Outcome,
    PageKind,
    PageRecord,
    Precision,
)
from pipeline.store.band_keys import insert_keys
from pipeline.store.database import Subject
from pipeline.store.outcomes import count_pages
from pipeline.store.pages import insert_pages
from pipeline.store.retry import whole_transaction
from pipeline.store.row_records import article_columns, article_record, keys_of, moment, places_of, span_columns
from pipeline.store.schema.tables import article, copy, entry, feed, page, version, waiting
from pipeline.store.schema.tables import span as span_table
from pipeline.store.spans import spans_of
from pipeline.store.statements import in_parts, insert_all, insert_numbered

# What is no article has no place in a story, and waits for none; a live blog is looked at for what it quotes.
TO_PLACE = (PageKind.ARTICLE.value, PageKind.LIVE_BLOG.value)
# Each has its article, but SQLite does not know which table is small, and begins an outer join with the left one.
_FRESH = select(article.c.outlet, waiting.c.article_id).select_from(waiting.outerjoin(article))


@dataclass(frozen=True, slots=True)
class Extracted:
    """The article of an entry's page, ready to be stored."""

    entry_id: int
    page: PageRecord
    article: Article
    at: datetime
    revisit_at: datetime | None = None


class Articles(Subject):
    """Articles with their spans and pages."""

    def record(self, entry_id: int, fetched: PageRecord, found: Article, now: datetime) -> int:
        """Page, article and spans of an entry, together; an entry that has its article keeps it."""
        return self.record_all([Extracted(entry_id, fetched, found, now)])[0]

    @whole_transaction
    def record_all(self, extracted: Sequence[Extracted]) -> list[int]:
        """The articles' ids. One transaction, since each costs a wait for the disk."""
        wanted = {one.entry_id: one for one in extracted}
        with self._database.transaction() as db:
            lock_entries(db, list(wanted))
            stored = _articles_of(db, list(wanted))
            fresh = [one for entry_id, one in wanted.items() if entry_id not in stored]
            sources = _sources(db, [one.entry_id for one in fresh])
            pages = insert_pages(db, {one.entry_id: one.page for one in fresh})
            rows = [_article_row(one, pages[one.entry_id], sources[one.entry_id]) for one in fresh]
            ids = insert_numbered(db, article.c.id, rows)
            insert_all(db, waiting, _to_place(ids, rows))
            insert_all(db, span_table, [span_columns(at, taken) for at, one in zip(ids, fresh, strict=True)
                                  for taken in one.article.spans])  # fmt: skip
            _set_extracted(db, fresh)
            count_pages(db, [(one.page.url, Outcome.OK.value, one.at) for one in fresh if one.page.status])
        stored |= {one.entry_id: at for at, one in zip(ids, fresh, strict=True)}
        return [stored[one.entry_id] for one in extracted]

    def outlets(self) -> list[str]:
        """Every outlet that has an article, by name."""
        with self._database.reading() as db:
            return list(db.scalars(select(article.c.outlet).distinct().order_by(article.c.outlet)))

    def new_outlets(self, most: int) -> dict[str, frozenset[int]]:
        """Outlets with at most ``most`` articles of which some wait for their story: the ids of these."""
        fresh: dict[str, set[int]] = defaultdict(set)
        with self._database.reading() as db:
            for outlet, article_id in db.execute(_FRESH):
                fresh[outlet].add(article_id)
            counted = {outlet: _articles(db, outlet, most) for outlet in fresh}
        # One page alone repeats nothing.
        return {outlet: frozenset(ids) for outlet, ids in fresh.items() if 1 < counted[outlet] <= most}

    def recent(self, outlet: str, since: datetime, most: int) -> list[ArticleRecord]:
        """The outlet's newest articles seen at or after ``since``, with their spans and line keys."""
        wanted = select(article).where(article.c.outlet == outlet, article.c.seen_at >= since)
        with self._database.reading() as db:
            rows = (
                db.execute(wanted.order_by(article.c.seen_at.desc(), article.c.id.desc()).limit(most)).mappings().all()
            )
            spans = spans_of(db, [row["id"] for row in rows])
            return [_with_template(article_record(row, spans.get(row["id"], ())), row) for row in rows]

    def replace_bodies(self, articles: Mapping[int, Article]) -> set[int]:
        """Put other bodies and spans in the place of these articles'; the stories that hold a copy of one."""
        with self._database.transaction() as db:
            for article_id, found in articles.items():
                columns = article_columns(found)
                told = {name: columns[name] for name in ("body", "deck", "kept", "removed")}
                db.execute(update(article).where(article.c.id == article_id).values(told))
                db.execute(delete(span_table).where(span_table.c.article_id == article_id))
                insert_all(db, span_table, [span_columns(article_id, taken) for taken in found.spans])
            touched: set[int] = set()
            for part in in_parts(articles):
                touched.update(db.scalars(select(copy.c.story_id).where(copy.c.article_id.in_(part))))
            return touched

    def revise(self, article_id: int, found: Article, place: Mapping[str, Any], made: Fingerprint) -> None:
        """Put what the page says now in the place of an article, and of its copy if it is one.

        ``place``: columns of the copy that change. Its time and outlet stay, and its story is for the caller to choose
        again.
        """
        columns = {name: value for name, value in article_columns(found).items() if name != "url"}
        with self._database.transaction() as db:
            db.execute(update(article).where(article.c.id == article_id).values(columns))
            db.execute(delete(span_table).where(span_table.c.article_id == article_id))
            insert_all(db, span_table, [span_columns(article_id, taken) for taken in found.spans])
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
        with self._database.transaction() as db:
            db.execute(update(version).where(version.c.article_id == article_id).values(body=[], support=[]))
            db.execute(update(entry).where(entry.c.id.in_(of_it)).values(content="", summary=""))
            db.execute(update(page).where(page.c.entry_id.in_(of_it)).values(nowhere))


def seen_at(found: Moment | None, listed: Moment | None, now: datetime) -> datetime:
    """When an article came out, as well as it is known, and never later than ``now``.

    A time of day beats a bare day; of a bare day, its end counts, since the article came at some time in it.
    """
    for at in (found, listed):
        if at and at.precision is not Precision.DAY:
            return min(at.value, now)
    day = found or listed
    return min(day.value + timedelta(days=1), now) if day else now


def lock_entries(db: Connection, entry_ids: Sequence[int]) -> None:
    """Let others that record one of these entries wait until this transaction ends, in one order for all."""
    for part in in_parts(sorted(entry_ids)):
        db.execute(select(entry.c.id).where(entry.c.id.in_(part)).order_by(entry.c.id).with_for_update())


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


def _set_extracted(db: Connection, extracted: Sequence[Extracted]) -> None:
    rows = [
        {"of": one.entry_id, "at": one.at, "now": _status(one).value, "why": _outcome(one), "again": one.revisit_at}
        for one in extracted
    ]
    told: dict[str, Any] = {"status": bindparam("now"), "outcome": bindparam("why"), "next_try": bindparam("at")}
    told |= {"revisit_at": bindparam("again")}
    statement = update(entry).where(entry.c.id == bindparam("of"))
    statement = statement.values(**told, detail="", claimed_until=None, attempts=entry.c.attempts + 1)
    if rows:
        db.execute(statement, rows)
    # What the feed says of a text that is not kept goes with it.
    if withheld := [one.entry_id for one in extracted if one.article.withheld]:
        db.execute(update(entry).where(entry.c.id.in_(withheld)).values(content="", summary=""))


def _status(one: Extracted) -> EntryStatus:
    return EntryStatus.EXTRACTED if one.article.kind is PageKind.ARTICLE else EntryStatus.SET_ASIDE


def _outcome(one: Extracted) -> str:
    return "ok" if one.article.kind is PageKind.ARTICLE else one.article.kind.value


def _articles(db: Connection, outlet: str, most: int) -> int:
    """How many articles the outlet has; what is over ``most`` is not counted."""
    found = select(article.c.id).where(article.c.outlet == outlet).limit(most + 1).subquery()
    return int(db.scalar(select(func.count()).select_from(found)) or 0)


def _with_template(record: ArticleRecord, row: RowMapping) -> ArticleRecord:
    keys, places = keys_of(row["line_keys"]), places_of(row["places"])
    return replace(record, article=replace(record.article, line_keys=keys, places=places))


def in_batches(articles: Mapping[int, Article], size: int) -> Iterator[dict[int, Article]]:
    """Articles by id, some at a time: a transaction should be short."""
    rows = list(articles.items())
    for start in range(0, len(rows), size):
        yield dict(rows[start : start + size])
