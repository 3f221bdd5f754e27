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
        """What each shingle weighs at ``at``: 1 where it is fresh, else a twentieth."""
        return self.weighed(self.firsts(hashes), at)

    def firsts(self, hashes: Hashes) -> Hours:
        """The hours when these shingles were first seen; unknown ones count as never."""
        known = self._first
        return np.array([known.get(value, np.inf) for value in hashes.tolist()], dtype=np.float64)

    def weighed(self, firsts: Hours, at: datetime) -> Weights:
        """:meth:`weights` of shingles by their :meth:`firsts`."""
        return np.where(firsts >= _hour(at) - self._fresh, 1.0, STALE)

    def total(self, firsts: Hours, at: datetime) -> float:
        """The sum of :meth:`weighed`."""
        stale = int(np.count_nonzero(firsts < _hour(at) - self._fresh))
        return len(firsts) - stale + STALE * stale


def _hour(at: datetime) -> float:
    return at.timestamp() / 3600
