"""Writers that meet: whole runs two at once, and polls by eight workers, on one store: ``python -m bench.concurrency``.

A small stand on loopback publishes new pages before each round, in feeds that share an outlet's pages in pairs, so that
two runs meet at the same feeds, entries, hosts and counters. Printed are steps that died, feeds or pages that came to
nothing, pages fetched twice, pages stored twice and pages missing. Ends with 1 where one of these is not 0.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import NamedTuple

from rich.console import Console
from rich.table import Table
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.engine import make_url

from pipeline import steps
from pipeline.config import Config, FetchConfig
from pipeline.model import FeedSpec, StepReport
from pipeline.store import open_store
from pipeline.store.schema.tables import article, copy, entry, poll

POSTGRES = "postgresql+psycopg://root@127.0.0.1:5432/postgres"
START = datetime(2026, 3, 2, 6, tzinfo=UTC)
# Longer than any poll interval: each round finds every feed due.
BETWEEN = timedelta(days=2)
FEEDS_OF_AN_OUTLET = 2
AT_ONCE, WORKERS = 2, 8


class Stand:
    """Feeds and pages on loopback. Each outlet's feeds list the same pages; requests are counted by page."""

    def __init__(self, outlets: int, pages: int) -> None:
        self.outlets, self.pages = outlets, pages
        self.editions = 0
        self.requests: Counter[str] = Counter()
        self.port = 0

    def publish(self) -> None:
        """Add ``pages`` new pages to each outlet."""
        self.editions += 1

    @property
    def published(self) -> int:
        """Pages that the feeds list now, each once."""
        return self.outlets * self.pages * self.editions

    def specs(self) -> tuple[FeedSpec, ...]:
        """The feeds, as a feeds.toml would list them."""
        return tuple(
            FeedSpec(f"http://127.0.0.1:{self.port}/feed/{outlet}/{number}", f"Outlet {outlet}")
            for outlet in range(self.outlets)
            for number in range(FEEDS_OF_AN_OUTLET)
        )

    def body(self, path: str) -> bytes | None:
        """What stands at a path."""
        kind, _, rest = path.strip("/").partition("/")
        if kind == "feed":
            return self._feed(rest.split("/")[0])
        if kind == "page":
            self.requests[path] += 1
            return _page(rest)
        return None

    def _feed(self, outlet: str) -> bytes:
        # The newest edition and two before it, as feeds forget: what is older was read.
        editions = range(max(0, self.editions - 3), self.editions)
        items = "".join(self._item(f"{outlet}-{edition}-{n}") for edition in editions for n in range(self.pages))
        return f'<rss version="2.0"><channel><title>Outlet {outlet}</title>{items}</channel></rss>'.encode()

    def _item(self, name: str) -> str:
        url = f"http://127.0.0.1:{self.port}/page/{name}"
        return f"<item><title>Report {name}</title><link>{url}</link><guid>{url}</guid></item>"


def _page(name: str) -> bytes:
    title = f"Report {name}"
    sentences = (
        f"The council of district {name} met on matter {n} and heard {n + 3} speakers on it." for n in range(12)
    )
    paragraphs = "".join(
        f"<p>{sentence} Members of group {name} voted on it after {len(name)} hours.</p>" for sentence in sentences
    )
    article = f"<article><h1>{title}</h1>{paragraphs}</article>"
    return f"<html><head><title>{title}</title></head><body>{article}</body></html>".encode()


@contextmanager
def serving_stand(stand: Stand) -> Iterator[Stand]:
    """The stand, answering on a port of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = stand.body(self.path)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Type", "application/rss+xml" if "/feed/" in self.path else "text/html")
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_words: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stand.port = server.server_address[1]
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield stand
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def scratch_database(server: str) -> Iterator[str]:
    """The address of a PostgreSQL database that is dropped at the end."""
    name = f"copydesk_bench_{uuid.uuid4().hex[:12]}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as db:
        db.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as db:
            db.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        engine.dispose()


class Ended(NamedTuple):
    """How one call of the steps ended: what it could not do, and why it died if it did."""

    problems: tuple[str, ...]
    death: str = ""


@dataclass(slots=True)
class Soak:
    """What came of all calls on a store."""

    calls: int = 0
    polls: int = 0
    deaths: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    fetched_twice: int = 0
    stored_twice: int = 0
    missing: int = 0

    def add(self, ends: Sequence[Ended]) -> None:
        """Count calls that ended together."""
        self.calls += len(ends)
        self.deaths += [end.death for end in ends if end.death]
        self.problems += [problem for end in ends for problem in end.problems]

    @property
    def is_clean(self) -> bool:
        """Nothing died, failed, came twice or is missing."""
        return not (self.deaths or self.problems or self.fetched_twice or self.stored_twice or self.missing)


def config_for(stand: Stand, store: str, folder: Path) -> Config:
    """Settings by which nothing is fetched twice unless two runs meet: no revisits, no robots.txt, no gap."""
    fetch = FetchConfig(
        allow=(f"127.0.0.1:{stand.port}",), host_gap=0.0, robots=False, tdmrep=False, revisit_hours=(), deadline=120.0
    )
    return Config(folder, store, str(folder / "archive"), feeds=stand.specs(), fetch=fetch)


def soak_runs(stand: Stand, config: Config, rounds: int, progress: Callable[[str], None] = lambda _line: None) -> Soak:
    """``rounds`` times two whole runs at once, each time with new pages."""
    soak = Soak()
    _make_store(config)
    with _processes(AT_ONCE) as pool:
        for number in range(rounds):
            now = START + number * BETWEEN
            soak.add([_leave_waiting(pool, stand, config, now)])
            stand.publish()
            runs = [pool.submit(_run, config, now + BETWEEN / 2) for _ in range(AT_ONCE)]
            soak.add([run.result() for run in runs])
            progress(f"round {number + 1} of {rounds}: {len(soak.deaths)} dead, {len(soak.problems)} failed")
        # What a run that died has left is anybody's in the next one.
        soak.add([pool.submit(_run, config, START + rounds * BETWEEN).result()])
    return _judge(soak, stand, config, copies=True)


def soak_polls(stand: Stand, config: Config, rounds: int, progress: Callable[[str], None] = lambda _line: None) -> Soak:
    """``rounds`` times all feeds polled by eight workers at once, each of all feeds, and new pages each time."""
    soak = Soak()
    _make_store(config)
    with open_store(config.store) as store:
        store.feeds.sync(config.feeds, START)
        ids = store.feeds.due(START)
    with _processes(WORKERS) as pool:
        for number in range(rounds):
            stand.publish()
            # Each begins elsewhere, as workers do that are given feeds as they come.
            turned = [ids[n:] + ids[:n] for n in range(WORKERS)]
            polls = [pool.submit(_poll, config, feeds, START + number * BETWEEN) for feeds in turned]
            soak.add([ended.result() for ended in polls])
            progress(f"round {number + 1} of {rounds}: {len(soak.deaths)} dead, {len(soak.problems)} failed")
    return _judge(soak, stand, config, copies=False)


def _leave_waiting(pool: ProcessPoolExecutor, stand: Stand, config: Config, now: datetime) -> Ended:
    """Poll new pages that nobody fetches: both runs then find them due."""
    stand.publish()
    with open_store(config.store) as store:
        store.feeds.sync(config.feeds, now)
        ids = store.feeds.due(now)
    return pool.submit(_poll, config, ids, now).result()


def _make_store(config: Config) -> None:
    # Two that make it at once is a matter of the migrations, tested there.
    open_store(config.store).close()


def _processes(number: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(number, mp_context=multiprocessing.get_context("spawn"))


def _run(config: Config, now: datetime) -> Ended:
    return _ended(lambda: steps.run_once(config, now))


def _poll(config: Config, feeds: Sequence[int], now: datetime) -> Ended:
    return _ended(lambda: [steps.poll_feeds(config, feeds, now)])


def _ended(call: Callable[[], Sequence[StepReport]]) -> Ended:
    try:
        return Ended(tuple(f"{report.step}: {line}" for report in call() for line in report.problems))
    except Exception as error:  # noqa: BLE001 - whatever ends a step is what is counted here
        return Ended((), _first_cause(error))


def _first_cause(error: Exception) -> str:
    """The first error in a group of those of tasks."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"


def _judge(soak: Soak, stand: Stand, config: Config, *, copies: bool) -> Soak:
    """Compare what the store holds with what the stand published."""
    with open_store(config.store) as store, store.reading() as db:
        soak.polls = int(db.scalar(select(func.count()).select_from(poll)) or 0)
        tables = (entry, article, copy) if copies else (entry,)
        for table in tables:
            rows = int(db.scalar(select(func.count()).select_from(table)) or 0)
            soak.stored_twice += max(0, rows - stand.published)
            soak.missing += max(0, stand.published - rows)
    soak.fetched_twice = sum(times - 1 for times in stand.requests.values() if times > 1)
    return soak


def main() -> int:
    """Soak, print, and say whether all is 0."""
    parser = argparse.ArgumentParser(description=__doc__, epilog="Example: python -m bench.concurrency --rounds 10")
    parser.add_argument("--rounds", type=int, default=50, help="rounds of two whole runs at once")
    parser.add_argument("--polls", type=int, default=2000, help="polls by eight workers")
    parser.add_argument("--server", default=POSTGRES, help="a PostgreSQL server where databases may be made")
    options = parser.parse_args()
    table = Table("Soak", "Calls", "Polls", "Dead", "Failed", "Fetched twice", "Stored twice", "Missing")
    soaks = [_whole_runs(options.server, options.rounds), _eight_workers(options.server, options.polls)]
    for name, soak in zip(("two whole runs at once", "polls by eight workers"), soaks, strict=True):
        figures = (soak.calls, soak.polls, len(soak.deaths), len(soak.problems))
        table.add_row(name, *map(str, (*figures, soak.fetched_twice, soak.stored_twice, soak.missing)))
    Console().print(table)
    for line, times in Counter(line for soak in soaks for line in (*soak.deaths, *soak.problems)).most_common(5):
        print(f"{times} times: {line}")
    return 0 if all(soak.is_clean for soak in soaks) else 1


def _whole_runs(server: str, rounds: int) -> Soak:
    with serving_stand(Stand(3, 4)) as stand, scratch_database(server) as store, _folder() as folder:
        return soak_runs(stand, config_for(stand, store, folder), rounds, _report)


def _eight_workers(server: str, polls: int) -> Soak:
    with serving_stand(Stand(25, 4)) as stand, scratch_database(server) as store, _folder() as folder:
        rounds = -(-polls // (WORKERS * len(stand.specs())))
        return soak_polls(stand, config_for(stand, store, folder), rounds, _report)


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def _report(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
