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

Held = Mapping[int, Sequence[FeedEntry]]
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
OF: BindParameter[Any] = bindparam("of", expanding=True)
NAMES: BindParameter[Any] = bindparam("names", expanding=True)
KEYS: BindParameter[Any] = bindparam("keys", expanding=True)
BY_KEY = select(*COLUMNS, entry.c.feed_id.label("of"), entry.c.key).where(
    entry.c.feed_id.in_(OF), entry.c.key.in_(KEYS)
)
BY_KEY_NOW = (
    select(*COLUMNS, carried.c.feed_id.label("of"), carried.c.key)
    .join(carried, carried.c.entry_id == entry.c.id)
    .where(carried.c.feed_id.in_(OF), carried.c.key.in_(KEYS))
)
BY_URL = select(*COLUMNS, entry.c.outlet, entry.c.url_key.label("at")).where(
    entry.c.outlet.in_(NAMES), entry.c.url_key.in_(KEYS)
)
BY_URL_MOVED = (
    select(*COLUMNS, address.c.outlet, address.c.url_key.label("at"))
    .join(address, address.c.entry_id == entry.c.id)
    .where(address.c.outlet.in_(NAMES), address.c.url_key.in_(KEYS))
)
IDS = select(entry.c.feed_id, entry.c.key, entry.c.id).where(entry.c.feed_id.in_(OF), entry.c.key.in_(KEYS))


def identified(
    db: Connection, held: Held, outlets: Mapping[int, str]
) -> tuple[dict[int, list[FeedEntry]], dict[int, dict[str, StoredEntry]]]:
    """Feed -> its entries, and feed -> key -> what is stored of those that are known.

    An entry whose guid is another's (see :func:`is_same`) goes by its address.
    """
    by_key, by_url = _by_key(db, held), _by_url(db, held, outlets)
    entries: dict[int, list[FeedEntry]] = {feed_id: [] for feed_id in held}
    known: dict[int, dict[str, StoredEntry]] = {feed_id: {} for feed_id in held}
    for feed_id, listed in held.items():
        for found in listed:
            page = by_url.get((outlets[feed_id], url_key(found.url)))
            stored = by_key.get((feed_id, found.key))
            if stored and not is_same(stored, found):
                found = replace(found, key=url_key(found.url))
                stored = page or by_key.get((feed_id, found.key))
            entries[feed_id].append(found)
            if at := stored or page:
                known[feed_id][found.key] = at
    return entries, known


def entry_ids(db: Connection, held: Held) -> dict[int, list[int]]:
    """Feed -> the ids of these entries, all of them stored under their keys."""
    keys = (found.key for entries in held.values() for found in entries)
    rows = _in_parts(db, IDS, keys, of=list(held))
    at = {(row.feed_id, row.key): row.id for row in rows}
    return {feed_id: [at[feed_id, found.key] for found in entries] for feed_id, entries in held.items()}


def _by_key(db: Connection, held: Held) -> dict[tuple[int, str], StoredEntry]:
    """By the guid that a feed gives an entry now, else by the one it was found with."""
    keys = [key for entries in held.values() for found in entries for key in (found.key, url_key(found.url))]
    found = {(row.of, row.key): _known(row) for row in _in_parts(db, BY_KEY, keys, of=list(held))}
    return found | {(row.of, row.key): _known(row) for row in _in_parts(db, BY_KEY_NOW, keys, of=list(held))}


def _by_url(db: Connection, held: Held, outlets: Mapping[int, str]) -> dict[tuple[str, str], StoredEntry]:
    """By the address it was found under, else by one that it moved to."""
    keys = [url_key(found.url) for entries in held.values() for found in entries]
    names = sorted(set(outlets.values()))
    found = {(row.outlet, row.at): _known(row) for row in _in_parts(db, BY_URL_MOVED, keys, names=names)}
    return found | {(row.outlet, row.at): _known(row) for row in _in_parts(db, BY_URL, keys, names=names)}


def _in_parts(db: Connection, query: Select[Any], keys: Iterable[str], **of: Sequence[Any]) -> list[Row[Any]]:
    return [row for part in in_parts(keys) for row in db.execute(query, {"keys": part, **of})]


def _known(row: Row[Any]) -> StoredEntry:
    return StoredEntry(row.id, row.feed_id, row.url_key, row.title, row.published, row.updated, row.said)
