"""Articles of an archive: stored with entries that no feed listed, in feeds that are never polled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from pipeline.model import Article, EntryStatus, FeedEntry, PageRecord
from pipeline.store.articles import Extracted, article_sources, insert_articles
from pipeline.store.database import Subject
from pipeline.store.feeds import FIRST_INTERVAL, entry_text_columns
from pipeline.store.retry import whole_transaction
from pipeline.store.schema.tables import article as article_table
from pipeline.store.schema.tables import entry, feed
from pipeline.store.statements import in_parts, insert, insert_all, insert_numbered
from pipeline.text.digest import text_digest
from pipeline.text.url import url_key


@dataclass(frozen=True, slots=True)
class ForeignArticle:
    """An article that came by no feed; ``at`` is when it came out."""

    outlet: str
    url: str
    at: datetime
    fetched_at: datetime
    article: Article


def feed_address(outlet: str) -> str:
    """Return the address of the feed that an outlet's archived articles stand under; nothing can poll it."""
    return f"archive:{outlet}"


class ArchivedArticles(Subject):
    """Writes of articles that came by no feed."""

    @whole_transaction
    def add(self, articles: Sequence[ForeignArticle], now: datetime) -> list[int | None]:
        """Store the articles that are not stored, to wait for their places. Return the id of each one's article; None
        where its entry is stored and has none.

        An outlet's entry of the same address is the same article, whoever stored it.
        """
        names = {(article.outlet, url_key(article.url)): article for article in reversed(articles)}
        with self._database.transaction() as db:
            stored_entries = _stored_entries(db, names)
            fresh = {name: article for name, article in names.items() if name not in stored_entries}
            feeds = _archive_feeds(db, {outlet for outlet, _ in fresh}, now)
            rows = [_entry_row(article, name[1], feeds[name[0]], now) for name, article in fresh.items()]
            entry_ids = insert_numbered(db, entry.c.id, rows)
            extracted = [_extracted(entry_id, article, now)
                         for entry_id, article in zip(entry_ids, fresh.values(), strict=True)]  # fmt: skip
            ids, _ = insert_articles(db, extracted, article_sources(db, entry_ids))
        stored = stored_entries | dict(zip(fresh, ids, strict=True))
        return [stored[article.outlet, url_key(article.url)] for article in articles]


def _stored_entries(db: Connection, names: Mapping[tuple[str, str], object]) -> dict[tuple[str, str], int | None]:
    columns = (entry.c.outlet, entry.c.url_key, article_table.c.id)
    query = select(*columns).select_from(entry.outerjoin(article_table, article_table.c.entry_id == entry.c.id))
    parts = in_parts(key for _, key in names)
    rows = [row for part in parts for row in db.execute(query.where(entry.c.url_key.in_(part)))]
    return {(row.outlet, row.url_key): row.id for row in rows if (row.outlet, row.url_key) in names}


def _archive_feeds(db: Connection, outlets: set[str], now: datetime) -> dict[str, int]:
    """Return outlet -> its feed of archived articles, made where there is none."""
    addresses = {feed_address(outlet): outlet for outlet in outlets}
    rows = [{"url": url, "outlet": outlet, "listed": False, "next_poll": now, "interval": FIRST_INTERVAL}
            for url, outlet in sorted(addresses.items())]  # fmt: skip
    insert_all(db, insert(db, feed).on_conflict_do_nothing(index_elements=["url"]), rows)
    query = select(feed.c.id, feed.c.url)
    feeds = [row for part in in_parts(addresses) for row in db.execute(query.where(feed.c.url.in_(part)))]
    return {addresses[row.url]: row.id for row in feeds}


def _entry_row(archived: ForeignArticle, key: str, feed_id: int, now: datetime) -> dict[str, Any]:
    article = archived.article
    feed_entry = FeedEntry(key, archived.url, article.title, published=article.published, lang=article.lang)
    return {
        "feed_id": feed_id,
        "key": key,
        "outlet": archived.outlet,
        "url": archived.url,
        "url_key": key,
        **entry_text_columns(feed_entry),
        "status": EntryStatus.EXTRACTED.value,
        "outcome": "ok",
        "next_try": now,
        "seen_at": now,
    }


def _extracted(entry_id: int, archived: ForeignArticle, now: datetime) -> Extracted:
    """Return what is stored of an article; its page is not in this archive, so what stands for it is its text."""
    article = archived.article
    digest, size = text_digest(article.title, article.body), sum(map(len, article.body))
    page = PageRecord(archived.url, archived.url, archived.fetched_at, 0, "text/html", "utf-8", digest, size)
    return Extracted(entry_id, page, article, archived.at)
