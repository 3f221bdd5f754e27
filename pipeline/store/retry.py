"""Retry of whole transactions that the database undid because of another writer, a bounded number of times."""

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
    """Return whether the database undid a transaction only because of a concurrent one: it may run again."""
    cause = error.orig if isinstance(error, DBAPIError) else None
    return getattr(cause, "sqlstate", None) in CONFLICTS or "database is locked" in str(cause)


def whole_transaction(method: Callable[P, T]) -> Callable[P, T]:
    """Return ``method``, one transaction, with retries: on WriteConflict it runs again after a random, growing pause.

    After ATTEMPTS runs in all the WriteConflict is raised.
    """

    @wraps(method)
    def tried(*args: P.args, **kwargs: P.kwargs) -> T:
        for attempt in range(1, ATTEMPTS):
            try:
                return method(*args, **kwargs)
            except WriteConflict:
                time.sleep(random.random() * FIRST_PAUSE * 2**attempt)
        return method(*args, **kwargs)

    return tried
