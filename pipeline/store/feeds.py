"""Writes of feeds and polls."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, or_, select, update

from pipeline.errors import NotStored
from pipeline.model import (
    Dropped,
    EntryStatus,
    FeedEntry,
    FeedSpec,
    FeedState,
    FlowReason,
    FlowStage,
    Outcome,
    PollRecord,
    PollStored,
)
from pipeline.store.claims import CLAIM, CLOCKS_DIFFER, claim, extend_claims, set_claims
from pipeline.store.delivered_items import settle_withdrawn
from pipeline.store.entry_identity import entry_ids, match_stored
from pipeline.store.exchanges import keep_exchanges
from pipeline.store.feed_acts import FeedActs
from pipeline.store.flow import Counts, count_flow, hour_of
from pipeline.store.outcomes import count_held_feeds, count_polls
from pipeline.store.retry import whole_transaction
from pipeline.store.row_records import delivered_json, feed_state, moment_columns, pace_columns
from pipeline.store.schema.tables import address, article, carried, entry, feed, page, poll
from pipeline.store.statements import in_parts, insert, insert_all, lock_names
from pipeline.text.identity import StoredEntry, content_hash, edit_reason, shared_update_times
from pipeline.text.url import url_key

Planning = Callable[[Mapping[int, int]], Sequence[PollRecord]]

FIRST_INTERVAL = 900.0
READ = (EntryStatus.EXTRACTED, EntryStatus.CLUSTERED)


class Feeds(FeedActs):
    """Feeds as declared, and their polls."""

    @whole_transaction
    def sync(self, specs: Sequence[FeedSpec], now: datetime, first: float = FIRST_INTERVAL) -> None:
        """Make the store's feeds those of ``specs``; a feed no longer listed keeps its history and is not polled.

        A new feed is due at once, and ``first`` seconds is its interval to begin with.
        """
        rows = [_spec_columns(spec) for spec in specs]
        with self._database.transaction() as db:
            db.execute(update(feed).where(feed.c.url.not_in([spec.url for spec in specs])).values(listed=False))
            statement = insert(db, feed)
            values = {name: statement.excluded[name] for name in (rows[0] if rows else ())}
            upsert = statement.on_conflict_do_update(index_elements=["url"], set_=values) if rows else statement
            new = ({**row, "next_poll": now, "interval": first} for row in rows)
            insert_all(db, upsert, list(new))

    def due(self, now: datetime, limit: int | None = None) -> list[int]:
        """Return the ids of due feeds (listed, neither paused nor retired), the longest waiting first."""
        with self._database.reading() as db:
            return list(db.scalars(_due(now, limit)))

    @whole_transaction
    def claim_due(self, now: datetime, limit: int | None = None) -> list[int]:
        """Return the due feeds, claimed for a run: no other gets them until the polls are recorded or claims expire."""
        with self._database.transaction() as db:
            return claim(db, feed, _due(now, limit), now)

    @whole_transaction
    def extend_claims(self, ids: Sequence[int], now: datetime) -> None:
        """Extend the claims of feeds whose polls a run has not recorded yet."""
        with self._database.transaction() as db:
            extend_claims(db, feed, ids, now)

    @whole_transaction
    def release(self, ids: Sequence[int]) -> None:
        """Release feeds that a run claimed and did not poll."""
        with self._database.transaction() as db:
            set_claims(db, feed, ids, None)

    def load(self, ids: Sequence[int]) -> list[FeedState]:
        """Return these feeds, by id."""
        with self._database.reading() as db:
            rows = db.execute(select(feed).where(feed.c.id.in_(ids)).order_by(feed.c.id)).mappings()
            return [feed_state(row) for row in rows]

    def record_poll(self, record: PollRecord) -> PollStored:
        """Record one poll, see :meth:`record_polls`."""
        return self.record_polls([record])[0]

    def record_polls(self, records: Sequence[PollRecord]) -> list[PollStored]:
        """Record polls whose next times do not depend on what is stored, see :meth:`record_planned`."""
        polled_entries = {record.feed_id: record.entries for record in records}
        return self.record_planned(polled_entries, lambda _: records)

    @whole_transaction
    def record_planned(
        self, polled_entries: Mapping[int, Sequence[FeedEntry]], plan: Planning, *, claim_new: bool = False
    ) -> list[PollStored]:
        """Record polls with their new entries, validators and times of the next polls, together.

        ``polled_entries``: the entries of each polled feed. ``plan`` makes the records, given how many of a feed's
        entries are stored already. An entry is stored if its guid is in this feed, or its page under any feed of the
        outlet, whatever guid it has now. A stored entry is updated with what its feed says now; one that has its
        article keeps it, and the edit is noted. ``claim_new``: the new entries are claimed for the run that polls, and
        fetches them next. ``plan`` may be called again where the transaction conflicted with another one.
        """
        with self._database.transaction() as db:
            outlets = _outlets(db, polled_entries)
            lock_names(db, outlets.values())
            entries, stored_entries = match_stored(db, polled_entries, outlets)
            planned = plan({feed_id: len(entries_of_feed) for feed_id, entries_of_feed in stored_entries.items()})
            records = [replace(record, entries=tuple(entries[record.feed_id])) for record in planned]
            new_entries = _new_entries(records, stored_entries, outlets)
            insert_all(db, insert(db, entry).on_conflict_do_nothing(), _entry_rows(records, outlets, new_entries))
            ids = entry_ids(db, new_entries)
            if claim_new:
                for record in records:
                    set_claims(db, entry, ids[record.feed_id], record.polled_at + CLAIM)
            matches = {r.feed_id: _match_entries(r, stored_entries[r.feed_id]) for r in records}
            edits = {r.feed_id: _refresh(db, r, outlets[r.feed_id], matches[r.feed_id]) for r in records}
            _carry(db, records, {at: _current_keys(matches[at], new_entries[at], ids[at]) for at in matches})
            for record in records:
                items = [feed_entry.delivered for feed_entry in new_entries[record.feed_id]]
                settle_withdrawn(db, record.feed_id, items)
            counts = {at: (len(new_entries[at]), len(stored_entries[at])) for at in new_entries}
            rows = [_poll_columns(record, *counts[record.feed_id]) for record in records]
            insert_all(db, poll, rows)
            _update_feeds(db, records)
            keep_exchanges(db, records)
            ready = _ready(db, [at for new in ids.values() for at in new])
            count_polls(db, records)
            _count_listings(db, rows)
        return [
            PollStored(
                tuple(sorted(at for at in ids[r.feed_id] if at in ready and ready[at] <= r.polled_at)),
                len(stored_entries[r.feed_id]),
                edits[r.feed_id],
            )
            for r in records
        ]

    @whole_transaction
    def defer(self, until: Sequence[tuple[int, datetime, datetime]]) -> list[None]:
        """Postpone feeds whose hosts may not be asked now: (id, next poll, now); no poll is counted."""
        with self._database.transaction() as db:
            for feed_id, at, _ in sorted(until):
                db.execute(update(feed).where(feed.c.id == feed_id).values(next_poll=at, claimed_until=None))
            count_held_feeds(db, [feed_id for feed_id, _, _ in until], until[0][2])
        return [None] * len(until)


def _due(now: datetime, limit: int | None) -> Select[tuple[int]]:
    """Select due feeds; one last polled later than now was polled by a clock since set back, and is due."""
    polled = and_(feed.c.listed, feed.c.paused.is_(False), feed.c.retired.is_(False))
    due = or_(feed.c.next_poll <= now, feed.c.last_poll > now + CLOCKS_DIFFER)
    return select(feed.c.id).where(polled, due).order_by(feed.c.next_poll, feed.c.id).limit(limit)


def _spec_columns(spec: FeedSpec) -> dict[str, Any]:
    return {
        "url": spec.url,
        "outlet": spec.outlet,
        "country": spec.country.upper(),
        "lang": spec.lang,
        "full_text": spec.full_text,
        "preferred": spec.preferred,
        "zone": spec.zone,
        "agency": spec.agency,
        "licence": spec.licence,
        "listed": True,
    }


def _outlets(db: Connection, feed_ids: Collection[int]) -> dict[int, str]:
    outlets = {
        row.id: row.outlet for row in db.execute(select(feed.c.id, feed.c.outlet).where(feed.c.id.in_(feed_ids)))
    }
    if missing := sorted(set(feed_ids) - set(outlets)):
        raise NotStored("no such feed", concerns=f"feed {missing[0]}")
    return outlets


def _new_entries(
    records: Sequence[PollRecord], stored_entries: Mapping[int, Mapping[str, StoredEntry]], outlets: Mapping[int, str]
) -> dict[int, list[FeedEntry]]:
    """Return feed -> its entries not stored yet; where two feeds of an outlet list one page, the first has it."""
    claimed: set[tuple[str, str]] = set()
    new_entries: dict[int, list[FeedEntry]] = {}
    for record in records:
        outlet, stored = outlets[record.feed_id], stored_entries[record.feed_id]
        new_entries[record.feed_id] = [
            feed_entry
            for feed_entry in _distinct(record.entries)
            if feed_entry.key not in stored and (outlet, url_key(feed_entry.url)) not in claimed
        ]
        claimed |= {(outlet, url_key(feed_entry.url)) for feed_entry in new_entries[record.feed_id]}
    return new_entries


def _match_entries(
    record: PollRecord, stored_entries: Mapping[str, StoredEntry]
) -> dict[int, tuple[StoredEntry, FeedEntry]]:
    """Return the stored entries by id, each with the feed's entry of this poll."""
    return {
        stored_entries[feed_entry.key].id: (stored_entries[feed_entry.key], feed_entry)
        for feed_entry in reversed(record.entries)
        if feed_entry.key in stored_entries
    }


def _current_keys(
    matches: Mapping[int, tuple[StoredEntry, FeedEntry]], new_entries: Sequence[FeedEntry], ids: Sequence[int]
) -> dict[int, str]:
    """Return the key that the feed gives each of its entries now, by the entry's id."""
    return {at: feed_entry.key for at, (_, feed_entry) in matches.items()} | {
        at: feed_entry.key for at, feed_entry in zip(ids, new_entries, strict=True)
    }


def _ready(db: Connection, ids: Sequence[int]) -> dict[int, datetime]:
    """Return entries that wait to be read, with the time from which they may be: an embargo may delay one."""
    query = select(entry.c.id, entry.c.next_try).where(entry.c.status == EntryStatus.NEW.value)
    rows = (row for part in in_parts(ids) for row in db.execute(query.where(entry.c.id.in_(part))))
    return {row.id: row.next_try for row in rows}


def _distinct(entries: Sequence[FeedEntry]) -> list[FeedEntry]:
    """Return the entries without repeats: where a feed lists one entry, or one page, twice, the first counts."""
    by_key = {feed_entry.key: feed_entry for feed_entry in reversed(entries)}
    by_url = {url_key(feed_entry.url): feed_entry for feed_entry in reversed(by_key.values())}
    keep = {feed_entry.key for feed_entry in by_url.values()}
    return [
        feed_entry
        for feed_entry in dict.fromkeys(by_key[feed_entry.key] for feed_entry in entries)
        if feed_entry.key in keep
    ]


def _entry_rows(
    records: Sequence[PollRecord], outlets: Mapping[int, str], new_entries: Mapping[int, Sequence[FeedEntry]]
) -> list[dict[str, Any]]:
    by_record = ((record, feed_entry) for record in records for feed_entry in new_entries[record.feed_id])
    return [_entry_columns(record, outlets[record.feed_id], feed_entry) for record, feed_entry in by_record]


def _entry_columns(record: PollRecord, outlet: str, feed_entry: FeedEntry) -> dict[str, Any]:
    item = feed_entry.delivered
    embargoed = item.embargoed if item else None
    return {
        "feed_id": record.feed_id,
        "key": feed_entry.key,
        "outlet": outlet,
        "url": feed_entry.url,
        "url_key": url_key(feed_entry.url),
        **entry_text_columns(feed_entry),
        "guid": item.guid if item else "",
        "delivered": delivered_json(item) if item else None,
        "status": EntryStatus.NEW.value,
        "next_try": max(record.polled_at, embargoed or record.polled_at),
        "seen_at": record.polled_at,
    }


def entry_text_columns(feed_entry: FeedEntry) -> dict[str, Any]:
    """Return the columns of what an entry says."""
    return {
        "title": feed_entry.title,
        "summary": feed_entry.summary,
        "content": feed_entry.content,
        "authors": list(feed_entry.authors),
        "lang": feed_entry.lang[:16],
        "source_url": feed_entry.source_url,
        "said": content_hash(feed_entry),
        **moment_columns("published", feed_entry.published),
        **moment_columns("updated", feed_entry.updated),
    }


def _carry(db: Connection, records: Sequence[PollRecord], keys_now: Mapping[int, Mapping[int, str]]) -> None:
    """Store that the feeds carry these entries, and the key that each gives them now."""
    query = select(carried.c.feed_id, carried.c.entry_id, carried.c.key).where(carried.c.feed_id.in_(keys_now))
    keys_before: dict[tuple[int, int], str] = {}
    for part in in_parts(at for keys in keys_now.values() for at in keys):
        stored_keys = db.execute(query.where(carried.c.entry_id.in_(part)))
        keys_before |= {(row.feed_id, row.entry_id): row.key for row in stored_keys}
    rows = [
        {"feed_id": record.feed_id, "entry_id": at, "key": key, "first_seen": record.polled_at}
        for record in records
        for at, key in keys_now[record.feed_id].items()
        if keys_before.get((record.feed_id, at)) != key
    ]
    statement = insert(db, carried)
    upsert = statement.on_conflict_do_update(
        index_elements=["feed_id", "entry_id"], set_={"key": statement.excluded.key}
    )
    insert_all(db, upsert, rows)


def _refresh(
    db: Connection, record: PollRecord, outlet: str, matches: Mapping[int, tuple[StoredEntry, FeedEntry]]
) -> int:
    """Update entries with what their own feed says now. Return how many were edited after they had an article.

    Another feed of the outlet words the same page its own way: taken over, two feeds would edit each other for ever.
    """
    own_matches = {at: pair for at, pair in matches.items() if pair[0].feed_id == record.feed_id}
    own_matches = _without_removed(db, own_matches)
    _note_moves(db, outlet, own_matches)
    status: dict[int, EntryStatus] = {}
    for part in in_parts(own_matches):
        rows = db.execute(select(entry.c.id, entry.c.status).where(entry.c.id.in_(part)))
        status |= {row.id: EntryStatus(row.status) for row in rows}
    stamps, edits = shared_update_times(record.entries), 0
    reasons = {at: edit_reason(stored, feed_entry, stamps) for at, (stored, feed_entry) in own_matches.items()}
    from_feed = _entries_from_feed(db, [at for at, reason in reasons.items() if reason])
    for at, (stored, feed_entry) in own_matches.items():
        reason = reasons[at]
        moved = stored.url_key != url_key(feed_entry.url)
        if reason or moved or stored.content_hash is None:
            columns = _edit_columns(feed_entry, status[at], reason, record)
            # An article read from the feed's own text is read again from its present text.
            columns |= (
                {"content": feed_entry.content, "summary": feed_entry.summary}
                if at in from_feed and feed_entry.content
                else {}
            )
            edits += "edits" in columns
            db.execute(update(entry).where(entry.c.id == at).values(columns))
    return edits


def _without_removed(
    db: Connection, matches: Mapping[int, tuple[StoredEntry, FeedEntry]]
) -> dict[int, tuple[StoredEntry, FeedEntry]]:
    """Return the matches without entries whose text was removed: what the feed says of them is not stored again."""
    query = select(entry.c.id).where(entry.c.status == EntryStatus.REMOVED.value)
    removed = {at for part in in_parts(matches) for at in db.scalars(query.where(entry.c.id.in_(part)))}
    return {at: pair for at, pair in matches.items() if at not in removed}


def _entries_from_feed(db: Connection, ids: Sequence[int]) -> set[int]:
    """Return the entries whose article was read from their feed, not from a page."""
    query = select(article.c.entry_id).join(page, page.c.id == article.c.page_id).where(page.c.status == 0)
    return {at for part in in_parts(ids) for at in db.scalars(query.where(article.c.entry_id.in_(part)))}


def _edit_columns(feed_entry: FeedEntry, status: EntryStatus, reason: str, record: PollRecord) -> dict[str, Any]:
    """Return what changes of an entry: all of it while it waits; else title and time, and that it was edited.

    An entry that failed is tried again when it is edited. One with an article keeps it.
    """
    if status in (EntryStatus.NEW, EntryStatus.RETRY):
        return entry_text_columns(feed_entry) | {"url": feed_entry.url}
    columns = {
        "title": feed_entry.title,
        "said": content_hash(feed_entry),
        **moment_columns("updated", feed_entry.updated),
    }
    if not reason:
        return columns
    if status is EntryStatus.FAILED:
        return columns | {"status": EntryStatus.RETRY.value, "next_try": record.polled_at, "url": feed_entry.url}
    revisit = {"revisit_at": record.polled_at} if status in READ else {}
    return columns | {"edited_at": record.polled_at, "edits": entry.c.edits + 1, **revisit}


def _note_moves(db: Connection, outlet: str, matches: Mapping[int, tuple[StoredEntry, FeedEntry]]) -> None:
    """Store the new addresses of entries whose link moved: they are matched under both from now on."""
    rows = [
        {"outlet": outlet, "url_key": url_key(feed_entry.url), "entry_id": at}
        for at, (stored, feed_entry) in matches.items()
        if stored.url_key != url_key(feed_entry.url)
    ]
    insert_all(db, insert(db, address).on_conflict_do_nothing(), rows)


def _poll_columns(record: PollRecord, new_count: int, known_count: int) -> dict[str, Any]:
    dropped = {reason.value: count for reason, count in record.dropped}
    # Entries listed twice, by key or page, or listed in this poll by another feed of the outlet too.
    if repeats := len(record.entries) - new_count - known_count:
        dropped[Dropped.DUPLICATE.value] = repeats
    return {
        "feed_id": record.feed_id,
        "polled_at": record.polled_at,
        "outcome": record.outcome.value,
        "status": record.status,
        "detail": record.detail,
        "entries": len(record.entries),
        "new": new_count,
        "known": known_count,
        "dropped": dropped,
        "seen": new_count + known_count + sum(dropped.values()),
    }


def _count_listings(db: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Count what the polls of these rows listed."""
    by_hour: dict[datetime, Counts] = defaultdict(Counter)
    for row in rows:
        reasons = {FlowReason.NEW.value: row["new"], FlowReason.REPEAT.value: row["known"], **row["dropped"]}
        by_hour[hour_of(row["polled_at"])].update(
            {(FlowStage.LISTING, reason): times for reason, times in reasons.items()}
        )
    for hour, counts in sorted(by_hour.items()):
        count_flow(db, hour, counts)


def _update_feeds(db: Connection, records: Sequence[PollRecord]) -> None:
    """Update the feeds, in one statement for all records that set the same columns."""
    rows_by_columns: dict[frozenset[str], list[dict[str, Any]]] = {}
    for record in records:
        row = _feed_columns(record)
        values = {f"new_{name}": value for name, value in row.items()}
        rows_by_columns.setdefault(frozenset(row), []).append({"of": record.feed_id, **values})
    for columns, rows in rows_by_columns.items():
        values = {name: bindparam(f"new_{name}", type_=feed.c[name].type) for name in sorted(columns)}
        db.execute(update(feed).where(feed.c.id == bindparam("of")).values(values), rows)


def _feed_columns(record: PollRecord) -> dict[str, Any]:
    columns: dict[str, Any] = {
        "next_poll": record.next_poll,
        "interval": record.interval,
        "failures": record.failures,
        "last_outcome": record.outcome.value,
        "last_detail": record.detail,
        "last_poll": record.polled_at,
        "claimed_until": None,
        **pace_columns(record.pace),
    }
    if record.validators is not None:
        columns |= {"etag": record.validators.etag, "last_modified": record.validators.last_modified}
    if record.final_url:
        columns |= {"final_url": record.final_url, "self_url": record.self_url}
    if record.format:
        columns |= {"format": record.format, "title": record.title}
    if record.format and record.outcome in (Outcome.OK, Outcome.LYING_304):
        columns |= {"entries": len(record.entries), "whole_at": record.polled_at}
    if record.format and record.outcome is Outcome.LYING_304:
        columns |= {"lied_at": record.polled_at}
    return columns
