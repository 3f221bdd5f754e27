"""Transactions that met another writer are tried again as a whole, a bounded number of times."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from sqlalchemy.exc import DBAPIError

from pipeline.errors import WriteConflict

P = ParamSpec("P")
T = TypeVar("T")
# Serialization failure and deadlock detected (PostgreSQL, appendix A): the transaction is undone and may run again.
CONFLICTS = frozenset(("40001", "40P01"))
ATTEMPTS = 6
# Seconds before the second try, doubled each time, a random share of them taken.
FIRST_PAUSE = 0.05


def is_conflict(error: Exception) -> bool:
    """Whether the database undid a transaction only because it met another one."""
    cause = error.orig if isinstance(error, DBAPIError) else None
    return getattr(cause, "sqlstate", None) in CONFLICTS or "database is locked" in str(cause)


def whole_transaction(method: Callable[P, T]) -> Callable[P, T]:
    """Run a method that is one transaction again where it met another writer. Raises WriteConflict after the last."""

    @wraps(method)
    def tried(*args: P.args, **kwargs: P.kwargs) -> T:
        for attempt in range(1, ATTEMPTS):
            try:
                return method(*args, **kwargs)
            except WriteConflict:
                time.sleep(random.random() * FIRST_PAUSE * 2**attempt)
        return method(*args, **kwargs)

    return tried
