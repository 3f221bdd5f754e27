"""A week in virtual time: the real steps, store and manners against outlets that misbehave, with restarts.

Two processes share each pass, as Airflow's mapped tasks do, and some passes are killed half way. Only the clock and the
web are faked, and with them what has no part in manners: the archive of pages and the children that read them.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from sqlalchemy import event, func, select
from yarl import URL

from pipeline.config import Config, FetchConfig, ScheduleConfig
from pipeline.errors import FeedError
from pipeline.extract.sandbox import ExtractJob
from pipeline.model import ArchiveRef, Article, FeedSpec
from pipeline.steps.fetch import PageFetcher
from pipeline.steps.hosts import manners
from pipeline.steps.poll import FeedPoller
from pipeline.steps.run import Run
from pipeline.steps.sealing import Sealing
from pipeline.store import Store, open_store
from pipeline.store.schema.tables import entry, poll
from pipeline.store.schema.tables import feed as feed_table
from tests.simulator import virtual
from tests.simulator.outlets import DAY, TDMREP, TICK, Feed, Host, Promise, draw
from tests.simulator.web import Reply, Request, SimulatedClient, Web

GAP = 5.0
CLOSE = 1e-3  # the store keeps microseconds
PROCESSES = 2
HOUR = 3600.0


class NoArchive:
    """Keeps nothing."""

    def write(self, *_: object) -> ArchiveRef:
        return ArchiveRef("none", 0, 0)

    write_resource = write

    def is_sealed(self, _ref: ArchiveRef) -> bool:
        return True


class Readers:
    """Children that find one paragraph in any page and read feeds, at once."""

    memory = 1_000_000_000

    def run(self, work: Any, _seconds: float, _subject: object, *args: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(work(*args))
        except FeedError as error:
            future.set_exception(error)
        return future

    def submit(self, job: ExtractJob) -> Future[Article]:
        future: Future[Article] = Future()
        future.set_result(Article(url=job.url, title="T", body=("text",)))
        return future


@dataclass
class Watch:
    """What hosts were promised, held against what they see."""

    hosts: dict[str, Host]
    broken: Counter[str] = field(default_factory=Counter)
    forgiven: Counter[str] = field(default_factory=Counter)
    answered: list[tuple[float, Feed]] = field(default_factory=list)
    kills: int = 0

    def starts(self, name: str, url: URL, headers: dict[str, str]) -> None:
        """A request begins: is it one that should not be?"""
        at, host = _now(), self.hosts[name]
        if at < host.promise.free_at - CLOSE:
            self.broken[host.promise.broken_promise] += 1
        if url.path == TDMREP:
            self._asks_for_reservations(host, at)
        feed = host.feeds.get(url.path.removeprefix("/new"))
        if feed is None:
            self.broken["page before tdmrep.json"] += url.path.startswith("/page") and not host.tdm_asked
            self.broken["private page"] += url.path.startswith("/private")
            return
        self.broken["gone feed polled"] += feed.gone_told
        self.broken["max-age undercut"] += at < feed.fresh_until - CLOSE
        self.broken["old address polled"] += feed.moved_told >= 3 and url.path == feed.path
        if feed.last_etag and "If-None-Match" not in headers:
            self.broken["unconditional GET"] += 1

    def _asks_for_reservations(self, host: Host, at: float) -> None:
        """Once a day by all processes; a process that was killed has recorded no answer."""
        lately = [time for time in host.tdm_asked if time > at - DAY + HOUR]
        self.broken["tdmrep.json asked again"] += len(lately) > self.kills
        host.tdm_asked.append(at)

    def ends(self, name: str, request: Request) -> None:
        """A request ended: what does that promise?"""
        host, reply, url = self.hosts[name], request.reply, URL(request.url)
        if url.path == "/robots.txt" and reply.status == 200:
            host.robots_told = True
        gap = max(GAP, host.crawl_delay if host.robots_told else 0)
        promise = Promise(request.end + gap, "crawl-delay undercut" if gap > GAP else "gap undercut")
        if "Retry-After" in reply.headers:
            rest = Promise(_asked_until(reply, request.end), "Retry-After undercut")
            promise = max(promise, rest, key=lambda promise: promise.free_at)
        host.promise = max(promise, host.promise, key=lambda promise: promise.free_at)
        if feed := host.feeds.get(url.path.removeprefix("/new")):
            self._feed_ends(feed, url, request)

    def _feed_ends(self, feed: Feed, url: URL, request: Request) -> None:
        reply = request.reply
        feed.unconditional += reply.status == 200 and "If-None-Match" not in request.headers
        feed.gone_told |= reply.status == 410
        good = reply.status in (200, 304)
        if reply.status == 301 or (good and feed.sent_on):
            feed.moved_told += good
            feed.sent_on = reply.status == 301
        else:
            feed.moved_told, feed.sent_on = (feed.moved_told if good else 0), False
        if reply.status in (200, 304):
            self.answered.append((request.end, feed))
            feed.last_etag = reply.headers.get("ETag", feed.last_etag)
            feed.fresh_until = max(_fresh_until(reply, request.end), request.end + feed.ttl * 60)
        if reply.status == 200:
            feed.listed_urls |= {f"//{feed.host}/page/{feed.number}-{n}" for n in feed.listed(request.start)}

    def killed(self, store: Store) -> None:
        """A process was killed: what it had not recorded yet, no other can know."""
        self.kills += 1
        with store.reading() as db:
            polled = dict(db.execute(select(feed_table.c.url, feed_table.c.last_poll)).all())  # type: ignore[arg-type]
        for at, feed in self.answered:
            last = polled.get(feed.url)
            if last is None or (last - virtual.START).total_seconds() < at - CLOSE:
                self.forgiven["feed"] += 1
                feed.last_etag, feed.fresh_until, feed.moved_told = "", 0.0, 0


@dataclass(frozen=True)
class Report:
    """How a week went: broken promises by kind, and what was done."""

    broken: dict[str, int]
    forgiven: int
    kills: int
    passes: int
    requests: int
    polls: int
    entries: int
    unaccounted: int
    most_at_once: int
    lost: int


def simulate(folder: Path, hosts: int = 200, feeds: int = 500, days: float = 7.0, seed: int = 1) -> Report:
    """A week, or less of it; the same for the same seed."""
    random.seed(seed)  # the steps' own chance, which spreads polls
    return virtual.virtually(_Week(folder, draw(hosts, feeds, days, seed), days, seed).run())


class _Week:
    def __init__(self, folder: Path, hosts: list[Host], days: float, seed: int) -> None:
        self._hosts = {host.name: host for host in hosts}
        self._feeds = [feed for host in hosts for feed in host.feeds.values()]
        self._watch = Watch(self._hosts)
        self._web = _Watched({host.name: host.answer for host in hosts}, watch=self._watch)
        self._chance = random.Random(seed + 1)
        self._days = days
        self._config = Config(
            home=folder,
            store=f"sqlite:///{folder / 'week.db'}",
            archive="",
            feeds=tuple(FeedSpec(feed.url, f"Outlet {feed.number}", full_text=feed.full_text) for feed in self._feeds),
            fetch=FetchConfig(host_gap=GAP, concurrency=1000),
            schedule=ScheduleConfig(first=3600.0),
        )

    async def run(self) -> Report:
        passes = kills = 0
        with open_store(self._config.store) as store, ThreadPoolExecutor(1) as writer:
            # A simulated kill is none of the machine: what the database waits for the disk for is not under test.
            event.listen(store.engine, "checkout", lambda connection, *_: connection.execute("PRAGMA synchronous=OFF"))
            store.feeds.sync(self._config.feeds, virtual.now(), self._config.schedule.first)
            while _now() < self._days * DAY:
                began = _now()
                kills += await self._pass(store, writer)
                passes += 1
                await asyncio.sleep(max(began + TICK - _now(), 0.0))
            return self._report(store, passes, kills)

    async def _pass(self, store: Store, writer: ThreadPoolExecutor) -> bool:
        """What is due, shared by the processes; one pass in fifty is killed before its end."""
        feeds = store.feeds.due(virtual.now())
        pages = store.entries.due(virtual.now())
        if not feeds and not pages:
            return False
        working = asyncio.gather(
            *(self._process(store, writer, feeds[n::PROCESSES], pages[n::PROCESSES]) for n in range(PROCESSES))
        )
        if self._chance.random() > 0.02:
            await working
            return False
        ended, _ = await asyncio.wait([working], timeout=self._chance.uniform(0.1, 60.0))
        if ended:
            return False
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        self._watch.killed(store)
        return True

    async def _process(self, store: Store, writer: ThreadPoolExecutor, feeds: list[int], pages: list[int]) -> None:
        rules = manners(self._config, store, writer, virtual.now)
        async with SimulatedClient(self._web, self._config.fetch, rules) as client:
            children: Any = Readers()
            archive: Any = NoArchive()
            shared = Run(self._config, store, archive, Sealing(archive, writer), children, writer, client, virtual.now)
            poller, fetcher = FeedPoller(shared), PageFetcher(shared, {})
            async with asyncio.TaskGroup() as group:
                for state in store.feeds.load(feeds):
                    group.create_task(poller.poll(state))
                for waiting in store.entries.load(pages):
                    group.create_task(fetcher.fetch(waiting))

    def _report(self, store: Store, passes: int, kills: int) -> Report:
        with store.reading() as db:
            stored = set(db.scalars(select(entry.c.url_key)))
            silent_entries = db.scalar(
                select(func.count()).where(entry.c.status.in_(["failed", "retry"]), entry.c.outcome == "")
            )
            rows = db.execute(select(poll.c.seen, poll.c.new, poll.c.known, poll.c.dropped)).all()
        listed_urls = set().union(*(feed.listed_urls for feed in self._feeds))
        unbalanced = sum(row.seen != row.new + row.known + sum(row.dropped.values()) for row in rows)
        return Report(
            broken={promise: number for promise, number in sorted(self._watch.broken.items()) if number},
            forgiven=self._watch.forgiven.total(),
            kills=kills,
            passes=passes,
            requests=sum(map(len, self._web.requests_by_host.values())),
            polls=len(rows),
            entries=len(stored),
            unaccounted=len(listed_urls - stored) + unbalanced + (silent_entries or 0),
            most_at_once=self._web.most_busy,
            lost=len(listed_urls - stored),
        )


class _Watched(Web):
    """The web, with a watch on every start and end."""

    def __init__(self, sites: Any, watch: Watch) -> None:
        super().__init__(sites, watch=watch.starts)
        self.ended = watch.ends


def _now() -> float:
    return asyncio.get_running_loop().time()


def _until(date: str) -> float:
    return (parsedate_to_datetime(date) - virtual.START).total_seconds()


def _asked_until(reply: Reply, end: float) -> float:
    text = reply.headers["Retry-After"]
    return end + float(text) if text.isdigit() else _until(text)


def _fresh_until(reply: Reply, end: float) -> float:
    if "Expires" in reply.headers:
        return _until(reply.headers["Expires"])
    return end + float(reply.headers.get("Cache-Control", "=0").rpartition("=")[2])
