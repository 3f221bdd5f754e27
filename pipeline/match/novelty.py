"""When the corpus first saw each shingle.

A copy shares what is new with its story; a bulletin shares its formula, a follow-up its background, and both were
seen before. Shingles first seen within the last hours weigh 1, others little.

The memory is a table of fixed size, made as a set-associative cache is: a shingle's hash names a row of eight places,
and 16 other bits of it tell it from the others there, so that one lookup in 8,000 of an unknown shingle finds another's
time. A place is one word: those bits, the minute of the first sighting, the half-day of the last. Where a row is full,
the shingle that was seen least recently is forgotten, and counts as new when it comes again.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import numpy as np

from pipeline.text.shingles import Hashes

STALE = 0.05
MEMORY = timedelta(days=30)
# 4 million shingles, 32 MB: a month of some 500 new texts a day.
PLACES = 1 << 22
WAYS = 8
AT_ONCE = 200
TAG, MINUTE = np.uint64(0xFFFF), np.uint64(0xFFFFFFFF)
HALF_DAY = 720
Minutes = np.ndarray[tuple[int], np.dtype[np.float64]]
Weights = np.ndarray[tuple[int], np.dtype[np.float64]]
Rows = np.ndarray[tuple[int], np.dtype[np.int64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]


class Novelty:
    """First sightings. Documents may come in any order: the earliest counts. ``places`` bounds the memory."""

    def __init__(self, fresh_hours: float, places: int = PLACES) -> None:
        self._fresh = fresh_hours * 60
        self._table = np.zeros((max(places // WAYS, 1), WAYS), dtype=np.uint64)

    @classmethod
    def loaded(cls, saved: bytes, fresh_hours: float) -> Novelty:
        """The memory that :meth:`saved` wrote. Raises ValueError where it did not."""
        memory = cls(fresh_hours, 0)
        try:
            memory._table = np.frombuffer(zlib.decompress(saved), dtype="<u8").astype(np.uint64).reshape(-1, WAYS)
        except zlib.error as error:
            raise ValueError(str(error)) from error
        return memory

    def saved(self) -> bytes:
        """All of it, to be kept: places that are free take no room."""
        return zlib.compress(self._table.astype("<u8", copy=False).tobytes(), 1)

    def holds(self, places: int) -> bool:
        """Whether it is the memory of ``places`` places."""
        return len(self._table) == max(places // WAYS, 1)

    def add(self, hashes: Hashes, at: datetime) -> None:
        """A document with these shingles was seen at ``at``. Adding it twice changes nothing."""
        self.add_all([(hashes, at)])

    def read(self, seen: Iterable[tuple[Hashes, datetime]]) -> int:
        """Add any number of documents, a few at a time; how many there were."""
        rows, number = iter(seen), 0
        while batch := list(islice(rows, AT_ONCE)):
            self.add_all(batch)
            number += len(batch)
        return number

    def add_all(self, seen: Sequence[tuple[Hashes, datetime]]) -> None:
        """:meth:`add` for several documents, in a fraction of the time."""
        hashes = np.concatenate([np.empty(0, dtype=np.uint64), *(each for each, _ in seen)])
        minutes = np.repeat(np.array([minute(at) for _, at in seen], dtype=np.uint64), [len(each) for each, _ in seen])
        while len(hashes):
            rows, tags, held = self._held(hashes)
            known, new = held.nonzero()[0], (held == 0).nonzero()[0]
            self._see_again(_places(rows.take(known), held.take(known)), minutes.take(known))
            turn = self._see_first(rows.take(new), tags.take(new), minutes.take(new))
            left = new[~turn]
            hashes, minutes = hashes.take(left), minutes.take(left)

    def _see_again(self, flat: Rows, minutes: Hashes) -> None:
        """Two of these may be one place: the earliest sighting and the latest count."""
        table, half_days = self._table.reshape(-1), minutes // np.uint64(HALF_DAY)
        words = table.take(flat)
        # Most were seen this half-day already.
        newer = (((words >> np.uint64(16)) & MINUTE) > minutes) | ((words >> np.uint64(48)) < half_days)
        places, of = np.unique(flat[newer], return_inverse=True)
        words = table.take(places)
        first, last = (words >> np.uint64(16)) & MINUTE, words >> np.uint64(48)
        np.minimum.at(first, of, minutes[newer])
        np.maximum.at(last, of, half_days[newer])
        table[places] = _word(words & TAG, first, last)

    def _see_first(self, rows: Rows, tags: Hashes, minutes: Hashes) -> Flags:
        """One a row gets the free place, or that of the shingle not seen for longest; which of them did."""
        turn = np.zeros(len(rows), dtype=bool)
        turn[np.unique(rows, return_index=True)[1]] = True
        row = rows[turn]
        ways = (self._table[row] >> np.uint64(16)).argmin(axis=1)  # by last sighting, then by first
        self._table[row, ways] = _word(tags[turn], minutes[turn], minutes[turn] // np.uint64(HALF_DAY))
        return turn

    def weights(self, hashes: Hashes, at: datetime) -> Weights:
        """What each shingle weighs at ``at``: 1 where it is fresh, else a twentieth."""
        return self.weighed(self.firsts(hashes), at)

    def firsts(self, hashes: Hashes) -> Minutes:
        """When these shingles were first seen, in minutes since 1970; unknown ones count as never."""
        rows, _, held = self._held(hashes)
        words = self._table.reshape(-1).take(_places(rows, held), mode="clip")
        return np.where(held != 0, ((words >> np.uint64(16)) & MINUTE).astype(np.float64), np.inf)

    def weighed(self, firsts: Minutes, at: datetime) -> Weights:
        """:meth:`weights` of shingles by their :meth:`firsts`."""
        return np.where(firsts >= minute(at) - self._fresh, 1.0, STALE)

    def _held(self, hashes: Hashes) -> tuple[Rows, Hashes, Hashes]:
        """Row and tag of each shingle, and a word whose bytes say at which place of its row it is held; 0 where it is
        not. The tag 0 marks a free place."""
        rows = ((hashes >> np.uint64(16)) % np.uint64(len(self._table))).astype(np.int64)
        tags = np.maximum(hashes & TAG, np.uint64(1))
        held = (self._table.take(rows, axis=0) & TAG) == tags[:, None]
        return rows, tags, held.view("<u8").ravel()


def _places(rows: Rows, held: Hashes) -> Rows:
    """Where in the table the words say that a shingle is held; of what is not held, anywhere."""
    byte = (np.frexp(held.astype(np.float64))[1].astype(np.int64) - 1) >> 3
    return rows * WAYS + byte


def _word(tags: Hashes, minutes: Hashes, half_days: Hashes) -> Hashes:
    word: Hashes = tags | (minutes << np.uint64(16)) | (half_days << np.uint64(48))
    return word


def minute(at: datetime) -> int:
    """A time in whole minutes since 1970; what was before counts as then."""
    return max(int(at.timestamp() // 60), 0)
