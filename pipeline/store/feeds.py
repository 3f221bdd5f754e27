"""Writes of feeds and polls."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, or_, select, update

from pipeline.errors import NotStored
from pipeline.model import Dropped, EntryStatus, FeedEntry, FeedSpec, FeedState, Outcome, PollRecord, PollStored
from pipeline.store.claims import CLAIM, CLOCKS_DIFFER, claim, extend_claims, set_claims
from pipeline.store.database import Subject
from pipeline.store.delivered_items import settle_withdrawn
from pipeline.store.entry_identity import entry_ids, identified
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


class Feeds(Subject):
    """Feeds as declared, and what polls brought."""

    @whole_transaction
    def sync(self, specs: Sequence[FeedSpec], now: datetime, first: float = FIRST_INTERVAL) -> None:
        """Make the store's feeds those of ``specs``; what is no longer listed rests with its history.

        A new feed is due at once, and ``first`` seconds is its interval to begin with.
        """
        rows = [_spec_columns(spec) for spec in specs]
        with self._database.transaction() as db:
            db.execute(update(feed).where(feed.c.url.not_in([spec.url for spec in specs])).values(listed=False))
            statement = insert(db, feed)
            told = {name: statement.excluded[name] for name in (rows[0] if rows else ())}
            again = statement.on_conflict_do_update(index_elements=["url"], set_=told) if rows else statement
            new = ({**row, "next_poll": now, "interval": first} for row in rows)
            insert_all(db, again, list(new))

    def due(self, now: datetime, limit: int | None = None) -> list[int]:
        """Ids of listed feeds, neither paused nor retired, whose time has come, the longest waiting first."""
        with self._database.reading() as db:
            return list(db.scalars(_due(now, limit)))

    @whole_transaction
    def claim_due(self, now: datetime, limit: int | None = None) -> list[int]:
        """The same, claimed for a run: no other run gets them until their polls are recorded or the claim expires."""
        with self._database.transaction() as db:
            return claim(db, feed, _due(now, limit), now)

    @whole_transaction
    def extend_claims(self, ids: Sequence[int], now: datetime) -> None:
        """Hold what a run claimed and has not recorded yet for longer."""
        with self._database.transaction() as db:
            extend_claims(db, feed, ids, now)

    @whole_transaction
    def release(self, ids: Sequence[int]) -> None:
        """Give back what a run claimed and did not poll."""
        with self._database.transaction() as db:
            set_claims(db, feed, ids, None)

    def load(self, ids: Sequence[int]) -> list[FeedState]:
        """These feeds, by id."""
        with self._database.reading() as db:
            rows = db.execute(select(feed).where(feed.c.id.in_(ids)).order_by(feed.c.id)).mappings()
            return [feed_state(row) for row in rows]

    def record_poll(self, record: PollRecord) -> PollStored:
        """:meth:`record_polls` of one."""
        return self.record_polls([record])[0]

    def record_polls(self, records: Sequence[PollRecord]) -> list[PollStored]:
        """:meth:`record_planned` of polls that ask nothing of what is known."""
        held = {record.feed_id: record.entries for record in records}
        return self.record_planned(held, lambda _known: records)

    @whole_transaction
    def record_planned(
        self, held: Mapping[int, Sequence[FeedEntry]], plan: Planning, *, claim_new: bool = False
    ) -> list[PollStored]:
        """Polls with their new entries, the validators and the times of the next polls, together.

        ``held`` are the entries of each feed that was polled; ``plan`` makes the records of how many of them its
        outlet has brought before. An entry is known by its guid in this feed, or by its page under any feed of the
        outlet, whatever guid it has now. A known entry takes over what its feed says now; one that has its article
        keeps it, and the edit is noted. ``claim_new``: the new entries are claimed for the run that polls, and fetches
        them next. ``plan`` may be called again where the transaction met another one.
        """
        with self._database.transaction() as db:
            outlets = _outlets(db, held)
            lock_names(db, outlets.values())
            entries, known = identified(db, held, outlets)
            planned = plan({feed_id: len(stored) for feed_id, stored in known.items()})
            records = [replace(record, entries=tuple(entries[record.feed_id])) for record in planned]
            fresh = _fresh(records, known, outlets)
            rows = [_entry_columns(r, outlets[r.feed_id], found) for r in records for found in fresh[r.feed_id]]
            insert_all(db, insert(db, entry).on_conflict_do_nothing(), rows)
            ids = entry_ids(db, fresh)
            if claim_new:
                for record in records:
                    set_claims(db, entry, ids[record.feed_id], record.polled_at + CLAIM)
            told = {r.feed_id: _told(r, known[r.feed_id]) for r in records}
            edits = {r.feed_id: _refresh(db, r, outlets[r.feed_id], told[r.feed_id]) for r in records}
            _carry(db, records, {at: _called(told[at], fresh[at], ids[at]) for at in told})
            for record in records:
                settle_withdrawn(db, record.feed_id, [found.delivered for found in fresh[record.feed_id]])
            insert_all(db, poll, [_poll_columns(record, len(fresh[record.feed_id]), len(known[record.feed_id]))
                                for record in records])  # fmt: skip
            _update_feeds(db, records)
            count_polls(db, records)
            ready = _ready(db, [at for new in ids.values() for at in new])
        return [
            PollStored(
                tuple(sorted(at for at in ids[r.feed_id] if at in ready and ready[at] <= r.polled_at)),
                len(known[r.feed_id]),
                edits[r.feed_id],
            )
            for r in records
        ]

    @whole_transaction
    def defer(self, until: Sequence[tuple[int, datetime, datetime]]) -> list[None]:
        """Feeds whose hosts were not to be asked at a time: no poll, but a later time for it (id, later, now)."""
        with self._database.transaction() as db:
            for feed_id, at, _ in sorted(until):
                db.execute(update(feed).where(feed.c.id == feed_id).values(next_poll=at, claimed_until=None))
            count_held_feeds(db, [feed_id for feed_id, _, _ in until], until[0][2])
        return [None] * len(until)

    def pause(self, feed_id: int, paused: bool, now: datetime | None = None) -> None:
        """Stop polling, or go on at once (``now``), also where the feed was retired. Raises NotStored."""
        resumed: dict[str, Any] = {} if paused else {"retired": False, "failing_since": None, "failures": 0}
        if now and not paused:
            resumed |= {"next_poll": now, "claimed_until": None}
        with self._database.transaction() as db:
            done = db.execute(update(feed).where(feed.c.id == feed_id).values(paused=paused, **resumed))
            if not done.rowcount:
                raise NotStored("no such feed", concerns=f"feed {feed_id}", todo="see copydesk feeds list")


def _due(now: datetime, limit: int | None) -> Select[tuple[int]]:
    """A last poll that lies ahead was written by a clock that has been set back, and so was the time of the next."""
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


def _fresh(
    records: Sequence[PollRecord], known: Mapping[int, Mapping[str, StoredEntry]], outlets: Mapping[int, str]
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


def _told(record: PollRecord, known: Mapping[str, StoredEntry]) -> dict[int, tuple[StoredEntry, FeedEntry]]:
    """Known entries by id, with what the feed says of each now."""
    return {known[now.key].id: (known[now.key], now) for now in reversed(record.entries) if now.key in known}


def _called(
    told: Mapping[int, tuple[StoredEntry, FeedEntry]], fresh: Sequence[FeedEntry], ids: Sequence[int]
) -> dict[int, str]:
    """What the feed calls each of its entries by now."""
    return {at: now.key for at, (_, now) in told.items()} | {
        at: found.key for at, found in zip(ids, fresh, strict=True)
    }


def _ready(db: Connection, ids: Sequence[int]) -> dict[int, datetime]:
    """Those that wait to be read, neither withdrawn nor read, and from when on: an embargo may hold one back."""
    query = select(entry.c.id, entry.c.next_try).where(entry.c.status == EntryStatus.NEW.value)
    rows = (row for part in in_parts(ids) for row in db.execute(query.where(entry.c.id.in_(part))))
    return {row.id: row.next_try for row in rows}


def _distinct(entries: Sequence[FeedEntry]) -> list[FeedEntry]:
    """A feed may list one entry, or one page, twice: the first counts."""
    by_key = {found.key: found for found in reversed(entries)}
    by_url = {url_key(found.url): found for found in reversed(by_key.values())}
    keep = {found.key for found in by_url.values()}
    return [found for found in dict.fromkeys(by_key[found.key] for found in entries) if found.key in keep]


def _entry_columns(record: PollRecord, outlet: str, found: FeedEntry) -> dict[str, Any]:
    item = found.delivered
    embargoed = item.embargoed if item else None
    return {
        "feed_id": record.feed_id,
        "key": found.key,
        "outlet": outlet,
        "url": found.url,
        "url_key": url_key(found.url),
        **_words(found),
        "guid": item.guid if item else "",
        "delivered": delivered_json(item) if item else None,
        "status": EntryStatus.NEW.value,
        "next_try": max(record.polled_at, embargoed or record.polled_at),
        "seen_at": record.polled_at,
    }


def _words(found: FeedEntry) -> dict[str, Any]:
    return {
        "title": found.title,
        "summary": found.summary,
        "content": found.content,
        "authors": list(found.authors),
        "lang": found.lang[:16],
        "source_url": found.source_url,
        "said": content_hash(found),
        **moment_columns("published", found.published),
        **moment_columns("updated", found.updated),
    }


def _carry(db: Connection, records: Sequence[PollRecord], now_called: Mapping[int, Mapping[int, str]]) -> None:
    """Note that the feeds carry these entries, and what each calls them by now."""
    query = select(carried.c.feed_id, carried.c.entry_id, carried.c.key).where(carried.c.feed_id.in_(now_called))
    called: dict[tuple[int, int], str] = {}
    for part in in_parts(at for told in now_called.values() for at in told):
        found = db.execute(query.where(carried.c.entry_id.in_(part)))
        called |= {(row.feed_id, row.entry_id): row.key for row in found}
    rows = [
        {"feed_id": record.feed_id, "entry_id": at, "key": key, "first_seen": record.polled_at}
        for record in records
        for at, key in now_called[record.feed_id].items()
        if called.get((record.feed_id, at)) != key
    ]
    statement = insert(db, carried)
    again = statement.on_conflict_do_update(
        index_elements=["feed_id", "entry_id"], set_={"key": statement.excluded.key}
    )
    insert_all(db, again, rows)


def _refresh(
    db: Connection, record: PollRecord, outlet: str, found: Mapping[int, tuple[StoredEntry, FeedEntry]]
) -> int:
    """Take over what the entries' own feed says of them now; how many were edited after they had their article.

    What another feed of the outlet says of a page is its own words: two feeds would edit each other for ever.
    """
    own = {at: pair for at, pair in found.items() if pair[0].feed_id == record.feed_id}
    _note_moves(db, outlet, own)
    status: dict[int, EntryStatus] = {}
    for part in in_parts(own):
        rows = db.execute(select(entry.c.id, entry.c.status).where(entry.c.id.in_(part)))
        status |= {row.id: EntryStatus(row.status) for row in rows}
    stamps, edits = shared_update_times(record.entries), 0
    reasons = {at: edit_reason(known, now, stamps) for at, (known, now) in own.items()}
    carried_whole = _carried_whole(db, [at for at, reason in reasons.items() if reason])
    for at, (known, now) in own.items():
        reason = reasons[at]
        moved = known.url_key != url_key(now.url)
        if reason or moved or known.content_hash is None:
            columns = _told_now(now, status[at], reason, record)
            # Where the feed's own text is the page, it is read again as it stands now.
            columns |= {"content": now.content, "summary": now.summary} if at in carried_whole and now.content else {}
            edits += "edits" in columns
            db.execute(update(entry).where(entry.c.id == at).values(columns))
    return edits


def _carried_whole(db: Connection, ids: Sequence[int]) -> set[int]:
    """Those whose article was read from their feed, not from a page."""
    query = select(article.c.entry_id).join(page, page.c.id == article.c.page_id).where(page.c.status == 0)
    return {at for part in in_parts(ids) for at in db.scalars(query.where(article.c.entry_id.in_(part)))}


def _told_now(now: FeedEntry, status: EntryStatus, reason: str, record: PollRecord) -> dict[str, Any]:
    """What changes of an entry: all of it while it waits; else title and time, with a note that it was edited.

    An entry that came to nothing is tried again when it is edited. One with an article keeps it.
    """
    if status in (EntryStatus.NEW, EntryStatus.RETRY):
        return _words(now) | {"url": now.url}
    columns = {"title": now.title, "said": content_hash(now), **moment_columns("updated", now.updated)}
    if not reason:
        return columns
    if status is EntryStatus.FAILED:
        return columns | {"status": EntryStatus.RETRY.value, "next_try": record.polled_at, "url": now.url}
    looked_at = {"revisit_at": record.polled_at} if status in READ else {}
    return columns | {"edited_at": record.polled_at, "edits": entry.c.edits + 1, **looked_at}


def _note_moves(db: Connection, outlet: str, found: Mapping[int, tuple[StoredEntry, FeedEntry]]) -> None:
    """An entry whose link moved is known under both addresses from now on."""
    rows = [
        {"outlet": outlet, "url_key": url_key(now.url), "entry_id": at}
        for at, (known, now) in found.items()
        if known.url_key != url_key(now.url)
    ]
    insert_all(db, insert(db, address).on_conflict_do_nothing(), rows)


def _poll_columns(record: PollRecord, new: int, known: int) -> dict[str, Any]:
    dropped = {reason.value: count for reason, count in record.dropped}
    # Listed twice, by its key or its page, or brought at this moment by another feed of the outlet.
    if again := len(record.entries) - new - known:
        dropped[Dropped.DUPLICATE.value] = again
    return {
        "feed_id": record.feed_id,
        "polled_at": record.polled_at,
        "outcome": record.outcome.value,
        "status": record.status,
        "detail": record.detail,
        "entries": len(record.entries),
        "new": new,
        "known": known,
        "dropped": dropped,
        "seen": new + known + sum(dropped.values()),
    }


def _update_feeds(db: Connection, records: Sequence[PollRecord]) -> None:
    """In one statement for all records that set the same columns."""
    alike: dict[frozenset[str], list[dict[str, Any]]] = {}
    for record in records:
        row = _feed_columns(record)
        told = {f"new_{name}": value for name, value in row.items()}
        alike.setdefault(frozenset(row), []).append({"of": record.feed_id, **told})
    for columns, rows in alike.items():
        told = {name: bindparam(f"new_{name}", type_=feed.c[name].type) for name in sorted(columns)}
        db.execute(update(feed).where(feed.c.id == bindparam("of")).values(told), rows)


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
