"""The keys by which candidates are found: a row for each batch of copies, immutable, with all their keys in order.

A row for each key was nine tenths of what placing wrote, and looked up; sorted arrays are searched for a whole batch
at once, and keys older than the window are dropped a row at a time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
from sqlalchemy import Connection, Select, select, update

from pipeline.store.schema.tables import copy, keys
from pipeline.store.statements import in_parts
from pipeline.text.keys import Holders, texts_of_older_keys
from pipeline.text.signatures import KEYS_RECIPE, candidate_keys

# Most keys in the newer part: merging a batch then copies that part alone, not all the keys in memory.
MOST_NEWER = 65_536


def insert_keys(db: Connection, bands: Mapping[int, bytes], newest: datetime, now: datetime) -> None:
    """Store the band keys of some copies, by article; ``newest`` is when the last of them was seen."""
    holders = Holders.from_texts(bands)
    if len(holders):
        row = {"newest": newest, "made_at": now, "recipe": KEYS_RECIPE, "body": holders.packed()}
        db.execute(keys.insert(), row)


def renew_keys(db: Connection, since: datetime, most: int) -> int:
    """Make keys of an older recipe anew from the stored shingles: at most so many rows, the newest first, of copies
    seen at or after ``since``. Return how many were made."""
    query = select(keys.c.id, keys.c.recipe, keys.c.body).where(keys.c.newest >= since, keys.c.recipe != KEYS_RECIPE)
    rows = db.execute(query.order_by(keys.c.newest.desc(), keys.c.id).limit(most)).all()
    for row in rows:
        texts = Holders.unpacked(row.body).texts.tolist() if row.recipe else texts_of_older_keys(row.body)
        holders = Holders.from_texts(_bands_of(db, sorted(set(texts))))
        renewed = {"recipe": KEYS_RECIPE, "body": holders.packed()}
        db.execute(update(keys).where(keys.c.id == row.id).values(renewed))
    return len(rows)


def _bands_of(db: Connection, articles: Sequence[int]) -> dict[int, bytes]:
    query = select(copy.c.article_id, copy.c.shingles)
    rows = [row for part in in_parts(articles) for row in db.execute(query.where(copy.c.article_id.in_(part)))]
    shingles = [np.frombuffer(row.shingles, dtype="<u8").astype(np.uint64, copy=False) for row in rows]
    return dict(zip([row.article_id for row in rows], candidate_keys(shingles), strict=True))


class KeyIndex:
    """The window's keys in memory, in two parts; each batch is merged into the newer one."""

    def __init__(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self._part_ids: set[int] = set()
        self._newer = self._older = Holders.merge([])

    def parts(self, db: Connection, since: datetime, *, keep: bool) -> list[Holders]:
        """Return the keys of copies seen at or after ``since``, and of some before, newest first. With ``keep`` they
        stay in memory."""
        wanted = set(db.scalars(_seen_since(since)))
        if not keep:
            loaded = _load_parts(db, sorted(wanted - self._part_ids, reverse=True))
            return [self._newer, self._older, *loaded]
        # Keys older than the window stay in memory until they are the majority; the copies' times leave them out.
        if len(self._part_ids - wanted) > len(wanted):
            self._clear()
        self._add(_load_parts(db, sorted(wanted - self._part_ids)))
        self._part_ids |= wanted
        return [self._newer, self._older]

    def _add(self, loaded: Sequence[Holders]) -> None:
        self._newer = self._newer.with_newer(Holders.merge(loaded))
        if len(self._newer) > max(MOST_NEWER, len(self._older) // 4):
            self._older = self._older.with_newer(self._newer)
            self._newer = Holders.merge([])


def _seen_since(since: datetime) -> Select[int]:
    # Without an order: SQLite would go through all rows by number instead of by the index.
    return select(keys.c.id).where(keys.c.newest >= since, keys.c.recipe == KEYS_RECIPE)


def _load_parts(db: Connection, numbers: Sequence[int]) -> list[Holders]:
    query = select(keys.c.id, keys.c.body)
    bodies = {row.id: row.body for part in in_parts(numbers) for row in db.execute(query.where(keys.c.id.in_(part)))}
    return [Holders.unpacked(bodies[number]) for number in numbers]
