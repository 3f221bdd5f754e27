"""What a person sees while a local Airflow works: each thing that moves, and what keeps one waiting."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

# (what is under way, how much is done, of how much); a total of 0 means that nobody knows
Progress = Callable[[str, int, int], None]
# Seconds after which something that does not move is called slow, and again each time as many have passed.
SLOW_SECONDS = 60.0


def silent(_step: str, _ended: int, _total: int) -> None:
    """The progress that nobody watches."""


def slow_note(seconds: float, load: float, cores: int) -> str:
    """Return why one waits, in words: how long nothing has moved, and whether the machine is busy."""
    reason = f"; the machine is busy: load {load:.1f} on {cores} cores" if load > 1.5 * cores else ""
    return f"slow: {seconds:.0f} seconds without a change{reason}"


class Patience:
    """Notices what does not move: :meth:`note` is given each standing and returns a note where one is due."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._standing: tuple[object, ...] = ()
        self._since = self._noted = clock()

    def note(self, *standing: object) -> str:
        """Return the note on a standing that is as it was SLOW_SECONDS ago, else ''."""
        time_now = self._clock()
        if standing != self._standing:
            self._standing, self._since, self._noted = standing, time_now, time_now
        if time_now - self._noted < SLOW_SECONDS:
            return ""
        self._noted = time_now
        return slow_note(time_now - self._since, os.getloadavg()[0], os.cpu_count() or 1)


def printed_progress() -> Progress:
    """Return a progress that prints a line whenever something moves, and a note whenever it is slow."""
    patience = Patience()
    last_line = ""

    def show(step: str, ended: int, total: int) -> None:
        nonlocal last_line
        line = f"{step}: {ended} of {total}"
        if line != last_line:
            print(line, flush=True)
        if note := patience.note(step, ended):
            print(f"{line} ({note})", flush=True)
        last_line = line

    return show
