"""A week in an hour: ``python -m bench.week``. One process ingests, one serves pages, while hours pass in seconds.

Outlets on loopback publish by the hour (:mod:`bench.reports`). For each hour of the week the real steps run once, as
``copydesk run`` does without end, with real HTTP, children, archive and store; retention and replay once a day; a
reader asks the pages and the API each hour. Only the clock is told. After each hour both processes and the fork server
are measured: resident memory and open files.

Printed are the means by day. Ends with 1 where a process of the last day has over a tenth more memory than on the day
after the warm-up (the matching window, 96 hours), has more open files, where pages were left behind, or where a story
has copies of two reports.
"""

from __future__ import annotations

import argparse
import multiprocessing
import socket
import statistics
import sys
import tempfile
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterator, Sequence, Sized
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select, text

from bench.concurrency import START, config_for, serving_stand
from bench.reports import Reports
from pipeline import steps
from pipeline.config import Config, FetchConfig
from pipeline.store import Store, open_store
from pipeline.store.schema.tables import article, copy, entry
from pipeline.web.tokens import Role, TokenFile

HOURS_OF_DAY = 24
WARM_DAYS = 4
MOST_GROWTH = 1.1
MEGABYTE = 1e6
SPAWNED = multiprocessing.get_context("spawn")
PATHS = ("/copydesk/", "/copydesk/stories", "/copydesk/feeds", "/copydesk/api/v1/stories", "/copydesk/api/v1/changes")


@dataclass(frozen=True, slots=True)
class Hour:
    """What was measured after an hour: seconds of its run, bytes and open files by process, pages not yet stored."""

    seconds: float
    memory: dict[str, int]
    files: dict[str, int]
    published: int
    stored: int
    bytes: int


@dataclass(slots=True)
class Week:
    """The hours so far, in order."""

    hours: list[Hour] = field(default_factory=list)

    def days(self) -> list[list[Hour]]:
        """Return the hours by day; the last may be short."""
        return [self.hours[n : n + HOURS_OF_DAY] for n in range(0, len(self.hours), HOURS_OF_DAY)]

    def warm_day(self) -> list[Hour]:
        """Return the hours of the first day after the warm-up, of the last where there is none."""
        days = self.days()
        return days[min(WARM_DAYS, len(days) - 1)]

    def growth(self) -> dict[str, float]:
        """Return each process's mean memory of the last day over that of the first day after the warm-up."""
        first, last = self.warm_day(), self.days()[-1]
        return {name: _mean_memory(last, name) / _mean_memory(first, name) for name in last[-1].memory}

    def more_files(self) -> list[str]:
        """Return the processes that have more open files at the end than after the warm-up."""
        first, last = self.warm_day()[0], self.hours[-1]
        return [name for name, number in last.files.items() if number > first.files.get(name, number)]


def _mean_memory(hours: Sequence[Hour], name: str) -> float:
    return statistics.mean(hour.memory[name] for hour in hours if name in hour.memory)


def main() -> int:
    """Live through the days, print them, and say whether all bounds hold."""
    options = arguments()
    stand = Reports(options.outlets, options.reports)
    with tempfile.TemporaryDirectory() as folder, serving_stand(stand):
        config = week_config(stand, options.store or f"sqlite:///{folder}/copydesk.db", Path(folder))
        with steps.open_for(config) as store:
            week = live(stand, config, store, options.days * HOURS_OF_DAY)
            mixed = mixed_stories(store)
    return verdict(week, mixed)


def arguments() -> argparse.Namespace:
    """The command line."""
    epilog = "Example: python -m bench.week --days 2 --outlets 10"
    parser = argparse.ArgumentParser(description=__doc__, epilog=epilog)
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--outlets", type=int, default=40)
    parser.add_argument("--reports", type=int, default=15, help="new reports an hour of all outlets; default 15")
    parser.add_argument("--store", default="", help="an empty database; default a SQLite file of its own")
    return parser.parse_args()


def week_config(stand: Reports, store: str, folder: Path) -> Config:
    """Return settings with which pages are visited again once, as they are by default three times."""
    config = config_for(stand, store, folder)
    fetch: FetchConfig = replace(config.fetch, revisit_hours=(6.0,))
    return replace(config, fetch=fetch, schedule=replace(config.schedule, least=900.0, most=3600.0))


def live(stand: Reports, config: Config, store: Store, hours: int) -> Week:
    """Let so many hours pass, and measure after each."""
    week = Week()
    with ingesting(config) as runner, serving_pages(config) as reader:
        for number in range(hours):
            stand.hour = float(number)
            seconds = runner.pass_hour(START + timedelta(hours=number), is_day_end=number % HOURS_OF_DAY == 23)
            reader.ask()
            week.hours.append(measured(stand, config, store, seconds, {**runner.processes(), **reader.processes()}))
            print(f"hour {number + 1} of {hours}: {week.hours[-1].stored} pages, {seconds:.1f} s", file=sys.stderr)
    return week


def measured(
    stand: Reports, config: Config, store: Store, seconds: float, processes: dict[str, psutil.Process]
) -> Hour:
    """Return what stands after an hour."""
    memory = {name: process.memory_info().rss for name, process in processes.items()}
    files = {name: process.num_fds() for name, process in processes.items()}
    with store.reading() as db:
        stored = db.scalar(select(func.count()).select_from(article)) or 0
    return Hour(seconds, memory, files, stand.published, stored, stored_bytes(config, store))


def stored_bytes(config: Config, store: Store) -> int:
    """Return the bytes of the database and the archive."""
    archive = sum(path.stat().st_size for path in Path(config.archive).rglob("*") if path.is_file())
    if store.engine.dialect.name == "sqlite":
        return archive + Path(store.engine.url.database or "").stat().st_size
    with store.reading() as db:
        return archive + (db.scalar(text("SELECT pg_database_size(current_database())")) or 0)


class Ingest:
    """The process that runs the steps, told each hour what time it is."""

    def __init__(self, process: psutil.Process, orders: Connection) -> None:
        self._process, self._orders = process, orders

    def pass_hour(self, now: datetime, *, is_day_end: bool) -> float:
        """Run once, and at the end of a day what is done once a day. Return the seconds that it took."""
        began = time.monotonic()
        self._orders.send((now, is_day_end))
        problem = self._orders.recv()
        if problem:
            raise SystemExit(f"the run of {now:%d %b %H:%M} failed: {problem}")
        return time.monotonic() - began

    def processes(self) -> dict[str, psutil.Process]:
        """Return itself and the fork server of its children."""
        servers = [child for child in self._process.children() if "forkserver" in " ".join(child.cmdline())]
        return {"ingest": self._process, **({"fork server": servers[0]} if servers else {})}


@contextmanager
def ingesting(config: Config) -> Iterator[Ingest]:
    """The process of the steps, which ends with the block."""
    orders, theirs = SPAWNED.Pipe()
    process = SPAWNED.Process(target=ingest_by_order, args=(config, theirs))
    process.start()
    try:
        yield Ingest(psutil.Process(process.pid), orders)
    finally:
        orders.close()
        process.join()


def ingest_by_order(config: Config, orders: Connection) -> None:
    """In a process of its own: run the steps for each moment that comes, until none will."""
    from pipeline.steps.maintain import apply_retention
    from pipeline.steps.replay import replay_articles

    while True:
        try:
            now, is_day_end = orders.recv()
        except EOFError:
            return
        reports = steps.run_once(config, now)
        if is_day_end:
            reports += [apply_retention(config, now), replay_articles(config, now, "")]
        steps.collect_cycles()
        orders.send("; ".join(problem for report in reports for problem in report.problems))


class Reader:
    """Who reads the pages that a process serves."""

    def __init__(self, process: psutil.Process, port: int, token: str) -> None:
        self._process, self._port, self._token = process, port, token

    def ask(self) -> None:
        """Ask for a page of each kind. Raises URLError where one is refused."""
        for path in PATHS:
            url, headers = f"http://127.0.0.1:{self._port}{path}", {"Authorization": f"Bearer {self._token}"}
            with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=120) as answer:
                answer.read()

    def processes(self) -> dict[str, psutil.Process]:
        """Return the process that serves."""
        return {"serve": self._process}


@contextmanager
def serving_pages(config: Config) -> Iterator[Reader]:
    """The process that serves pages, which ends with the block."""
    tokens = config.home / "tokens"
    token = TokenFile(tokens).add("reader", Role.READER)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        process = SPAWNED.Process(target=serve_by, args=(config, listener, tokens))
        process.start()
        try:
            yield Reader(psutil.Process(process.pid), listener.getsockname()[1], token)
        finally:
            process.terminate()
            process.join()


def serve_by(config: Config, listener: socket.socket, tokens: Path) -> None:
    """In a process of its own: serve what ``copydesk serve`` does."""
    from pipeline.web.served import run_server

    with open_store(config.store) as store:
        run_server(listener, lambda: store, config, TokenFile(tokens))


def mixed_stories(store: Store) -> int:
    """Return how many stories have copies of two reports, or share one's copies with another story."""
    reports: defaultdict[int, set[str]] = defaultdict(set)
    stories: defaultdict[str, set[int]] = defaultdict(set)
    with store.reading() as db:
        query = select(copy.c.story_id, entry.c.url).join(article, article.c.id == copy.c.article_id)
        for story_id, url in db.execute(query.join(entry, entry.c.id == article.c.entry_id)):
            report = url.rpartition("-")[2]
            reports[story_id].add(report)
            stories[report].add(story_id)
    groups: list[Sized] = [*reports.values(), *stories.values()]
    return sum(len(group) > 1 for group in groups)


def verdict(week: Week, mixed: int) -> int:
    """Print the days. Return 1 where something grew, was left behind or was mixed."""
    names = list(week.hours[-1].memory)
    table = Table("day", "pages", "behind", "s a run", *(f"{name} MB" for name in names), "open files", "kB a page")
    for number, hours in enumerate(week.days(), 1):
        table.add_row(*day_row(number, hours, names))
    Console().print(table)
    growth, last = week.growth(), week.hours[-1]
    grown = [f"{name} {ratio:.2f}" for name, ratio in growth.items()]
    behind = last.published - last.stored
    print(f"memory against the first day after the warm-up: {', '.join(grown)}; bound {MOST_GROWTH}")
    print(f"more open files: {', '.join(week.more_files()) or 'none'}; mixed stories: {mixed}; pages behind: {behind}")
    hour_of_pages = last.published / len(week.hours)
    is_bad = max(growth.values()) > MOST_GROWTH or week.more_files() or mixed or behind > hour_of_pages
    return 1 if is_bad else 0


def day_row(number: int, hours: Sequence[Hour], names: Sequence[str]) -> list[str]:
    """Return a day's line of the table."""
    last = hours[-1]
    behind = max(hour.published - hour.stored for hour in hours)
    memory = [f"{_mean_memory(hours, name) / MEGABYTE:.0f}" for name in names]
    files = "/".join(str(last.files[name]) for name in names)
    seconds = statistics.median(hour.seconds for hour in hours)
    return [str(number), str(last.stored), str(behind), f"{seconds:.1f}", *memory, files,
            f"{last.bytes / last.stored / 1000:.1f}"]  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
