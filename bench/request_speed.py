"""What requests to the pages and the API cost: the command line, the clocks and the table of the benches of both.

The processor's time is this process's and, on PostgreSQL, that of the backends that serve it. Queries run without
parallel workers, whose time no backend has.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from sqlalchemy import URL, event
from sqlalchemy.engine import make_url
from sqlalchemy.pool import Pool

RUNS = 20


def read_options(description: str | None) -> argparse.Namespace:
    """Return the command line: ``url``, with the name of the measurement; ``runs``, ``cpu`` and ``only``."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("url", help="of the database that bench.large_store filled", type=measured_url)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--cpu", action="store_true", help="hold the bound against processor time")
    parser.add_argument("--only", default="", help="those with this in their name")
    return parser.parse_args()


def measured_url(address: str) -> str:
    """Return a database's address whose connections have no parallel workers."""
    url: URL = make_url(address)
    if url.get_backend_name() == "postgresql":
        url = url.update_query_dict({"options": "-c max_parallel_workers_per_gather=0"})
    return url.render_as_string(hide_password=False)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a request took, in seconds: of the clock on the wall, of this process, of the database's backends."""

    wall: float
    process: float
    backend: float

    @property
    def processor(self) -> float:
        """Return the seconds of all processors."""
        return self.process + self.backend


class Backends:
    """The PostgreSQL backends of this process's connections, whichever engine opened them; SQLite has none."""

    def __init__(self) -> None:
        self._open: set[int] = set()
        self._closed_seconds = 0.0
        event.listen(Pool, "connect", self._add)
        event.listen(Pool, "close", self._remove)

    def seconds(self) -> float:
        """Return the seconds that they have run."""
        return self._closed_seconds + sum(map(_scheduled_seconds, self._open))

    def _add(self, connection: Any, _record: Any) -> None:
        if (pid := _backend_pid(connection)) is not None:
            self._open.add(pid)

    def _remove(self, connection: Any, _record: Any) -> None:
        if (pid := _backend_pid(connection)) in self._open:
            self._open.discard(pid)
            self._closed_seconds += _scheduled_seconds(pid)


def _backend_pid(connection: Any) -> Any:
    """Return the process that serves a connection of psycopg's; None for one of SQLite's."""
    information = getattr(connection, "info", None)
    return getattr(information, "backend_pid", None)


@dataclass(slots=True)
class RequestCosts:
    """What each request cost, by name, in the order in which they were measured first."""

    backends: Backends
    costs: dict[str, list[Cost]] = field(default_factory=lambda: defaultdict(list))

    def measure(self, name: str, request: Callable[[], object]) -> None:
        """Make a request, and add its cost to those of ``name``."""
        backend, process, wall = self.backends.seconds(), time.process_time(), time.perf_counter()
        request()
        wall, process = time.perf_counter() - wall, time.process_time() - process
        self.costs[name].append(Cost(wall, process, self.backends.seconds() - backend))

    def print_medians(self, most_ms: float, *, by_cpu: bool, notes: Sequence[str] = ()) -> list[str]:
        """Print a row for each name, ``notes`` a last column. Return the names whose median is over ``most_ms``."""
        table, slow = Table("Request", "ms", "processor", "database", *(["kB"] if notes else [])), list[str]()
        for place, (name, costs) in enumerate(self.costs.items()):
            wall, processor = median_ms([cost.wall for cost in costs]), median_ms([cost.processor for cost in costs])
            figures = (wall, processor, median_ms([cost.backend for cost in costs]))
            table.add_row(name[:60], *(f"{figure:.0f}" for figure in figures), *notes[place : place + 1])
            slow += [name] if (processor if by_cpu else wall) > most_ms else []
        Console().print(table)
        return slow


def median_ms(seconds: Sequence[float]) -> float:
    """Return the median in milliseconds."""
    return 1000 * statistics.median(seconds)


def _scheduled_seconds(pid: int) -> float:
    """Return how long a process of this machine ran: the first figure of its schedstat, in nanoseconds (Linux)."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
