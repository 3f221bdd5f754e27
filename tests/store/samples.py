"""Records for the store's tests."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from pipeline.model import (
    Article,
    ArticleRecord,
    Basis,
    CanonicalChoice,
    Dateline,
    FeedEntry,
    FeedSpec,
    Fingerprint,
    Moment,
    Outcome,
    PageRecord,
    Plan,
    PlannedCopy,
    PlannedVersion,
    PollRecord,
    Precision,
    Relation,
    Span,
    SpanKind,
    Validators,
    VersionKind,
)
from pipeline.store import Store
from pipeline.store.articles import Extracted
from pipeline.store.row_records import article_record, span
from pipeline.store.schema import tables

NOW = datetime(2025, 8, 24, 12, 0, tzinfo=UTC)
SPEC = FeedSpec("https://outlet.example/rss", "Outlet", "IN", "en")
WORLD_SPEC = FeedSpec("https://outlet.example/world/rss", "Outlet", "IN", "en")


def entry(n: int, title: str = "Title") -> FeedEntry:
    at = Moment(NOW - timedelta(hours=1), Precision.SECOND, Basis.FEED)
    return FeedEntry(key=f"guid-{n}", url=f"https://outlet.example/story/{n}", title=title, published=at)


def poll(feed_id: int, *entries: FeedEntry, outcome: Outcome = Outcome.OK) -> PollRecord:
    return PollRecord(
        feed_id=feed_id,
        polled_at=NOW,
        outcome=outcome,
        next_poll=NOW + timedelta(minutes=15),
        interval=900,
        status=200,
        format="rss20",
        title="Outlet's feed",
        validators=Validators('W/"a"', "Sun, 24 Aug 2025 11:00:00 GMT") if outcome is Outcome.OK else None,
        entries=entries,
    )


def page(n: int) -> PageRecord:
    url = f"https://outlet.example/story/{n}"
    return PageRecord(url, url, NOW, 200, "text/html", "utf-8", f"{n:064x}", 1000)


def article(n: int, body: tuple[str, ...] = ("One paragraph.", "Another.")) -> Article:
    at = Moment(datetime.fromisoformat("2025-08-24T08:35:02+05:30"), Precision.SECOND, Basis.JSON_LD)
    day = Moment(datetime(2025, 8, 24, tzinfo=UTC), Precision.DAY, Basis.DATELINE)
    return Article(
        url=f"https://outlet.example/story/{n}",
        title=f"Title {n}",
        body=body,
        spans=(Span(SpanKind.DATELINE, "Tokyo, Aug 24 ", "dateline: bare", 0, 0, False, ("IANS",)),),
        byline=("IANS",),
        agency="IANS",
        syndicated=True,
        dateline=Dateline("Tokyo", day, "Tokyo, Aug 24"),
        published=at,
        lang="en",
    )


def stored_articles(store: Store, count: int, start: int = 0) -> list[int]:
    """Entries with an article each, through the store's own writes."""
    store.feeds.sync([SPEC], NOW)
    feed_id = store.feeds.load([1])[0].id
    new = store.feeds.record_poll(poll(feed_id, *(entry(start + n) for n in range(count)))).new
    return store.articles.record_all([Extracted(at, page(at), article(at), NOW) for at in new])


def keys_of(*keys: int) -> bytes:
    return struct.pack(f"<{len(keys)}q", *keys)


def fingerprint(*bands: int) -> Fingerprint:
    return Fingerprint(1, b"\x01" * 8, keys_of(*(bands or (1, -2, 3))), 20)


def planned(article_id: int, story: int, *bands: int) -> PlannedCopy:
    return PlannedCopy(article_id, story, Relation.ORIGIN, 1, 1.0, "first of its story", fingerprint(*bands))


def chosen(article_id: int, story: int, body: tuple[str, ...] = ("One.",), title: str = "Title") -> PlannedVersion:
    choice = CanonicalChoice(article_id, VersionKind.ORIGINAL, title, body, "the only copy")
    return PlannedVersion(story, choice, "IANS", "en")


def one_story(article_id: int, *bands: int) -> Plan:
    return Plan((planned(article_id, -1, *bands),), (chosen(article_id, -1),))


def stored_article(store: Store, article_id: int) -> ArticleRecord:
    """An article as the store holds it, with its spans."""
    with store.reading() as db:
        row = db.execute(select(tables.article).where(tables.article.c.id == article_id)).mappings().one()
        spans = select(tables.span).where(tables.span.c.article_id == article_id).order_by(tables.span.c.id)
        return article_record(row, tuple(map(span, db.execute(spans).mappings())))
