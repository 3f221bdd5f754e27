"""Lines that an outlet repeats under different stories, learned as texts come."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Sequence

import xxhash

from pipeline.text.normalize import fold

TIMES = 3
LONGEST = 200
MOST_SHARE = 0.7
MEMORY = 200_000
DIGITS = re.compile(r"\d+")


class Recurring:
    """Counts of an outlet's lines, digits masked; the least recently seen are forgotten beyond a bound."""

    def __init__(self) -> None:
        self._seen: OrderedDict[int, int] = OrderedDict()

    def without(self, outlet: str, lines: Sequence[str]) -> list[str]:
        """The lines less those this outlet carried at least three times before; then these are counted too.

        Only short lines can go, and a text never loses more than it keeps of its letters.
        """
        keys = [self._key(outlet, line) for line in lines]
        known = [self._seen.get(key, 0) >= TIMES and len(line) < LONGEST for key, line in zip(keys, lines, strict=True)]
        for key in set(keys):
            self._count(key)
        lost = sum(len(line) for line, gone in zip(lines, known, strict=True) if gone)
        if lost > MOST_SHARE * sum(map(len, lines)):
            return list(lines)
        return [line for line, gone in zip(lines, known, strict=True) if not gone]

    def _key(self, outlet: str, line: str) -> int:
        return xxhash.xxh64_intdigest(f"{outlet}\n{DIGITS.sub('0', fold(line))}")

    def _count(self, key: int) -> None:
        self._seen[key] = self._seen.pop(key, 0) + 1
        if len(self._seen) > MEMORY:
            self._seen.popitem(last=False)
