"""Which texts hold which keys, as sorted arrays: a batch of texts is looked up at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

Numbers = np.ndarray[Any, np.dtype[np.int64]]
# Numbers of texts are below this; so many bits of a word are left for the place of the text that is looked for.
BITS = 40


@dataclass(frozen=True, slots=True)
class Holders:
    """Keys and the texts that hold them, by key and then by text; a text stands once for each of its keys."""

    keys: Numbers
    texts: Numbers

    def __len__(self) -> int:
        return len(self.keys)

    @classmethod
    def of(cls, held: Mapping[int, Sequence[int]]) -> Holders:
        """The keys of these texts, by number of the text."""
        lengths = [len(keys) for keys in held.values()]
        keys = np.fromiter(chain.from_iterable(held.values()), np.int64, sum(lengths))
        return cls.sorted(keys, np.repeat(np.array(list(held), dtype=np.int64), lengths))

    @classmethod
    def sorted(cls, keys: Numbers, texts: Numbers) -> Holders:
        """Put in order."""
        order = np.lexsort((texts, keys))
        return cls(keys[order], texts[order])

    @classmethod
    def together(cls, parts: Sequence[Holders]) -> Holders:
        """All of these as one."""
        if not parts:
            return cls(np.empty(0, np.int64), np.empty(0, np.int64))
        return cls.sorted(np.concatenate([one.keys for one in parts]), np.concatenate([one.texts for one in parts]))

    def with_newer(self, newer: Holders) -> Holders:
        """Both as one, without putting all in order anew where the texts of ``newer`` are newer than these."""
        if not len(self) or not len(newer) or self.texts.max() > newer.texts.min():
            return Holders.together([self, newer])
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
        both = np.frombuffer(stored, dtype="<i8").astype(np.int64, copy=False)
        return cls(both[: len(both) // 2], both[len(both) // 2 :])


def shared(asked: Holders, parts: Sequence[Holders], most: int) -> list[tuple[int, int, int]]:
    """(text asked for, text of the parts, how many keys both hold): by the first, most shared first.

    Of each key the ``most`` newest holders are looked at. Newer texts have higher numbers, and stand in earlier parts.
    """
    left = np.full(len(asked), most, dtype=np.int64)
    numbers, place = np.unique(asked.texts, return_inverse=True)
    found = []
    for part in parts:
        ends = part.keys.searchsorted(asked.keys, side="right")
        counts = np.minimum(ends - part.keys.searchsorted(asked.keys, side="left"), left)
        left -= counts
        of = np.repeat(np.arange(len(asked)), counts)
        at = np.arange(len(of)) - np.repeat(np.cumsum(counts) - counts, counts) + np.repeat(ends - counts, counts)
        found.append((place[of] << BITS) | part.texts[at])
    pairs, number = np.unique(np.concatenate([np.empty(0, np.int64), *found]), return_counts=True)
    first, second = pairs >> BITS, pairs & ((1 << BITS) - 1)
    order = np.lexsort((second, -number, first))
    return list(zip(numbers[first[order]].tolist(), second[order].tolist(), number[order].tolist(), strict=True))
