"""Claims: what one run works on is left alone by all others until it is recorded or the claim expires."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, or_, update

from pipeline.store.statements import in_parts

# How long a claim holds unless it is extended: a killed run's work is taken up after it.
CLAIM = timedelta(minutes=30)
# How far the clocks of two machines may be apart.
CLOCKS_DIFFER = timedelta(minutes=5)


def unclaimed(table: Table, now: datetime) -> ColumnElement[bool]:
    """Rows that nobody claims: expired claims count for none, nor do those of a clock that was set back."""
    until = table.c.claimed_until
    return or_(until.is_(None), until <= now, until > now + 2 * CLAIM)


def claim(db: Connection, table: Table, due: Select[Any], now: datetime) -> list[int]:
    """Claim the rows that ``due`` selects by id, those that another transaction is claiming left out; their ids."""
    ids = list(db.scalars(due.where(unclaimed(table, now)).with_for_update(skip_locked=True, of=table)))
    set_claims(db, table, ids, now + CLAIM)
    return ids


def extend_claims(db: Connection, table: Table, ids: Sequence[int], now: datetime) -> None:
    """Hold these rows' claims for longer; what was recorded meanwhile is claimed no more, and stays so."""
    for part in in_parts(sorted(ids)):
        claimed = (table.c.id.in_(part), table.c.claimed_until.is_not(None))
        db.execute(update(table).where(*claimed).values(claimed_until=now + CLAIM))


def set_claims(db: Connection, table: Table, ids: Sequence[int], until: datetime | None) -> None:
    """Set or clear the claims of these rows, in the order of their ids."""
    for part in in_parts(sorted(ids)):
        db.execute(update(table).where(table.c.id.in_(part)).values(claimed_until=until))
