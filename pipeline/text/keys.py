"""Which texts hold which keys, as sorted arrays: a batch of texts is looked up at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Numbers = np.ndarray[Any, np.dtype[np.int64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]
# Numbers of texts are below this; so many bits of a word are left for the place of the text that is looked for.
BITS = 40
# Low bits of a key, below the 16 by which keys are put in order first: a band's number and the start of a minimum.
KEY_BITS = 23
KEY_BYTES = 8
# Of a stored key, the low bits that stand for each; what is above them is stored once for all keys that have it.
LOW_KEY = np.uint64(0xFFFFFFFF)
HIGH_SHIFT = np.uint64(32)


@dataclass(frozen=True, slots=True)
class Holders:
    """Keys and the texts that hold them, by key and then by text; a text stands once for each of its keys."""

    keys: Numbers
    texts: Numbers

    def __len__(self) -> int:
        return len(self.keys)

    @classmethod
    def from_texts(cls, keys_by_text: Mapping[int, bytes]) -> Holders:
        """The keys of these texts, by number of the text: signed 64-bit numbers, little-endian raw bytes."""
        keys, places = _keys_of({number: keys_by_text[number] for number in sorted(keys_by_text)})
        return cls(keys, np.array(sorted(keys_by_text), dtype=np.int64)[places])

    @classmethod
    def sorted(cls, keys: Numbers, texts: Numbers) -> Holders:
        """Put in order."""
        order = texts.argsort(kind="stable")
        order = order[_order(keys[order], KEY_BITS)]
        return cls(keys[order], texts[order])

    def select(self, mask: Flags) -> Holders:
        """Some of them, in order."""
        return Holders(self.keys[mask], self.texts[mask])

    @classmethod
    def merge(cls, parts: Sequence[Holders]) -> Holders:
        """All of these as one."""
        if len(parts) == 1:
            return parts[0]
        if not parts:
            return cls(np.empty(0, np.int64), np.empty(0, np.int64))
        return cls.sorted(np.concatenate([part.keys for part in parts]), np.concatenate([part.texts for part in parts]))

    def with_newer(self, newer: Holders) -> Holders:
        """Both as one. What of these is older than all of ``newer`` is not put in order anew."""
        if not len(self) or not len(newer):
            return newer if len(newer) else self
        older = self.texts < newer.texts.min()
        if not older.all():
            return self.select(older).with_newer(Holders.merge([self.select(~older), newer]))
        at = self.keys.searchsorted(newer.keys, side="right") + np.arange(len(newer))
        old = np.ones(len(self) + len(newer), dtype=bool)
        old[at] = False
        keys, texts = np.empty(len(old), np.int64), np.empty(len(old), np.int64)
        keys[at], texts[at] = newer.keys, newer.texts
        keys[old], texts[old] = self.keys, self.texts
        return Holders(keys, texts)

    def packed(self) -> bytes:
        """Return the stored form, some six bytes a key, little-endian.

        Three numbers of 64 bits (texts, distinct high halves, bytes of a place); the texts; the high halves of the
        keys with how many keys have each; the low halves in order; for each key the place of its text among the texts.
        """
        texts, places = np.unique(self.texts, return_inverse=True)
        unsigned = self.keys.view(np.uint64)
        highs, counts = _runs(unsigned >> HIGH_SHIFT)
        place_type = np.dtype("<u2" if len(texts) <= 1 << 16 else "<u4")
        head = np.array([len(texts), len(highs), place_type.itemsize])
        words = np.concatenate([head, texts, highs.astype(np.int64), counts]).astype("<i8")
        return words.tobytes() + (unsigned & LOW_KEY).astype("<u4").tobytes() + places.astype(place_type).tobytes()

    @classmethod
    def unpacked(cls, stored: bytes) -> Holders:
        """The inverse of :meth:`packed`."""
        number, high_number, place_bytes = np.frombuffer(stored, dtype="<i8", count=3).tolist()
        words = np.frombuffer(stored, dtype="<i8", count=3 + number + 2 * high_number)[3:].astype(np.int64)
        texts, highs, counts = np.split(words, [number, number + high_number])
        total = int(counts.sum())
        lows = np.frombuffer(stored, dtype="<u4", count=total, offset=KEY_BYTES * (3 + len(words)))
        places = np.frombuffer(stored, dtype=f"<u{place_bytes}", offset=KEY_BYTES * (3 + len(words)) + 4 * total)
        keys = (np.repeat(highs.view(np.uint64), counts) << HIGH_SHIFT) | lows
        return cls(keys.view(np.int64), texts[places])


def texts_of_older_keys(stored: bytes) -> list[int]:
    """Return the texts of keys as they were stored before: all keys, then the text of each, 64 bits each."""
    words = np.frombuffer(stored, dtype="<i8")
    texts: list[int] = np.unique(words[len(words) // 2 :]).tolist()
    return texts


def _runs(ordered: np.ndarray[Any, np.dtype[np.uint64]]) -> tuple[np.ndarray[Any, np.dtype[np.uint64]], Numbers]:
    """Return the values of runs of equal words, and the length of each run."""
    starts = np.flatnonzero(np.diff(ordered, prepend=ordered[:1] + np.uint64(1)))
    return ordered[starts], np.diff(starts, append=len(ordered))


def shared(keys_by_text: Mapping[int, bytes], parts: Sequence[Holders], most: int) -> list[tuple[int, int, int]]:
    """(text asked for, text of the parts, how many keys both hold): in the order asked for, most shared first.

    ``asked``: the keys of texts, by number of the text. Of each key the ``most`` newest holders are looked at. Newer
    texts have higher numbers, and stand in earlier parts.
    """
    return _pair_counts(_pairs(*_keys_of(keys_by_text), parts, most), list(keys_by_text))


def shared_among(keys_by_text: Mapping[int, bytes]) -> list[tuple[int, int, int]]:
    """The same of texts and of those that stand before them."""
    keys, places = _keys_of(keys_by_text)
    several = _repeats(keys)
    several[:-1] |= several[1:]
    keys, places = keys[several], places[several]
    pairs = _pairs(keys, places, [Holders(keys, places)], len(keys))
    numbers = list(keys_by_text)
    earlier = _pair_counts(pairs[pairs >> BITS > (pairs & ((1 << BITS) - 1))], numbers)
    return [(text, numbers[place], count) for text, place, count in earlier]


def _keys_of(keys_by_text: Mapping[int, bytes]) -> tuple[Numbers, Numbers]:
    """Their keys in order, and which of these texts each is of."""
    lengths = [len(keys) // KEY_BYTES for keys in keys_by_text.values()]
    keys = np.frombuffer(b"".join(keys_by_text.values()), dtype="<i8").astype(np.int64, copy=False)
    order = _order(keys, KEY_BITS)
    return keys[order], np.repeat(np.arange(len(lengths)), lengths)[order]


def _order(words: Numbers, low: int) -> Numbers:
    """How these stand in order, equal ones as they are given."""
    # By the 16 bits above the lowest first: it takes a tenth of the time, and leaves little to be put in order.
    order = (words >> low).astype(np.uint16).argsort(kind="stable")
    return order[words[order].argsort(kind="stable")]


def _repeats(words: Numbers) -> Flags:
    """Whether each is the same as the one before it."""
    repeats = np.zeros(len(words), dtype=bool)
    repeats[1:] = words[1:] == words[:-1]
    return repeats


def _pairs(keys: Numbers, places: Numbers, parts: Sequence[Holders], most: int) -> Numbers:
    """A word for each key that a place and a text of the parts share: the place, then the text."""
    budget = np.full(len(keys), most, dtype=np.int64)
    pair_blocks = [np.empty(0, dtype=np.int64)]
    for part in filter(len, parts):
        starts = part.keys.searchsorted(keys)
        hits = (part.keys.take(starts, mode="clip") == keys).nonzero()[0]
        ends = part.keys.searchsorted(keys[hits], side="right")
        counts = np.minimum(ends - starts[hits], budget[hits])
        budget[hits] -= counts
        places_in_part = np.arange(counts.sum()) + np.repeat(ends - counts.cumsum(), counts)
        pair_blocks.append((np.repeat(places[hits], counts) << BITS) | part.texts[places_in_part])
    return np.concatenate(pair_blocks)


def _pair_counts(pairs: Numbers, numbers: Sequence[int]) -> list[tuple[int, int, int]]:
    """How often each pair is found, with the numbers of the places."""
    pairs = pairs[_order(pairs, BITS)]
    starts = (~_repeats(pairs)).nonzero()[0]
    pairs, number = pairs[starts], np.diff(starts, append=len(pairs))
    first, second = pairs >> BITS, pairs & ((1 << BITS) - 1)
    order = np.lexsort((second, -number, first))
    rows = zip(first[order].tolist(), second[order].tolist(), number[order].tolist(), strict=True)
    return [(numbers[place], text, count) for place, text, count in rows]
