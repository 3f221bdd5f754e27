"""A pass over all that is stored, in the order of a number that only grows: one that is cut short goes on where it
stopped."""

from __future__ import annotations

from pipeline.store import Store

# The cursor only moves on: passes are counted above the numbers that a pass is ordered by.
PASS = 1 << 40


class ResumablePass:
    """A pass by its name, and how far it has come in the store."""

    def __init__(self, store: Store, name: str) -> None:
        self._store, self._name = store, name
        self._number, self.after = divmod(store.cursors.load(name), PASS)

    def advance(self, number: int) -> None:
        """Record that all up to ``number`` is done."""
        self.after = number
        self._store.cursors.advance(self._name, self._number * PASS + number)

    def finish(self) -> None:
        """Record that the pass is at its end: the next one begins anew."""
        self._store.cursors.advance(self._name, (self._number + 1) * PASS)
