"""Writes of feeds and polls."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, select, update

from pipeline.errors import NotStored
from pipeline.model import EntryStatus, FeedEntry, FeedSpec, FeedState, PollRecord, PollStored
from pipeline.store.base import Base, in_parts, insert, insert_all
from pipeline.store.rows import feed_state, moment_columns
from pipeline.store.tables import entry, feed, poll
from pipeline.text.url import url_key

FIRST_INTERVAL = 900.0


class FeedWrites(Base):
    """Feeds as declared, and what polls brought."""

    def sync_feeds(self, specs: Sequence[FeedSpec], now: datetime) -> None:
        """Make the store's feeds those of ``specs``; what is no longer listed rests with its history."""
        rows = [_spec_columns(spec) for spec in specs]
        with self.transaction() as db:
            db.execute(update(feed).where(feed.c.url.not_in([spec.url for spec in specs])).values(listed=False))
            for row in rows:
                fresh = {**row, "next_poll": now, "interval": FIRST_INTERVAL}
                statement = insert(db, feed).values(fresh)
                db.execute(statement.on_conflict_do_update(index_elements=["url"], set_=row))

    def due_feeds(self, now: datetime, limit: int | None = None) -> list[int]:
        """Ids of listed, unpaused feeds whose time has come, the longest waiting first."""
        due = and_(feed.c.listed, feed.c.paused.is_(False), feed.c.next_poll <= now)
        with self.reading() as db:
            return list(db.scalars(select(feed.c.id).where(due).order_by(feed.c.next_poll, feed.c.id).limit(limit)))

    def feeds(self, ids: Sequence[int]) -> list[FeedState]:
        """These feeds, by id."""
        with self.reading() as db:
            rows = db.execute(select(feed).where(feed.c.id.in_(ids)).order_by(feed.c.id)).mappings()
            return [feed_state(row) for row in rows]

    def known_entries(self, feed_id: int, entries: Sequence[FeedEntry]) -> int:
        """How many of these entries the feed's outlet has brought before."""
        with self.reading() as db:
            return len(_known(db, feed_id, _outlet(db, feed_id), entries))

    def record_poll(self, record: PollRecord) -> PollStored:
        """The poll, its new entries, the validators and the time of the next poll, together.

        An entry is known by its key in this feed, or by its page under any feed of the outlet. A known entry
        takes over a changed title, address or update time, and is not fetched again.
        """
        with self.transaction() as db:
            outlet = _outlet(db, record.feed_id)
            known = _known(db, record.feed_id, outlet, record.entries)
            fresh = [found for found in _distinct(record.entries) if found.key not in known]
            insert_all(db, entry, [_entry_columns(record, outlet, found) for found in fresh])
            _refresh(db, known, record.entries)
            db.execute(poll.insert().values(_poll_columns(record, len(fresh))))
            db.execute(update(feed).where(feed.c.id == record.feed_id).values(_feed_columns(record)))
            return PollStored(_ids(db, record.feed_id, fresh), len(known))

    def pause_feed(self, feed_id: int, paused: bool) -> None:
        """Stop or go on polling. Raises NotStored."""
        with self.transaction() as db:
            done = db.execute(update(feed).where(feed.c.id == feed_id).values(paused=paused))
            if not done.rowcount:
                raise NotStored("no such feed", concerns=f"feed {feed_id}", todo="see copydesk feeds list")


def _spec_columns(spec: FeedSpec) -> dict[str, Any]:
    return {
        "url": spec.url,
        "outlet": spec.outlet,
        "country": spec.country.upper(),
        "lang": spec.lang,
        "full_text": spec.full_text,
        "preferred": spec.preferred,
        "listed": True,
    }


def _outlet(db: Connection, feed_id: int) -> str:
    outlet = db.scalar(select(feed.c.outlet).where(feed.c.id == feed_id))
    if outlet is None:
        raise NotStored("no such feed", concerns=f"feed {feed_id}")
    return str(outlet)


def _known(db: Connection, feed_id: int, outlet: str, entries: Sequence[FeedEntry]) -> dict[str, int]:
    """Key of each entry that is stored already -> its id."""
    by_key: dict[str, int] = {}
    by_url: dict[str, int] = {}
    for keys in in_parts(found.key for found in entries):
        rows = db.execute(select(entry.c.key, entry.c.id).where(entry.c.feed_id == feed_id, entry.c.key.in_(keys)))
        by_key.update((row.key, row.id) for row in rows)
    for urls in in_parts(url_key(found.url) for found in entries):
        rows = db.execute(
            select(entry.c.url_key, entry.c.id).where(entry.c.outlet == outlet, entry.c.url_key.in_(urls))
        )
        by_url.update((row.url_key, row.id) for row in rows)
    found_ids = {found.key: by_key.get(found.key) or by_url.get(url_key(found.url)) for found in entries}
    return {key: entry_id for key, entry_id in found_ids.items() if entry_id is not None}


def _distinct(entries: Sequence[FeedEntry]) -> list[FeedEntry]:
    """A feed may list one entry, or one page, twice: the first counts."""
    by_key = {found.key: found for found in reversed(entries)}
    by_url = {url_key(found.url): found for found in reversed(by_key.values())}
    keep = {found.key for found in by_url.values()}
    return [found for found in dict.fromkeys(by_key[found.key] for found in entries) if found.key in keep]


def _entry_columns(record: PollRecord, outlet: str, found: FeedEntry) -> dict[str, Any]:
    return {
        "feed_id": record.feed_id,
        "key": found.key,
        "outlet": outlet,
        "url": found.url,
        "url_key": url_key(found.url),
        "title": found.title,
        "summary": found.summary,
        "content": found.content,
        "authors": list(found.authors),
        "lang": found.lang[:16],
        "source_url": found.source_url,
        **moment_columns("published", found.published),
        **moment_columns("updated", found.updated),
        "status": EntryStatus.NEW.value,
        "next_try": record.polled_at,
        "seen_at": record.polled_at,
    }


def _refresh(db: Connection, known: dict[str, int], entries: Sequence[FeedEntry]) -> None:
    ids = list(known.values())
    stored = {
        row.id: row
        for part in in_parts(ids)
        for row in db.execute(select(entry.c.id, entry.c.title, entry.c.updated).where(entry.c.id.in_(part)))
    }
    for found in entries:
        row = stored.get(known.get(found.key, 0))
        new = {"title": found.title, **moment_columns("updated", found.updated)}
        if row and (row.title, row.updated) != (new["title"], new["updated"]):
            db.execute(update(entry).where(entry.c.id == row.id).values(new))


def _poll_columns(record: PollRecord, new: int) -> dict[str, Any]:
    return {
        "feed_id": record.feed_id,
        "polled_at": record.polled_at,
        "outcome": record.outcome.value,
        "status": record.status,
        "detail": record.detail,
        "entries": len(record.entries),
        "new": new,
    }


def _feed_columns(record: PollRecord) -> dict[str, Any]:
    columns: dict[str, Any] = {
        "next_poll": record.next_poll,
        "interval": record.interval,
        "failures": record.failures,
        "last_outcome": record.outcome.value,
        "last_detail": record.detail,
        "last_poll": record.polled_at,
    }
    if record.validators is not None:
        columns |= {"etag": record.validators.etag, "last_modified": record.validators.last_modified}
    if record.format:
        columns |= {"format": record.format, "title": record.title}
    return columns


def _ids(db: Connection, feed_id: int, fresh: Sequence[FeedEntry]) -> tuple[int, ...]:
    ids: list[int] = []
    for keys in in_parts(found.key for found in fresh):
        ids += db.scalars(select(entry.c.id).where(entry.c.feed_id == feed_id, entry.c.key.in_(keys)))
    return tuple(sorted(ids))
