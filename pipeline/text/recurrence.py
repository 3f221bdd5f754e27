"""Lines that are no part of a text, learned as texts come: what an outlet repeats, and headlines of other articles."""

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
STOPS = (".", "!", "?", "।", "。", '."', ".”")
DIGITS = re.compile(r"\d+")


class Recurring:
    """Counts of an outlet's lines, digits masked; the least recently seen are forgotten beyond a bound."""

    def __init__(self) -> None:
        self._line_counts: OrderedDict[int, int] = OrderedDict()
        self._titles: OrderedDict[int, int] = OrderedDict()

    def without(self, outlet: str, lines: Sequence[str], title: str = "") -> list[str]:
        """The lines less those this outlet carried at least three times before, and less those that are headlines.

        Then these lines are counted too, and ``title`` is known. Only short lines can go, and a text never loses more
        than it keeps of its letters.
        """
        keys = [self._key(outlet, line) for line in lines]
        recurrent = [
            len(line) < LONGEST and (self._line_counts.get(key, 0) >= TIMES or _headline(line) in self._titles)
            for key, line in zip(keys, lines, strict=True)
        ]
        for key in set(keys):
            _count(self._line_counts, key)
        if title:
            _count(self._titles, _headline(title))
        lost = sum(len(line) for line, is_recurrent in zip(lines, recurrent, strict=True) if is_recurrent)
        if lost > MOST_SHARE * sum(map(len, lines)):
            return list(lines)
        return [line for line, is_recurrent in zip(lines, recurrent, strict=True) if not is_recurrent]

    def _key(self, outlet: str, line: str) -> int:
        plain = fold(line)
        # A sentence with other numbers is another bulletin's: masking took the figures out of every market report.
        return xxhash.xxh64_intdigest(f"{outlet}\n{plain if line.endswith(STOPS) else DIGITS.sub('0', plain)}")


def _headline(line: str) -> int:
    return xxhash.xxh64_intdigest(fold(line))


def _count(counts: OrderedDict[int, int], key: int) -> None:
    counts[key] = counts.pop(key, 0) + 1
    if len(counts) > MEMORY:
        counts.popitem(last=False)
