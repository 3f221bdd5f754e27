"""Claims on rows: what one run works on, no other run takes until its result is recorded or the claim expires."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, or_, update

from pipeline.store.statements import in_parts

# How long a claim holds unless it is extended; another run takes a killed run's work after it.
CLAIM = timedelta(minutes=30)
# How far the clocks of two machines may be apart.
CLOCKS_DIFFER = timedelta(minutes=5)


def unclaimed(table: Table, now: datetime) -> ColumnElement[bool]:
    """Return the condition that no run claims a row of ``table`` at ``now``.

    A claim has no effect once it has expired, nor where it ends more than twice CLAIM after ``now``: it was made by
    a clock that has been set back since.
    """
    until = table.c.claimed_until
    return or_(until.is_(None), until <= now, until > now + 2 * CLAIM)


def claim(db: Connection, table: Table, due: Select[Any], now: datetime) -> list[int]:
    """Claim the unclaimed rows among those whose ids ``due`` selects, until ``now`` plus CLAIM; return their ids.

    Rows that another transaction has locked are left out (PostgreSQL; SQLite has one writer at a time).
    """
    ids = list(db.scalars(due.where(unclaimed(table, now)).with_for_update(skip_locked=True, of=table)))
    set_claims(db, table, ids, now + CLAIM)
    return ids


def extend_claims(db: Connection, table: Table, ids: Sequence[int], now: datetime) -> None:
    """Extend the claims of these rows to ``now`` plus CLAIM; rows whose claim was cleared meanwhile stay unclaimed."""
    for part in in_parts(sorted(ids)):
        claimed = (table.c.id.in_(part), table.c.claimed_until.is_not(None))
        db.execute(update(table).where(*claimed).values(claimed_until=now + CLAIM))


def set_claims(db: Connection, table: Table, ids: Sequence[int], until: datetime | None) -> None:
    """Set these rows' claims to end at ``until``, or clear them (None).

    Rows are locked in the order of their ids, so that two runs cannot deadlock.
    """
    for part in in_parts(sorted(ids)):
        db.execute(update(table).where(table.c.id.in_(part)).values(claimed_until=until))
