"""Which entries of a poll are stored already: by guid in their feed, or by address under any feed of the outlet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, select

from pipeline.model import FeedEntry
from pipeline.store.base import in_parts
from pipeline.store.tables import address, carried, entry
from pipeline.text.identity import Known, is_same
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


def identified(
    db: Connection, held: Held, outlets: Mapping[int, str]
) -> tuple[dict[int, list[FeedEntry]], dict[int, dict[str, Known]]]:
    """Feed -> its entries, and feed -> key -> what is stored of those that are known.

    An entry whose guid is another's (see :func:`is_same`) goes by its address.
    """
    by_key, by_url = _by_key(db, held), _by_url(db, held, outlets)
    entries: dict[int, list[FeedEntry]] = {feed_id: [] for feed_id in held}
    known: dict[int, dict[str, Known]] = {feed_id: {} for feed_id in held}
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
    rows = _in_parts(
        db, select(entry.c.feed_id, entry.c.key, entry.c.id).where(entry.c.feed_id.in_(held)), entry.c.key, keys
    )
    at = {(row.feed_id, row.key): row.id for row in rows}
    return {feed_id: [at[feed_id, found.key] for found in entries] for feed_id, entries in held.items()}


def _by_key(db: Connection, held: Held) -> dict[tuple[int, str], Known]:
    """By the guid that a feed gives an entry now, else by the one it was found with."""
    keys = [key for entries in held.values() for found in entries for key in (found.key, url_key(found.url))]
    first = select(*COLUMNS, entry.c.feed_id.label("of"), entry.c.key).where(entry.c.feed_id.in_(held))
    now = select(*COLUMNS, carried.c.feed_id.label("of"), carried.c.key).join(carried, carried.c.entry_id == entry.c.id)
    now = now.where(carried.c.feed_id.in_(held))
    found = {(row.of, row.key): _known(row) for row in _in_parts(db, first, entry.c.key, keys)}
    return found | {(row.of, row.key): _known(row) for row in _in_parts(db, now, carried.c.key, keys)}


def _by_url(db: Connection, held: Held, outlets: Mapping[int, str]) -> dict[tuple[str, str], Known]:
    """By the address it was found under, else by one that it moved to."""
    keys = [url_key(found.url) for entries in held.values() for found in entries]
    names = set(outlets.values())
    first = select(*COLUMNS, entry.c.outlet, entry.c.url_key.label("at")).where(entry.c.outlet.in_(names))
    moved = select(*COLUMNS, address.c.outlet, address.c.url_key.label("at"))
    moved = moved.join(address, address.c.entry_id == entry.c.id).where(address.c.outlet.in_(names))
    found = {(row.outlet, row.at): _known(row) for row in _in_parts(db, moved, address.c.url_key, keys)}
    return found | {(row.outlet, row.at): _known(row) for row in _in_parts(db, first, entry.c.url_key, keys)}


def _in_parts(db: Connection, query: Any, column: Any, values: Iterable[str]) -> list[Row[Any]]:
    return [row for part in in_parts(values) for row in db.execute(query.where(column.in_(part)))]


def _known(row: Row[Any]) -> Known:
    return Known(row.id, row.feed_id, row.url_key, row.title, row.published, row.updated, row.said)
