"""When the corpus first saw each shingle.

A copy shares what is new with its story; a bulletin shares its formula, a follow-up its background, and both were
seen before. Shingles first seen within the last hours weigh 1, others little.

The memory is a table of fixed size, made as a set-associative cache is: a shingle's hash names a row of eight places,
and 16 other bits of it tell it from the others there, so that one lookup in 8,000 of an unknown shingle finds another's
time. A place is 64 bits: those, the minute of the first sighting, the half-day of the last. Where a row is full,
the shingle that was seen least recently is forgotten, and counts as new when it comes again.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import accumulate, islice, pairwise
from typing import Any, TypeVar

import numpy as np

from pipeline.text.shingles import Hashes

T = TypeVar("T")
Seen = tuple[Hashes, datetime]
STALE = 0.05
MEMORY = timedelta(days=30)
# 4 million shingles, 32 MB: a month of some 500 new texts a day.
PLACES = 1 << 22
WAYS = 8
# Documents: what is looked up for so many of them stays in the processor's cache.
AT_ONCE = 32
HALF_DAY = 720
NEVER = np.uint32(0xFFFFFFFF)
WORD = np.dtype([("tag", "<u2"), ("first", "<u4"), ("last", "<u2")])
Tags = np.ndarray[Any, np.dtype[np.uint16]]
Lows = np.ndarray[Any, np.dtype[np.uint32]]
Minutes = np.ndarray[tuple[int], np.dtype[np.float64]]
Weights = np.ndarray[tuple[int], np.dtype[np.float64]]
Rows = np.ndarray[tuple[int], np.dtype[np.int64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]


class FirstSeenIndex:
    """First sightings. Documents may come in any order: the earliest counts. ``places`` bounds the memory."""

    def __init__(self, fresh_hours: float, places: int = PLACES) -> None:
        self._fresh = fresh_hours * 60
        size = max(places // WAYS, 1) * WAYS
        # Apart: the tags answer most of what is asked, and are a quarter of it all.
        self._tags, self._firsts = np.zeros(size, dtype=np.uint16), np.zeros(size, dtype=np.uint32)
        self._lasts = np.zeros(size, dtype=np.uint16)

    @classmethod
    def loaded(cls, saved: bytes, fresh_hours: float) -> FirstSeenIndex:
        """The memory that :meth:`saved` wrote. Raises ValueError where it did not."""
        memory = cls(fresh_hours, 0)
        try:
            words = np.frombuffer(zlib.decompress(saved), dtype=WORD)
        except zlib.error as error:
            raise ValueError(str(error)) from error
        memory._tags, memory._firsts = words["tag"].astype(np.uint16), words["first"].astype(np.uint32)
        memory._lasts = words["last"].astype(np.uint16)
        return memory

    def saved(self) -> bytes:
        """All of it, to be kept, a word a place: places that are free take no room."""
        words = np.empty(len(self._tags), dtype=WORD)
        words["tag"], words["first"], words["last"] = self._tags, self._firsts, self._lasts
        return zlib.compress(words.data, 1)

    def holds(self, places: int) -> bool:
        """Whether it is the memory of ``places`` places."""
        return len(self._tags) == max(places // WAYS, 1) * WAYS

    def add(self, hashes: Hashes, at: datetime) -> None:
        """A document with these shingles was seen at ``at``. Adding it twice changes nothing."""
        self.add_all([(hashes, at)])

    def read(self, seen: Iterable[Seen]) -> int:
        """Add any number of documents, a few at a time; how many there were."""
        rows, number = iter(seen), 0
        while batch := list(islice(rows, AT_ONCE)):
            self.add_all(batch)
            number += len(batch)
        return number

    def add_all(self, seen: Sequence[Seen]) -> list[Minutes]:
        """:meth:`add` for several documents, in a fraction of the time. When each one's shingles were first seen, as
        was known once it was added: of documents in time order, their :meth:`firsts`."""
        return [firsts for part in _parts(seen) for firsts in self._add(part)]

    def _add(self, seen: Sequence[Seen]) -> list[Minutes]:
        lengths = [len(each) for each, _ in seen]
        minutes = np.repeat(np.array([minute(at) for _, at in seen], dtype=np.uint32), lengths)
        rows, tags = self._addresses(np.concatenate([each for each, _ in seen]))
        places, held = self._places(rows, tags)
        known, left = held.nonzero()[0], (~held).nonzero()[0]
        self._see(places.take(known), minutes.take(known))
        while len(left):
            places[left] = self._make_room(rows.take(left), tags.take(left))
            turn = self._tags.take(places.take(left)) == tags.take(left)
            self._see(places.take(left[turn]), minutes.take(left[turn]))
            left = left[~turn]
        # Some may have had to make room for others already.
        return _apart(self._seen_at(places, self._tags.take(places) == tags), lengths)

    def _see(self, places: Rows, minutes: Lows) -> None:
        """The earliest sighting and the latest count."""
        half_days = (minutes // HALF_DAY).astype(np.uint16)
        # Most were seen this half-day already.
        newer = (self._firsts.take(places) > minutes) | (self._lasts.take(places) < half_days)
        places = places[newer]
        np.minimum.at(self._firsts, places, minutes[newer])
        np.maximum.at(self._lasts, places, half_days[newer])

    def _make_room(self, rows: Rows, tags: Tags) -> Rows:
        """Where each of these would be held: at the free place of its row, or at that of the shingle not seen for
        longest. The first one of a row gets it."""
        places = rows * WAYS + self._free(rows)
        self._tags[places[::-1]] = tags[::-1]
        self._firsts[places], self._lasts[places] = NEVER, 0
        return places

    def _free(self, rows: Rows) -> Rows:
        free = _bytes(self._tags.reshape(-1, WAYS).take(rows, axis=0) == 0)
        ways, full = _lowest(free), (free == 0).nonzero()[0]
        row = rows.take(full)
        lasts = self._lasts.reshape(-1, WAYS).take(row, axis=0).astype(np.uint64)
        ways[full] = (lasts << np.uint64(32) | self._firsts.reshape(-1, WAYS).take(row, axis=0)).argmin(axis=1)
        return ways

    def weights(self, hashes: Hashes, at: datetime) -> Weights:
        """What each shingle weighs at ``at``: 1 where it is fresh, else a twentieth."""
        return self.weighed(self.firsts(hashes), at)

    def firsts(self, hashes: Hashes) -> Minutes:
        """When these shingles were first seen, in minutes since 1970; unknown ones count as never."""
        return self._seen_at(*self._places(*self._addresses(hashes)))

    def firsts_of_many(self, documents: Sequence[Hashes]) -> list[Minutes]:
        """:meth:`firsts` of each of several documents."""
        return [
            firsts
            for part in _parts(documents)
            for firsts in _apart(self.firsts(np.concatenate(part)), [len(each) for each in part])
        ]

    def _seen_at(self, places: Rows, held: Flags) -> Minutes:
        firsts, known = np.full(len(places), np.inf), held.nonzero()[0]
        firsts[known] = self._firsts.take(places.take(known))
        return firsts

    def weighed(self, firsts: Minutes, at: datetime) -> Weights:
        """:meth:`weights` of shingles by their :meth:`firsts`."""
        return np.where(firsts >= minute(at) - self._fresh, 1.0, STALE)

    def _addresses(self, hashes: Hashes) -> tuple[Rows, Tags]:
        """Row and tag of each shingle. The tag 0 marks a free place."""
        rows = ((hashes >> np.uint64(16)) % np.uint64(len(self._tags) // WAYS)).astype(np.int64)
        return rows, np.maximum(hashes.astype(np.uint16), np.uint16(1))

    def _places(self, rows: Rows, tags: Tags) -> tuple[Rows, Flags]:
        """At which place each is held, and whether it is."""
        held = _bytes(self._tags.reshape(-1, WAYS).take(rows, axis=0) == tags[:, None])
        return rows * WAYS + _lowest(held), held != 0


def _parts(documents: Sequence[T]) -> Iterator[Sequence[T]]:
    return (documents[start : start + AT_ONCE] for start in range(0, len(documents), AT_ONCE))


def _apart(firsts: Minutes, lengths: Sequence[int]) -> list[Minutes]:
    """Of each document its own, of which none keeps the others in memory."""
    ends = accumulate(lengths, initial=0)
    return [firsts[start:end].copy() for start, end in pairwise(ends)]


def _bytes(flags: Flags) -> Hashes:
    """The flags of a row as a word, a byte each, the first the lowest."""
    return flags.view("<u8").ravel()


def _lowest(words: Hashes) -> Rows:
    """The lowest byte that is set; of a word without, any."""
    lowest = words & (~words + np.uint64(1))
    return (np.frexp(lowest.astype(np.float64))[1].astype(np.int64) - 1) >> 3


def minute(at: datetime) -> int:
    """A time in whole minutes since 1970; what was before counts as then."""
    return max(int(at.timestamp() // 60), 0)
