"""Follow the change log into another store, each change exactly once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from pipeline.model import ChangeKind
from pipeline.read.reader import PAGE, Reader, State
from pipeline.read.records import ChangePage


class Sink(Protocol):
    """Where the changes go: a database of yours, a folder, an index."""

    def cursor(self) -> str:
        """Return the cursor that was committed last, '' where there is none."""

    def write(self, page: ChangePage) -> None:
        """Write what the page says, and its cursor, in one commit: both or neither."""


def follow(
    reader: Reader, sink: Sink, *, kinds: Iterable[ChangeKind] = (), limit: int = PAGE, state: State = "full"
) -> int:
    """Pass every change that the sink has not seen to it, and return how many lines there were.

    What a page's stories are and its lines come of one view, so that a state may be ahead of its line, never behind.
    A sink that fails in ``write``, or dies, gets the same page again. Raises as :meth:`Reader.changes`.
    """
    lines, wanted = 0, tuple(kinds)
    while True:
        cursor = sink.cursor()
        page = reader.changes(cursor, kinds=wanted, limit=limit, state=state)
        if page.cursor == cursor:
            return lines
        sink.write(page)
        lines += len(page.lines)
