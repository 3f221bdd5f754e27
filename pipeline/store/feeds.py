"""Writes of feeds and polls."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
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

    def known_entries(self, held: Mapping[int, Sequence[FeedEntry]]) -> dict[int, int]:
        """Feed -> how many of these entries of it its outlet has brought before."""
        with self.reading() as db:
            return {feed_id: len(known) for feed_id, known in _known(db, held, _outlets(db, held)).items()}

    def record_poll(self, record: PollRecord) -> PollStored:
        """:meth:`record_polls` of one."""
        return self.record_polls([record])[0]

    def record_polls(self, records: Sequence[PollRecord]) -> list[PollStored]:
        """Polls with their new entries, the validators and the times of the next polls, together.

        An entry is known by its key in this feed, or by its page under any feed of the outlet. A known entry
        takes over a changed title, address or update time, and is not fetched again. A feed stands in the records once.
        """
        held = {record.feed_id: record.entries for record in records}
        with self.transaction() as db:
            outlets = _outlets(db, held)
            known = _known(db, held, outlets)
            fresh = _fresh(records, known, outlets)
            rows = [_entry_columns(r, outlets[r.feed_id], found) for r in records for found in fresh[r.feed_id]]
            insert_all(db, entry, rows)
            _refresh(db, {known[r.feed_id][found.key]: found for r in records for found in reversed(r.entries)
                          if found.key in known[r.feed_id]})  # fmt: skip
            insert_all(db, poll, [_poll_columns(record, len(fresh[record.feed_id])) for record in records])
            for record in records:
                db.execute(update(feed).where(feed.c.id == record.feed_id).values(_feed_columns(record)))
            ids = _ids(db, fresh)
        return [PollStored(tuple(ids[record.feed_id]), len(known[record.feed_id])) for record in records]

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
        "agency": spec.agency,
        "listed": True,
    }


def _outlets(db: Connection, feed_ids: Collection[int]) -> dict[int, str]:
    outlets = {
        row.id: row.outlet for row in db.execute(select(feed.c.id, feed.c.outlet).where(feed.c.id.in_(feed_ids)))
    }
    if missing := sorted(set(feed_ids) - set(outlets)):
        raise NotStored("no such feed", concerns=f"feed {missing[0]}")
    return outlets


def _known(
    db: Connection, held: Mapping[int, Sequence[FeedEntry]], outlets: Mapping[int, str]
) -> dict[int, dict[str, int]]:
    """Feed -> key of each of its entries that is stored already -> its id."""
    by_key = _by_key(db, held)
    by_url = _by_url(db, held, outlets)
    known: dict[int, dict[str, int]] = {feed_id: {} for feed_id in held}
    for feed_id, entries in held.items():
        for found in entries:
            at = by_key.get((feed_id, found.key)) or by_url.get((outlets[feed_id], url_key(found.url)))
            if at is not None:
                known[feed_id][found.key] = at
    return known


def _by_key(db: Connection, held: Mapping[int, Sequence[FeedEntry]]) -> dict[tuple[int, str], int]:
    columns = (entry.c.feed_id, entry.c.key, entry.c.id)
    query = select(*columns).where(entry.c.feed_id.in_(held))
    return {
        (row.feed_id, row.key): row.id
        for keys in in_parts(found.key for entries in held.values() for found in entries)
        for row in db.execute(query.where(entry.c.key.in_(keys)))
    }


def _by_url(
    db: Connection, held: Mapping[int, Sequence[FeedEntry]], outlets: Mapping[int, str]
) -> dict[tuple[str, str], int]:
    query = select(entry.c.outlet, entry.c.url_key, entry.c.id).where(entry.c.outlet.in_(set(outlets.values())))
    return {
        (row.outlet, row.url_key): row.id
        for keys in in_parts(url_key(found.url) for entries in held.values() for found in entries)
        for row in db.execute(query.where(entry.c.url_key.in_(keys)))
    }


def _fresh(
    records: Sequence[PollRecord], known: Mapping[int, Mapping[str, int]], outlets: Mapping[int, str]
) -> dict[int, list[FeedEntry]]:
    """Feed -> its entries that nobody has brought; where two feeds of an outlet bring one page, the first counts."""
    claimed: set[tuple[str, str]] = set()
    fresh: dict[int, list[FeedEntry]] = {}
    for record in records:
        outlet, stored = outlets[record.feed_id], known[record.feed_id]
        fresh[record.feed_id] = [
            found
            for found in _distinct(record.entries)
            if found.key not in stored and (outlet, url_key(found.url)) not in claimed
        ]
        claimed |= {(outlet, url_key(found.url)) for found in fresh[record.feed_id]}
    return fresh


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


def _refresh(db: Connection, known: Mapping[int, FeedEntry]) -> None:
    stored = [
        row
        for part in in_parts(known)
        for row in db.execute(select(entry.c.id, entry.c.title, entry.c.updated).where(entry.c.id.in_(part)))
    ]
    for row in stored:
        found = known[row.id]
        new = {"title": found.title, **moment_columns("updated", found.updated)}
        if (row.title, row.updated) != (new["title"], new["updated"]):
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


def _ids(db: Connection, fresh: Mapping[int, Sequence[FeedEntry]]) -> dict[int, list[int]]:
    stored = _by_key(db, fresh)
    return {feed_id: sorted(stored[feed_id, found.key] for found in entries) for feed_id, entries in fresh.items()}
