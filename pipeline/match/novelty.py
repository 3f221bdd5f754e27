"""When the corpus first saw each shingle.

A copy shares what is new with its story; a bulletin shares its formula, a follow-up its background, and both were
seen before. Shingles first seen within the last hours weigh 1, others little.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import numpy as np

from pipeline.text.shingles import Hashes

STALE = 0.05
MEMORY = timedelta(days=30)
Hours = np.ndarray[tuple[int], np.dtype[np.float64]]
Weights = np.ndarray[tuple[int], np.dtype[np.float64]]


class Novelty:
    """First sightings, as hours since 1970. Documents may come in any order: the earliest counts."""

    def __init__(self, fresh_hours: float) -> None:
        self._fresh = fresh_hours
        self._first: dict[int, float] = {}

    @classmethod
    def rebuilt(cls, seen: Iterable[tuple[datetime, Hashes]], fresh_hours: float) -> Novelty:
        """The memory of what the store holds."""
        memory = cls(fresh_hours)
        for at, hashes in seen:
            memory.add(hashes, at)
        return memory

    def add(self, hashes: Hashes, at: datetime) -> None:
        """A document with these shingles was seen at ``at``."""
        hour = _hour(at)
        first = self._first
        for value in hashes.tolist():
            if first.get(value, hour) >= hour:
                first[value] = hour

    def weights(self, hashes: Hashes, at: datetime) -> Weights:
        """What each shingle weighs for a document seen at ``at``: 1 where it is fresh, else a twentieth."""
        oldest = _hour(at) - self._fresh
        first = self._first
        fresh = [first.get(value, oldest) >= oldest for value in hashes.tolist()]
        return np.where(np.array(fresh, dtype=bool), 1.0, STALE)

    def firsts(self, hashes: Hashes) -> Hours:
        """The hours when these shingles were first seen, sorted; unknown ones count as never."""
        known = self._first
        return np.sort(np.array([known.get(value, np.inf) for value in hashes.tolist()], dtype=np.float64))

    def total(self, firsts: Hours, at: datetime) -> float:
        """The sum of :meth:`weights` at ``at``, of shingles by their :meth:`firsts`."""
        stale = int(np.searchsorted(firsts, _hour(at) - self._fresh))
        return len(firsts) - stale + STALE * stale


def _hour(at: datetime) -> float:
    return at.timestamp() / 3600
