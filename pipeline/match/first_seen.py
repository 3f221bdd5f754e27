"""The first-seen index: when the corpus first saw each shingle.

A copy shares what is new with its story; a bulletin shares its formula, a follow-up its background, and both were seen
before. So a shingle that was first seen within the last hours is fresh and weighs 1; a stale one weighs little.

The index is a table of fixed size, built as a set-associative cache is: a shingle's hash gives a row of eight slots,
and 16 other bits of it, its tag, tell it from the others there; one lookup in 8,000 of an unknown shingle finds
another's time. A slot has the tag, the minute of the first sighting and the half-day of the last. Where a row is full,
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
# A document's shingles and when it was seen.
SeenDocument = tuple[Hashes, datetime]
STALE = 0.05
MEMORY = timedelta(days=30)
# 4 million shingles, 32 MB: a month of some 500 new texts a day.
SLOTS = 1 << 22
ROW_SLOTS = 8
# Documents that are added or looked up together: what that touches stays in the processor's cache.
CHUNK = 32
HALF_DAY_MINUTES = 720
NEVER = np.uint32(0xFFFFFFFF)
# A slot as it is saved.
SAVED_SLOT = np.dtype([("tag", "<u2"), ("first", "<u4"), ("last", "<u2")])
Tags = np.ndarray[Any, np.dtype[np.uint16]]
SlotMinutes = np.ndarray[Any, np.dtype[np.uint32]]
# Minutes since 1970; infinite for a shingle that is not in the index.
Minutes = np.ndarray[tuple[int], np.dtype[np.float64]]
Weights = np.ndarray[tuple[int], np.dtype[np.float64]]
Positions = np.ndarray[tuple[int], np.dtype[np.int64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]


class FirstSeenIndex:
    """The first sighting of each shingle. Documents may come in any order: the earliest counts.

    ``slots`` bounds the memory; shingles first seen within ``fresh_hours`` are fresh.
    """

    def __init__(self, fresh_hours: float, slots: int = SLOTS) -> None:
        self._fresh_minutes = fresh_hours * 60
        size = _size(slots)
        # Three arrays: the tags answer most look-ups, and are a quarter of the memory.
        self._tags = np.zeros(size, dtype=np.uint16)
        self._first_minutes = np.zeros(size, dtype=np.uint32)
        self._last_half_days = np.zeros(size, dtype=np.uint16)

    @classmethod
    def load(cls, saved: bytes, fresh_hours: float) -> FirstSeenIndex:
        """Return the index that :meth:`dump` wrote. Raises ValueError where it did not."""
        try:
            slots = np.frombuffer(zlib.decompress(saved), dtype=SAVED_SLOT)
        except zlib.error as error:
            raise ValueError(str(error)) from error
        index = cls(fresh_hours, 0)
        index._tags, index._first_minutes = slots["tag"].astype(np.uint16), slots["first"].astype(np.uint32)
        index._last_half_days = slots["last"].astype(np.uint16)
        return index

    def dump(self) -> bytes:
        """Return the index compressed, to be stored; free slots take no room."""
        slots = np.empty(len(self._tags), dtype=SAVED_SLOT)
        slots["tag"], slots["first"], slots["last"] = self._tags, self._first_minutes, self._last_half_days
        return zlib.compress(slots.data, 1)

    def has_slots(self, slots: int) -> bool:
        """Whether it is an index of so many slots."""
        return len(self._tags) == _size(slots)

    def add(self, hashes: Hashes, at: datetime) -> None:
        """Add a document with these shingles that was seen at ``at``. Adding it twice changes nothing."""
        self.add_many([(hashes, at)])

    def add_stream(self, documents: Iterable[SeenDocument]) -> int:
        """Add any number of documents, a chunk at a time, and return how many there were."""
        rows, count = iter(documents), 0
        while chunk := list(islice(rows, CHUNK)):
            self.add_many(chunk)
            count += len(chunk)
        return count

    def add_many(self, documents: Sequence[SeenDocument]) -> list[Minutes]:
        """Add documents in time order, and return when each one's shingles were first seen."""
        return [minutes for chunk in _chunks(documents) for minutes in self._add_chunk(chunk)]

    def _add_chunk(self, documents: Sequence[SeenDocument]) -> list[Minutes]:
        lengths = [len(hashes) for hashes, _ in documents]
        minutes = np.repeat(np.array([to_minute(at) for _, at in documents], dtype=np.uint32), lengths)
        rows, tags = self._addresses(np.concatenate([hashes for hashes, _ in documents]))
        slots, is_stored = self._find_slots(rows, tags)
        stored, remaining = is_stored.nonzero()[0], (~is_stored).nonzero()[0]
        self._record_sightings(slots.take(stored), minutes.take(stored))
        while len(remaining):
            slots[remaining] = self._claim_slots(rows.take(remaining), tags.take(remaining))
            has_claimed = self._tags.take(slots.take(remaining)) == tags.take(remaining)
            claimed = remaining[has_claimed]
            self._record_sightings(slots.take(claimed), minutes.take(claimed))
            remaining = remaining[~has_claimed]
        # A shingle of the chunk may have lost its slot to a later one.
        return _split(self._minutes_at(slots, self._tags.take(slots) == tags), lengths)

    def _record_sightings(self, slots: Positions, minutes: SlotMinutes) -> None:
        """Store the earliest first sighting and the latest last one."""
        np.minimum.at(self._first_minutes, slots, minutes)
        np.maximum.at(self._last_half_days, slots, (minutes // HALF_DAY_MINUTES).astype(np.uint16))

    def _claim_slots(self, rows: Positions, tags: Tags) -> Positions:
        """Write each tag to a free slot of its row, or to that of the shingle seen least recently.

        Of several tags for one slot the first is written; the others have to claim again.
        """
        slots = rows * ROW_SLOTS + self._free_or_oldest(rows)
        self._tags[slots[::-1]] = tags[::-1]
        self._first_minutes[slots], self._last_half_days[slots] = NEVER, 0
        return slots

    def _free_or_oldest(self, rows: Positions) -> Positions:
        is_free = self._tags.reshape(-1, ROW_SLOTS).take(rows, axis=0) == 0
        columns: Positions = is_free.argmax(axis=1)
        full = (~_any_in_row(is_free)).nonzero()[0]
        full_rows = rows.take(full)
        last = self._last_half_days.reshape(-1, ROW_SLOTS).take(full_rows, axis=0).astype(np.uint64)
        first = self._first_minutes.reshape(-1, ROW_SLOTS).take(full_rows, axis=0)
        columns[full] = (last << np.uint64(32) | first).argmin(axis=1)
        return columns

    def weights(self, hashes: Hashes, at: datetime) -> Weights:
        """Return the weight of each shingle at ``at``: 1 for a fresh one, else :data:`STALE`."""
        return np.where(self.first_minutes(hashes) >= to_minute(at) - self._fresh_minutes, 1.0, STALE)

    def first_minutes(self, hashes: Hashes) -> Minutes:
        """Return when these shingles were first seen."""
        return self._minutes_at(*self._find_slots(*self._addresses(hashes)))

    def first_minutes_of_many(self, documents: Sequence[Hashes]) -> list[Minutes]:
        """Return for each document when its shingles were first seen."""
        return [
            minutes
            for chunk in _chunks(documents)
            for minutes in _split(self.first_minutes(np.concatenate(chunk)), [len(hashes) for hashes in chunk])
        ]

    def _minutes_at(self, slots: Positions, is_stored: Flags) -> Minutes:
        minutes, stored = np.full(len(slots), np.inf), is_stored.nonzero()[0]
        minutes[stored] = self._first_minutes.take(slots.take(stored))
        return minutes

    def _addresses(self, hashes: Hashes) -> tuple[Positions, Tags]:
        """Return row and tag of each shingle; the tag 0 marks a free slot."""
        rows = ((hashes >> np.uint64(16)) % np.uint64(len(self._tags) // ROW_SLOTS)).astype(np.int64)
        return rows, np.maximum(hashes.astype(np.uint16), np.uint16(1))

    def _find_slots(self, rows: Positions, tags: Tags) -> tuple[Positions, Flags]:
        """Return the slot of each shingle, and whether it is stored there."""
        has_tag = self._tags.reshape(-1, ROW_SLOTS).take(rows, axis=0) == tags[:, None]
        return rows * ROW_SLOTS + has_tag.argmax(axis=1), _any_in_row(has_tag)


def _any_in_row(flags: Flags) -> Flags:
    """Return whether any flag of a row is set, eight bytes read as one number: numpy's any takes ten times as long."""
    is_any: Flags = flags.view(np.uint64)[:, 0] != 0
    return is_any


def _size(slots: int) -> int:
    return max(slots // ROW_SLOTS, 1) * ROW_SLOTS


def _chunks(documents: Sequence[T]) -> Iterator[Sequence[T]]:
    return (documents[start : start + CHUNK] for start in range(0, len(documents), CHUNK))


def _split(minutes: Minutes, lengths: Sequence[int]) -> list[Minutes]:
    """Return each document's part, copied so that it does not keep the whole array in memory."""
    ends = accumulate(lengths, initial=0)
    return [minutes[start:end].copy() for start, end in pairwise(ends)]


def to_minute(at: datetime) -> int:
    """Return a time in whole minutes since 1970; earlier times count as 0."""
    return max(int(at.timestamp() // 60), 0)
