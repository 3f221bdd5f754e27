"""Phrases and forms that are looked for in a line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence


class Phrases:
    """Phrases in small letters. Those with letters beyond ASCII are looked for where a line has such.

    Looking for one after another takes half the time of a pattern of them all.
    """

    def __init__(self, phrases: Iterable[str]) -> None:
        self.all = tuple(phrases)
        self._ascii = tuple(filter(str.isascii, self.all))
        letters = {max(phrase) for phrase in self.all if not phrase.isascii()}
        self._letters = re.compile(f"[{re.escape(''.join(letters))}]" if letters else "(?!)")

    def any_in(self, line: str) -> bool:
        """Return whether a line, in small letters, has any of them."""
        is_plain = line.isascii() or not self._letters.search(line)
        return any(map(line.__contains__, self._ascii if is_plain else self.all))


class LineForms:
    """Patterns in any case. One that begins with ``^`` is tried at the beginning of a line alone, all its
    alternatives; the standard library's search would try it at each letter."""

    def __init__(self, patterns: Sequence[str]) -> None:
        opening = [pattern for pattern in patterns if pattern.startswith("^")]
        self._opening = re.compile("|".join(opening) or "(?!)", re.IGNORECASE)
        self._anywhere = [re.compile(pattern, re.IGNORECASE) for pattern in patterns if pattern not in opening]

    def fit(self, line: str) -> bool:
        """Return whether any of them is in a line."""
        return bool(self._opening.match(line)) or any(pattern.search(line) for pattern in self._anywhere)
