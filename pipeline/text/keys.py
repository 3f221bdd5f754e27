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
# Of a key, what its first 16 leave.
KEY_BITS = 48
KEY_BYTES = 8


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
        """As stored: keys, then texts, 64 bits each, little-endian."""
        return np.concatenate([self.keys, self.texts]).astype("<i8").tobytes()

    @classmethod
    def unpacked(cls, stored: bytes) -> Holders:
        """The inverse of :meth:`packed`."""
        words = np.frombuffer(stored, dtype="<i8").astype(np.int64, copy=False)
        return cls(words[: len(words) // 2], words[len(words) // 2 :])


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
    order = (words >> low).astype(np.int16).argsort(kind="stable")
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
