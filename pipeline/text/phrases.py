"""Phrases that are looked for anywhere in a line."""

from __future__ import annotations

from collections.abc import Iterable


class Phrases:
    """Phrases in small letters. In a line of ASCII, only those of ASCII are looked for.

    Looking for one after another takes half the time of a pattern of them all.
    """

    def __init__(self, phrases: Iterable[str]) -> None:
        self.all = tuple(phrases)
        self._ascii = tuple(filter(str.isascii, self.all))

    def any_in(self, line: str) -> bool:
        """Return whether a line, in small letters, has any of them."""
        return any(map(line.__contains__, self._ascii if line.isascii() else self.all))
