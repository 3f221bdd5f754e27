"""When Python looks for reference cycles: seldom where work makes none, and between runs."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collecting_seldom(objects: int = 20_000) -> Iterator[None]:
    """Let Python look for cycles seldom inside the block, whenever there are so many ``objects`` more, and never among
    what was there before it. What the block leaves is old after it: else all of it would be looked through at once.

    Steps make many short-lived objects and few cycles: looking as often as Python does took .25 s of a pass over 160
    pages, and a tenth of placing. The setting is the process's: where blocks overlap, in threads too, the largest
    holds, and the last to end puts back what was there before the first.
    """
    _COLLECTING.enter(objects)
    try:
        yield
    finally:
        _COLLECTING.leave(objects)


def collect_cycles() -> None:
    """Free what earlier runs of this process left in cycles. Between runs, while nobody waits: blocks that collect
    seldom leave it among what is old, at which Python would look after many runs only (130 MB a day with 860 pages).

    In a thread of its own: a Ctrl-C that comes while an object is freed is raised in its callback here, and lost.
    """
    collecting = threading.Thread(target=gc.collect)
    collecting.start()
    collecting.join()


class _SeldomCollection:
    """The blocks under way that ask for seldom collection, and the thresholds from before the first of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._active: list[int] = []
        self._before = gc.get_threshold()

    def enter(self, objects: int) -> None:
        with self._lock:
            if not self._active:
                self._before = gc.get_threshold()
            self._active.append(objects)
            gc.freeze()
            gc.set_threshold(max(self._active), 20, 50)

    def leave(self, objects: int) -> None:
        with self._lock:
            self._active.remove(objects)
            gc.freeze()
            if self._active:
                gc.set_threshold(max(self._active), 20, 50)
            else:
                gc.set_threshold(*self._before)
                gc.unfreeze()


_COLLECTING = _SeldomCollection()
