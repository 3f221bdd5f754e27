"""Articles with their spans and pages."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, delete, func, select, update

from pipeline.errors import NotStored
from pipeline.model import (
    Actor,
    Article,
    ArticleRecord,
    ChangeKind,
    EntryStatus,
    Fingerprint,
    FlowReason,
    FlowStage,
    Moment,
    Outcome,
    PageKind,
    PageRecord,
    Precision,
)
from pipeline.store.band_keys import insert_keys
from pipeline.store.change_log import Row, append_changes, change_row, log_time
from pipeline.store.database import Database, Subject
from pipeline.store.flow import Counts, count_flow, delay_reason, hour_of, text_counts
from pipeline.store.kills import REMOVED
from pipeline.store.lease import Lease
from pipeline.store.outcomes import count_pages
from pipeline.store.pages import insert_pages
from pipeline.store.retry import whole_transaction
from pipeline.store.row_records import article_columns, article_record, keys_of, moment, places_of, span_columns
from pipeline.store.schema.tables import article, copy, entry, feed, page, story, version, waiting
from pipeline.store.schema.tables import span as span_table
from pipeline.store.search_index import forget_words
from pipeline.store.spans import spans_of
from pipeline.store.statements import in_parts, insert_all, insert_numbered
from pipeline.store.story_links import changed_origins, changed_ties, end_of

# Kinds of page that wait for a story; a live blog joins none, and is matched for what it quotes.
TO_PLACE = (PageKind.ARTICLE.value, PageKind.LIVE_BLOG.value)
# Each waiting row has its article. An outer join makes SQLite begin with the left, small table.
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

    def __init__(self, database: Database, lease: Lease) -> None:
        super().__init__(database)
        self._lease = lease

    def record(self, entry_id: int, fetched: PageRecord, new_article: Article, now: datetime) -> int:
        """Record an entry's page, article and spans together; an entry that has its article keeps it. Return its id."""
        return self.record_all([Extracted(entry_id, fetched, new_article, now)])[0]

    @whole_transaction
    def record_all(self, extracted: Sequence[Extracted]) -> list[int]:
        """Record these, and return the articles' ids. One transaction, since each costs a wait for the disk."""
        wanted = {extraction.entry_id: extraction for extraction in extracted}
        with self._database.transaction() as db:
            lock_entries(db, list(wanted))
            stored = _articles_of(db, list(wanted))
            fresh = [extraction for entry_id, extraction in wanted.items() if entry_id not in stored]
            sources = article_sources(db, [extraction.entry_id for extraction in fresh])
            ids, rows = insert_articles(db, fresh, sources)
            _set_extracted(db, fresh)
            count_pages(
                db,
                [
                    (extraction.page.url, Outcome.OK.value, extraction.at)
                    for extraction in fresh
                    if extraction.page.status
                ],
            )
            _count_articles(db, fresh, rows, sources)
        stored |= {extraction.entry_id: at for at, extraction in zip(ids, fresh, strict=True)}
        return [stored[extraction.entry_id] for extraction in extracted]

    def outlets(self, after: int = 0) -> dict[str, int]:
        """Return every outlet that has an article with the id of its first one, in the order of these ids: those above
        ``after``."""
        first = func.min(article.c.id).label("first")
        query = select(article.c.outlet, first).group_by(article.c.outlet).having(first > after).order_by(first)
        with self._database.reading() as db:
            return {row.outlet: row.first for row in db.execute(query)}

    def new_outlets(self, most: int) -> dict[str, frozenset[int]]:
        """Return outlets with at most ``most`` articles of which some wait for a story, with the ids of these."""
        fresh: dict[str, set[int]] = defaultdict(set)
        with self._database.reading() as db:
            for outlet, article_id in db.execute(_FRESH):
                fresh[outlet].add(article_id)
            counted = {outlet: _articles(db, outlet, most) for outlet in fresh}
        # A single page repeats nothing.
        return {outlet: frozenset(ids) for outlet, ids in fresh.items() if 1 < counted[outlet] <= most}

    def recent(self, outlet: str, since: datetime, most: int) -> list[ArticleRecord]:
        """Return the outlet's newest articles seen at or after ``since``, with their spans and line keys."""
        wanted = select(article).where(article.c.outlet == outlet, article.c.seen_at >= since)
        with self._database.reading() as db:
            rows = (
                db.execute(wanted.order_by(article.c.seen_at.desc(), article.c.id.desc()).limit(most)).mappings().all()
            )
            spans = spans_of(db, [row["id"] for row in rows])
            return [_with_template(article_record(row, spans.get(row["id"], ())), row) for row in rows]

    def replace_bodies(self, articles: Mapping[int, Article], now: datetime) -> set[int]:
        """Replace the bodies and spans of these articles, and log it for those that are copies. Return the ids of the
        stories that hold a copy of one. Needs the lease."""
        with self._database.transaction() as db:
            self._lease.require(db)
            articles = _without_removed(db, articles)
            for article_id, new_article in articles.items():
                columns = article_columns(new_article)
                values = {name: columns[name] for name in ("body", "deck", "kept", "removed")}
                db.execute(update(article).where(article.c.id == article_id).values(values))
                _replace_spans(db, article_id, new_article)
            edited = _copy_changes(db, articles)
            append_changes(db, edited, log_time(db, now))
            return {row["story_id"] for row in edited}

    def revise(
        self, article_id: int, new_article: Article, place: Mapping[str, Any], fingerprint: Fingerprint, now: datetime
    ) -> None:
        """Replace an article, and its copy if it has one, with what its page says now, and log it. Needs the lease.

        ``place``: columns of the copy that change. Its time and outlet stay; the caller chooses its story
        again. An article that was removed while its page was read again stays empty.
        """
        columns = {name: value for name, value in article_columns(new_article).items() if name != "url"}
        with self._database.transaction() as db:
            self._lease.require(db)
            if not _without_removed(db, {article_id: new_article}):
                return
            rights = _rights_changes(db, article_id, columns)
            db.execute(update(article).where(article.c.id == article_id).values(columns))
            _replace_spans(db, article_id, new_article)
            prints = {"recipe": fingerprint.version, "tokens": fingerprint.tokens, "shingles": fingerprint.shingles}
            copied = db.execute(update(copy).where(copy.c.article_id == article_id).values(**prints, **place))
            if copied.rowcount:
                # The old keys stay: texts like its old one still find it as a candidate, and its shingles decide.
                copy_time = db.execute(select(copy.c.seen_at).where(copy.c.article_id == article_id)).scalar_one()
                insert_keys(db, {article_id: fingerprint.bands}, copy_time, datetime.now(UTC))
            # Links show a live blog, which is in no story, by its own headline.
            edited = _copy_changes(db, [article_id], str(place.get("reason", ""))) or changed_ties(db, [], [article_id])
            if "relation" in place:
                edited += changed_origins(db, article_id)
            append_changes(db, [*edited, *rights], log_time(db, now))

    def set_signals(self, article_id: int, signals: Sequence[str], now: datetime) -> None:
        """Set what an article's page reserves, and log it for a copy whose page reserved something else. Needs the
        lease."""
        columns = {"signals": list(signals)}
        with self._database.transaction() as db:
            self._lease.require(db)
            rights = _rights_changes(db, article_id, columns)
            db.execute(update(article).where(article.c.id == article_id).values(columns))
            append_changes(db, rights, log_time(db, now))

    def forget_text(self, article_id: int, now: datetime, reason: str = "") -> None:
        """Delete an article's text from the versions made of it, from its entry, and its page from the archive's index,
        as the policy on rights asks. Log each version. Needs the lease.

        Its own row is left to :meth:`revise`. The archive's files are deleted when their retention ends.
        """
        of_it = select(article.c.entry_id).where(article.c.id == article_id)
        nowhere = {"archive_file": None, "archive_offset": None, "archive_length": None}
        with self._database.transaction() as db:
            self._lease.require(db)
            now = log_time(db, now)
            emptied = _empty_versions(db, article_id, now)
            db.execute(update(entry).where(entry.c.id.in_(of_it)).values(content="", summary=""))
            db.execute(update(page).where(page.c.entry_id.in_(of_it)).values(nowhere))
            append_changes(db, emptied, now, Actor.POLICY, reason)


def insert_articles(
    db: Connection, fresh: Sequence[Extracted], sources: Mapping[int, RowMapping]
) -> tuple[list[int], list[dict[str, Any]]]:
    """Insert pages, articles and spans of entries that have none, to wait for places; ``sources``: what entries and
    feeds say of them (:func:`article_sources`). Return the articles' ids and rows."""
    pages = insert_pages(db, {extraction.entry_id: extraction.page for extraction in fresh})
    rows = [_article_row(extraction, pages[extraction.entry_id], sources[extraction.entry_id]) for extraction in fresh]
    ids = insert_numbered(db, article.c.id, rows)
    insert_all(db, waiting, _to_place(ids, rows))
    insert_all(db, span_table, _span_rows(ids, fresh))
    return ids, rows


def _replace_spans(db: Connection, article_id: int, new_article: Article) -> None:
    db.execute(delete(span_table).where(span_table.c.article_id == article_id))
    insert_all(db, span_table, [span_columns(article_id, article_span) for article_span in new_article.spans])


def _copy_changes(db: Connection, articles: Iterable[int], reason: str = "") -> list[Row]:
    """Return the changes of the stories that these articles are copies in; of articles without a story none."""
    places = select(copy.c.story_id, copy.c.article_id).order_by(copy.c.article_id)
    rows = [row for part in in_parts(articles) for row in db.execute(places.where(copy.c.article_id.in_(part)))]
    kind = ChangeKind.COPY_CHANGED
    return [change_row(kind, row.story_id, (row.article_id,), reason=reason) for row in rows]


def _without_removed(db: Connection, articles: Mapping[int, Article]) -> Mapping[int, Article]:
    """Return these articles without those whose text was removed for good: what their pages say is not stored again."""
    query = select(article.c.id).where(article.c.withheld == REMOVED)
    removed = {at for part in in_parts(articles) for at in db.scalars(query.where(article.c.id.in_(part)))}
    return {at: new_article for at, new_article in articles.items() if at not in removed} if removed else articles


RIGHTS = ("withheld", "licence", "signals")


def _rights_changes(db: Connection, article_id: int, columns: Mapping[str, Any]) -> list[Row]:
    """Return the change of a copy whose rights are others with these columns; none where they are the same."""
    query = select(*(article.c[name] for name in RIGHTS), copy.c.story_id).join(copy).where(article.c.id == article_id)
    row = db.execute(query).mappings().first()
    if row is None or all(row[name] == columns[name] for name in RIGHTS if name in columns):
        return []
    reason = str(columns.get("withheld", ""))
    return [change_row(ChangeKind.RIGHTS_CHANGED, row["story_id"], (article_id,), actor=Actor.POLICY, reason=reason)]


def _empty_versions(db: Connection, article_id: int, now: datetime) -> list[Row]:
    """Delete the text of the versions that were made of this article, or are based on it now. Return the changes; a
    tombstone has none of its own, and is told by the story that it leads to."""
    rows = _versions_made_of(db, article_id)
    ids = [row.id for row in rows]
    in_force = [row.story_id for row in rows if row.number == row.force]
    db.execute(update(version).where(version.c.id.in_(ids)).values(body=(), support=[], removed_at=now))
    db.execute(update(story).where(story.c.id.in_(in_force)).values(support=[]))
    forget_words(db, in_force)
    return [_removed_text(db, row, article_id) for row in rows]


def _removed_text(db: Connection, row: Any, article_id: int) -> Row:
    number = None if row.merged_into else row.number
    return change_row(ChangeKind.TEXT_REMOVED, end_of(db, row.story_id), (article_id,), number)


def _versions_made_of(db: Connection, article_id: int) -> list[Any]:
    is_force = version.c.number == story.c.version
    columns = (version.c.id, version.c.story_id, version.c.number, version.c.body, story.c.merged_into)
    query = select(*columns, story.c.version.label("force")).join(story, story.c.id == version.c.story_id)
    home = select(copy.c.story_id).where(copy.c.article_id == article_id).scalar_subquery()
    based = query.where(story.c.id == home, story.c.article_id == article_id, is_force)
    rows = {
        row.id: row for part in (query.where(version.c.article_id == article_id), based) for row in db.execute(part)
    }
    return sorted((row for row in rows.values() if row.body), key=lambda row: (row.story_id, row.number))


def seen_at(page_date: Moment | None, feed_date: Moment | None, now: datetime) -> datetime:
    """Return when an article came out, by its page or else by its feed, and never later than ``now``.

    A time of day is preferred to a bare day. A bare day counts as its end, since the article came at some time in it.
    """
    for date in (page_date, feed_date):
        if date and date.precision is not Precision.DAY:
            return min(date.value, now)
    day = page_date or feed_date
    return min(day.value + timedelta(days=1), now) if day else now


def lock_entries(db: Connection, entry_ids: Sequence[int]) -> None:
    """Lock these entries until this transaction ends, in one order for all, so that no two wait for each other."""
    for part in in_parts(sorted(entry_ids)):
        db.execute(select(entry.c.id).where(entry.c.id.in_(part)).order_by(entry.c.id).with_for_update())


def _articles_of(db: Connection, entry_ids: Sequence[int]) -> dict[int, int]:
    rows = db.execute(select(article.c.entry_id, article.c.id).where(article.c.entry_id.in_(entry_ids)))
    return {row.entry_id: row.id for row in rows}


def article_sources(db: Connection, entry_ids: Sequence[int]) -> dict[int, RowMapping]:
    """Return what entries and their feeds say of their articles, by entry. Raises NotStored where one is missing."""
    published = (entry.c.published, entry.c.published_precision, entry.c.published_basis)
    columns = (entry.c.id, entry.c.outlet, feed.c.preferred, feed.c.agency)
    query = select(*columns, *published).join(feed).where(entry.c.id.in_(entry_ids))
    sources = {row["id"]: row for row in db.execute(query).mappings()}
    if missing := sorted(set(entry_ids) - set(sources)):
        raise NotStored("no such entry", concerns=f"entry {missing[0]}")
    return sources


def _article_row(extraction: Extracted, page_id: int, source: RowMapping) -> dict[str, Any]:
    return {
        **article_columns(extraction.article),
        "entry_id": extraction.entry_id,
        "page_id": page_id,
        "outlet": source["outlet"],
        "preferred": source["preferred"],
        "feed_agency": source["agency"],
        "seen_at": seen_at(extraction.article.published, moment(source, "published"), extraction.at),
    }


def _span_rows(ids: Sequence[int], extracted: Sequence[Extracted]) -> list[dict[str, Any]]:
    numbered = zip(ids, extracted, strict=True)
    return [span_columns(at, article_span) for at, extraction in numbered for article_span in extraction.article.spans]


def _count_articles(
    db: Connection,
    extracted: Sequence[Extracted],
    rows: Sequence[Mapping[str, Any]],
    sources: Mapping[int, RowMapping],
) -> None:
    by_hour: dict[datetime, Counts] = defaultdict(Counter)
    for extraction, row in zip(extracted, rows, strict=True):
        counts, new_article = by_hour[hour_of(extraction.at)], extraction.article
        counts[FlowStage.PAGE, FlowReason.READ.value] += 1
        counts[FlowStage.ARTICLE, new_article.kind.value] += 1
        counts.update(text_counts(row["kept"], row["removed"]))
        published = new_article.published or moment(sources[extraction.entry_id], "published")
        if bound := delay_reason(published, extraction.at):
            counts[FlowStage.DELAY, bound] += 1
    for hour, counts in sorted(by_hour.items()):
        count_flow(db, hour, counts)


def _to_place(ids: Sequence[int], rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    numbered = zip(ids, rows, strict=True)
    return [{"article_id": at, "seen_at": row["seen_at"]} for at, row in numbered if row["kind"] in TO_PLACE]


def _set_extracted(db: Connection, extracted: Sequence[Extracted]) -> None:
    rows = [
        {
            "of": extraction.entry_id,
            "at": extraction.at,
            "now": _status(extraction).value,
            "why": _outcome(extraction),
            "again": extraction.revisit_at,
        }
        for extraction in extracted
    ]
    values: dict[str, Any] = {"status": bindparam("now"), "outcome": bindparam("why"), "next_try": bindparam("at")}
    values |= {"revisit_at": bindparam("again")}
    statement = update(entry).where(entry.c.id == bindparam("of"))
    statement = statement.values(**values, detail="", claimed_until=None, attempts=entry.c.attempts + 1)
    if rows:
        db.execute(statement, rows)
    # Where an article's text is withheld, the feed's text is deleted too.
    if withheld := [extraction.entry_id for extraction in extracted if extraction.article.withheld]:
        db.execute(update(entry).where(entry.c.id.in_(withheld)).values(content="", summary=""))


def _status(extraction: Extracted) -> EntryStatus:
    return EntryStatus.EXTRACTED if extraction.article.kind is PageKind.ARTICLE else EntryStatus.SET_ASIDE


def _outcome(extraction: Extracted) -> str:
    return "ok" if extraction.article.kind is PageKind.ARTICLE else extraction.article.kind.value


def _articles(db: Connection, outlet: str, most: int) -> int:
    """Count the outlet's articles, up to one more than ``most``."""
    rows = select(article.c.id).where(article.c.outlet == outlet).limit(most + 1).subquery()
    return int(db.scalar(select(func.count()).select_from(rows)) or 0)


def _with_template(record: ArticleRecord, row: RowMapping) -> ArticleRecord:
    keys, places = keys_of(row["line_keys"]), places_of(row["places"])
    return replace(record, article=replace(record.article, line_keys=keys, places=places))


def in_batches(articles: Mapping[int, Article], size: int) -> Iterator[dict[int, Article]]:
    """Yield articles by id, ``size`` at a time: a transaction should be short."""
    rows = list(articles.items())
    for start in range(0, len(rows), size):
        yield dict(rows[start : start + size])
