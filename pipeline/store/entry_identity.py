"""Which entries of a poll are stored already: by guid in their feed, or by address under any feed of the outlet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import BindParameter, Connection, Row, Select, bindparam, select

from pipeline.model import FeedEntry
from pipeline.store.schema.tables import address, carried, entry
from pipeline.store.statements import in_parts
from pipeline.text.identity import StoredEntry, is_same
from pipeline.text.url import url_key

PolledEntries = Mapping[int, Sequence[FeedEntry]]
COLUMNS = (
    entry.c.id,
    entry.c.feed_id,
    entry.c.url_key,
    entry.c.title,
    entry.c.published,
    entry.c.updated,
    entry.c.said,
)

# Built once: to build them, and their keys in SQLAlchemy's cache, took longer than SQLite does to answer.
FEED_IDS: BindParameter[Any] = bindparam("feed_ids", expanding=True)
NAMES: BindParameter[Any] = bindparam("names", expanding=True)
KEYS: BindParameter[Any] = bindparam("keys", expanding=True)
BY_KEY = select(*COLUMNS, entry.c.feed_id.label("carrier"), entry.c.key).where(
    entry.c.feed_id.in_(FEED_IDS), entry.c.key.in_(KEYS)
)
BY_KEY_NOW = (
    select(*COLUMNS, carried.c.feed_id.label("carrier"), carried.c.key)
    .join(carried, carried.c.entry_id == entry.c.id)
    .where(carried.c.feed_id.in_(FEED_IDS), carried.c.key.in_(KEYS))
)
BY_URL = select(*COLUMNS, entry.c.outlet, entry.c.url_key.label("at")).where(
    entry.c.outlet.in_(NAMES), entry.c.url_key.in_(KEYS)
)
BY_URL_MOVED = (
    select(*COLUMNS, address.c.outlet, address.c.url_key.label("at"))
    .join(address, address.c.entry_id == entry.c.id)
    .where(address.c.outlet.in_(NAMES), address.c.url_key.in_(KEYS))
)
IDS = select(entry.c.feed_id, entry.c.key, entry.c.id).where(entry.c.feed_id.in_(FEED_IDS), entry.c.key.in_(KEYS))


def match_stored(
    db: Connection, polled_entries: PolledEntries, outlets: Mapping[int, str]
) -> tuple[dict[int, list[FeedEntry]], dict[int, dict[str, StoredEntry]]]:
    """Match polled entries with stored ones: return feed -> its entries, and feed -> key -> the stored entry.

    An entry whose guid belongs to another stored entry (see :func:`is_same`) is matched by its address.
    """
    by_key, by_url = _by_key(db, polled_entries), _by_url(db, polled_entries, outlets)
    entries: dict[int, list[FeedEntry]] = {feed_id: [] for feed_id in polled_entries}
    stored_entries: dict[int, dict[str, StoredEntry]] = {feed_id: {} for feed_id in polled_entries}
    for feed_id, listed in polled_entries.items():
        for feed_entry in listed:
            page = by_url.get((outlets[feed_id], url_key(feed_entry.url)))
            stored = by_key.get((feed_id, feed_entry.key))
            if stored and not is_same(stored, feed_entry):
                feed_entry = replace(feed_entry, key=url_key(feed_entry.url))
                stored = page or by_key.get((feed_id, feed_entry.key))
            entries[feed_id].append(feed_entry)
            if at := stored or page:
                stored_entries[feed_id][feed_entry.key] = at
    return entries, stored_entries


def entry_ids(db: Connection, polled_entries: PolledEntries) -> dict[int, list[int]]:
    """Return feed -> the ids of these entries, all of them stored under their keys."""
    keys = (feed_entry.key for entries in polled_entries.values() for feed_entry in entries)
    rows = _in_parts(db, IDS, keys, feed_ids=list(polled_entries))
    at = {(row.feed_id, row.key): row.id for row in rows}
    return {
        feed_id: [at[feed_id, feed_entry.key] for feed_entry in entries] for feed_id, entries in polled_entries.items()
    }


def _by_key(db: Connection, polled_entries: PolledEntries) -> dict[tuple[int, str], StoredEntry]:
    """Find stored entries by the guid that a feed gives them now, else by the one they were first stored with."""
    keys = [
        key
        for entries in polled_entries.values()
        for feed_entry in entries
        for key in (feed_entry.key, url_key(feed_entry.url))
    ]
    entries = {
        (row.carrier, row.key): _stored_entry(row) for row in _in_parts(db, BY_KEY, keys, feed_ids=list(polled_entries))
    }
    return entries | {
        (row.carrier, row.key): _stored_entry(row)
        for row in _in_parts(db, BY_KEY_NOW, keys, feed_ids=list(polled_entries))
    }


def _by_url(
    db: Connection, polled_entries: PolledEntries, outlets: Mapping[int, str]
) -> dict[tuple[str, str], StoredEntry]:
    """Find stored entries by the address they were first stored with, else by one that they moved to."""
    keys = [url_key(feed_entry.url) for entries in polled_entries.values() for feed_entry in entries]
    names = sorted(set(outlets.values()))
    entries = {(row.outlet, row.at): _stored_entry(row) for row in _in_parts(db, BY_URL_MOVED, keys, names=names)}
    return entries | {(row.outlet, row.at): _stored_entry(row) for row in _in_parts(db, BY_URL, keys, names=names)}


def _in_parts(db: Connection, query: Select[Any], keys: Iterable[str], **parameters: Sequence[Any]) -> list[Row[Any]]:
    return [row for part in in_parts(keys) for row in db.execute(query, {"keys": part, **parameters})]


def _stored_entry(row: Row[Any]) -> StoredEntry:
    return StoredEntry(row.id, row.feed_id, row.url_key, row.title, row.published, row.updated, row.said)
