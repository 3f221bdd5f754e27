"""Where pure code meets I/O, with ``upkeep`` for what is stored already. Each step is idempotent, may die anywhere.

The flow, which Airflow's ``ingest`` and :func:`run` both follow::

    due_feeds   sync feeds.toml with the store; ids of feeds whose time has come, in batches
    poll        for each feed:   GET with its validators -> parse -> one transaction (entries, validators, next poll)
    due_pages   ids of entries without an article whose time has come, in batches
    fetch       for each entry:  robots -> GET -> WARC -> child: extract -> one transaction (page, article, spans)
    cluster     under one lock: learn what new outlets repeat; for each batch of articles:
                    fingerprint -> candidates -> compare -> assign -> choose canonical -> one transaction (plan)
    publish     move the "published" cursor over the change log; what it passed is told downstream

``now`` is when the step starts; times inside a step run on from it.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from html import escape
from typing import ParamSpec, TypeVar

from pipeline import schedule
from pipeline.config import Config
from pipeline.errors import CopydeskError, FeedError, Retry, StoreError
from pipeline.extract.sandbox import ExtractJob, Sandbox
from pipeline.extract.template import Learned, without_repeats
from pipeline.feeds import parse_feed
from pipeline.fetch.client import Client
from pipeline.fetch.robots import Robots
from pipeline.learn import learn_new
from pipeline.match.assign import Desk
from pipeline.match.novelty import MEMORY, Novelty
from pipeline.match.plan import plan_batch
from pipeline.match.withdrawal import named_story
from pipeline.model import (
    ArticleRecord,
    Change,
    EntryState,
    Failure,
    FeedState,
    FetchResult,
    Outcome,
    PageHints,
    PageRecord,
    ParsedFeed,
    PollRecord,
    StepReport,
    VersionKind,
)
from pipeline.store import Store, open_store
from pipeline.store.archive import Archive
from pipeline.store.changes import changes
from pipeline.store.entries import Extracted

PUBLISHED = "published"
MOST_CANDIDATES = 40
T = TypeVar("T")
P = ParamSpec("P")
Progress = Callable[[str, int, int], None]
Clock = Callable[[], datetime]


def silent(_step: str, _done: int, _total: int) -> None:
    """The progress of a run that nobody watches."""


def running_from(now: datetime) -> Clock:
    """A clock that stands at ``now`` and runs on from there at the pace of the real one."""
    started = time.monotonic()
    return lambda: now + timedelta(seconds=time.monotonic() - started)


def open_for(config: Config) -> Store:
    """The config's store, migrated to the schema of this version."""
    return open_store(config.store)


def run(config: Config, now: datetime, progress: Progress = silent) -> list[StepReport]:
    """One whole pass: every due feed and page, then clustering and publishing."""
    clock = running_from(now)
    # The children take a second to start: meanwhile feeds can be waited for.
    with Sandbox(config.extract) as children:
        feeds = [feed for batch in due_feeds(config, now) for feed in batch]
        reports = [poll(config, feeds, clock(), progress)]
        pages = [entry for batch in due_pages(config, clock()) for entry in batch]
        reports.append(fetch_into(config, children, pages, clock(), progress))
    reports.append(cluster(config, clock(), progress))
    reports.append(publish(config, clock()))
    return reports


# ---------------------------------------------------------------- poll


def due_feeds(config: Config, now: datetime) -> list[list[int]]:
    """Bring the store's feeds in line with the config; ids of those due at ``now``, in batches."""
    with open_for(config) as store:
        store.sync_feeds(config.feeds, now)
        return _batches(store.due_feeds(now), config.schedule.feed_batch)


def poll(config: Config, feed_ids: Sequence[int], now: datetime, progress: Progress = silent) -> StepReport:
    """Poll these feeds and store what they hold; a feed that fails keeps all it had."""
    clock = running_from(now)
    records: list[tuple[FeedState, PollRecord, int]] = []
    with open_for(config) as store, ThreadPoolExecutor(1) as writer:

        async def one(client: Client, feed: FeedState) -> None:
            result = await client.get(feed.spec.url, validators=feed.validators)
            record = partial(_record_poll, config, store, feed, result, clock)
            records.append((feed, *await asyncio.get_running_loop().run_in_executor(writer, record)))
            progress("poll", len(records), len(feed_ids))

        asyncio.run(_each(config, store.feeds(feed_ids), one))
    return _poll_report(records)


def _record_poll(
    config: Config, store: Store, feed: FeedState, result: FetchResult, clock: Clock
) -> tuple[PollRecord, int]:
    parsed, outcome, detail = _read_feed(result, feed, clock())
    plan = _plan_poll(config, store, feed, result, outcome, parsed, clock())
    record = PollRecord(
        feed_id=feed.id,
        polled_at=clock(),
        outcome=outcome,
        next_poll=plan[0],
        interval=plan[1],
        failures=plan[2],
        status=result.status,
        detail=detail,
        format=parsed.format if parsed else "",
        title=parsed.title if parsed else "",
        validators=result.validators if parsed else None,
        entries=parsed.entries if parsed else (),
    )
    return record, len(store.record_poll(record).new)


def _read_feed(result: FetchResult, feed: FeedState, now: datetime) -> tuple[ParsedFeed | None, Outcome, str]:
    if result.outcome is not Outcome.OK:
        return None, result.outcome, result.detail
    try:
        parsed = parse_feed(
            result.body,
            url=result.final_url or feed.spec.url,
            media_type=result.media_type,
            charset=result.charset,
            country=feed.spec.country,
            now=now,
        )
    except FeedError as error:
        return None, Outcome.NOT_A_FEED, str(error)
    except Exception as error:  # noqa: BLE001 - the feed's failure is recorded, and the others are polled
        return None, Outcome.NOT_A_FEED, f"cannot be read: {type(error).__name__}: {error}"
    return parsed, Outcome.OK, "; ".join(parsed.problems)


def _plan_poll(
    config: Config,
    store: Store,
    feed: FeedState,
    result: FetchResult,
    outcome: Outcome,
    parsed: ParsedFeed | None,
    now: datetime,
) -> tuple[datetime, float, int]:
    known = store.known_entries(feed.id, parsed.entries) if parsed else 0
    new = len(parsed.entries) - known if parsed else 0
    return schedule.next_poll(
        feed, outcome, new, known, now, random.random(), config.schedule, retry_after=result.retry_after
    )


def _poll_report(records: Sequence[tuple[FeedState, PollRecord, int]]) -> StepReport:
    good = (Outcome.OK, Outcome.NOT_MODIFIED)
    failed = [(feed, record) for feed, record, _ in records if record.outcome not in good]
    counts: dict[str, int] = {"new": sum(new for _, _, new in records)}
    for _, record, _ in records:
        counts[record.outcome.value] = counts.get(record.outcome.value, 0) + 1
    problems = tuple(f"{feed.spec.url}: {record.outcome.value} ({record.detail})" for feed, record in failed)
    return StepReport("poll", len(records) - len(failed), len(failed), counts, problems)


# ---------------------------------------------------------------- fetch and extract


def due_pages(config: Config, now: datetime) -> list[list[int]]:
    """Ids of the entries that wait for an article at ``now``, in batches."""
    with open_for(config) as store:
        return _batches(store.due_entries(now), config.schedule.page_batch)


class _Recorder:
    """Stores articles on the thread that writes; what came while it was busy goes into one transaction."""

    def __init__(self, store: Store, writer: Executor) -> None:
        self._store, self._writer = store, writer
        self._waiting: dict[int, Extracted] = {}
        self._turn = asyncio.Lock()

    async def record(self, extracted: Extracted) -> None:
        """Done when it is stored. A StoreError comes out of one of the articles that it concerns, and ends the step."""
        self._waiting[extracted.entry_id] = extracted
        async with self._turn:
            if extracted.entry_id in self._waiting:
                batch, self._waiting = list(self._waiting.values()), {}
                loop = asyncio.get_running_loop()
                await loop.run_in_executor(self._writer, self._store.record_articles, batch)


@dataclass(frozen=True, slots=True)
class _FetchDesk:
    """What the fetch step works with, opened once for all its entries."""

    config: Config
    store: Store
    archive: Archive
    sandbox: Sandbox
    robots: Robots
    client: Client
    clock: Clock
    writer: Executor
    recorder: _Recorder
    templates: Mapping[str, Learned]

    def write(self, do: Callable[P, T], *what: P.args, **named: P.kwargs) -> asyncio.Future[T]:
        """Do it on the one thread that writes, so that the network need not wait for the disk."""
        return asyncio.get_running_loop().run_in_executor(self.writer, partial(do, *what, **named))


def fetch(config: Config, entry_ids: Sequence[int], now: datetime, progress: Progress = silent) -> StepReport:
    """Fetch, archive and extract these entries' pages; a failure is recorded with its entry."""
    if not entry_ids:
        return StepReport("fetch")
    with Sandbox(config.extract) as children:
        return fetch_into(config, children, entry_ids, now, progress)


def fetch_into(
    config: Config, children: Sandbox, entry_ids: Sequence[int], now: datetime, progress: Progress = silent
) -> StepReport:
    """:func:`fetch` with children that run already."""
    outcomes: list[str] = []
    problems: list[str] = []
    with (
        open_for(config) as store,
        Archive(config.archive) as archive,
        ThreadPoolExecutor(1) as writer,
    ):
        recorder, entries = _Recorder(store, writer), store.entries(entry_ids)
        outlets = sorted({entry.outlet for entry in entries})
        templates = {outlet: Learned(*found) for outlet, found in store.templates(outlets).items()}

        async def one(client: Client, entry: EntryState) -> None:
            robots, clock = robots_of(client), running_from(now)
            desk = _FetchDesk(config, store, archive, children, robots, client, clock, writer, recorder, templates)
            failure = await _attempt(desk, entry)
            outcomes.append(failure.outcome if failure else Outcome.OK.value)
            if failure:
                problems.append(f"{entry.url}: {failure.outcome} ({failure.detail})")
            progress("fetch", len(outcomes), len(entry_ids))

        known: dict[Client, Robots] = {}

        def robots_of(client: Client) -> Robots:
            return known.setdefault(client, Robots(client))

        asyncio.run(_each(config, entries, one))
    counts = {outcome: outcomes.count(outcome) for outcome in sorted(set(outcomes))}
    return StepReport("fetch", len(outcomes) - len(problems), len(problems), counts, tuple(problems))


async def _attempt(desk: _FetchDesk, entry: EntryState) -> Failure | None:
    try:
        return await _fetch_entry(desk, entry)
    except StoreError:
        raise
    except Exception as error:  # noqa: BLE001 - the entry's failure is recorded, and the others are fetched
        return _failed(desk, entry, Outcome.PROTOCOL, f"{type(error).__name__}: {error}", None)


async def _fetch_entry(desk: _FetchDesk, entry: EntryState) -> Failure | None:
    if entry.full_text and entry.content:
        return await _extract_content(desk, entry)
    if desk.config.fetch.robots and not await desk.robots.allows(entry.url):
        return _failed(desk, entry, Outcome.ROBOTS, "robots.txt forbids this page", None)
    result = await desk.client.get(entry.url)
    if result.outcome is not Outcome.OK:
        return _failed(desk, entry, result.outcome, result.detail, None, result.retry_after)
    page = desk.write(_archived, desk, entry, result)
    return await _extract(desk, entry, page, result.body, result.charset)


async def _extract_content(desk: _FetchDesk, entry: EntryState) -> Failure | None:
    """The feed carries the whole text: it is the page, and nothing is fetched."""
    title = escape(entry.title)
    body = f"<html><head><title>{title}</title></head><body><article><h1>{title}</h1>{entry.content}</article></body>"
    raw = body.encode()
    return await _extract(desk, entry, desk.write(_archived_content, desk, entry, raw), raw, "utf-8")


def _archived_content(desk: _FetchDesk, entry: EntryState, raw: bytes) -> PageRecord:
    now = desk.clock()
    ref = desk.archive.write_resource(entry.url, now, "text/html", raw)
    return PageRecord(entry.url, entry.url, now, 0, "text/html", "utf-8", _digest(raw), len(raw), ref)


def _archived(desk: _FetchDesk, entry: EntryState, result: FetchResult) -> PageRecord:
    now = desk.clock()
    ref = desk.archive.write(result.final_url or entry.url, now, result.status, result.headers, result.body)
    return PageRecord(
        url=entry.url,
        final_url=result.final_url,
        fetched_at=now,
        status=result.status,
        media_type=result.media_type,
        charset=result.charset,
        digest=_digest(result.body),
        bytes=len(result.body),
        archive=ref,
    )


async def _extract(
    desk: _FetchDesk, entry: EntryState, archived: Awaitable[PageRecord], body: bytes, charset: str
) -> Failure | None:
    """A child reads the page while the writer archives it; both are done before anything is recorded."""
    running = asyncio.wrap_future(desk.sandbox.submit(ExtractJob(body, entry.url, hints_of(entry, charset))))
    page, found = await asyncio.gather(archived, running, return_exceptions=True)
    if isinstance(page, BaseException):
        raise page
    if isinstance(found, CopydeskError):
        return _no_article(desk, entry, page, found)
    if isinstance(found, BaseException):
        raise found
    cleaned = without_repeats(found, desk.templates[entry.outlet])
    await desk.recorder.record(Extracted(entry.id, page, cleaned, desk.clock()))
    return None


def hints_of(entry: EntryState, charset: str = "") -> PageHints:
    """What the entry and its outlet tell of a page before it is read."""
    return PageHints(
        outlet=entry.outlet,
        country=entry.country,
        title=entry.title,
        summary=entry.summary,
        published=entry.published,
        lang=entry.lang,
        charset=charset,
    )


def _no_article(desk: _FetchDesk, entry: EntryState, page: PageRecord, error: CopydeskError) -> Failure:
    now = desk.clock()
    again = error.retry is not Retry.NEVER and entry.attempts + 1 < desk.config.fetch.max_attempts
    failure = Failure(type(error).__name__, str(error), now + timedelta(hours=1) if again else None)
    desk.store.record_failure(entry.id, failure, page, now)
    return failure


def _failed(
    desk: _FetchDesk,
    entry: EntryState,
    outcome: Outcome,
    detail: str,
    page: PageRecord | None,
    retry_after: float | None = None,
) -> Failure:
    now = desk.clock()
    retry_at = schedule.retry_page(
        outcome, entry.attempts + 1, now, random.random(), desk.config.fetch.max_attempts, retry_after=retry_after
    )
    failure = Failure(outcome.value, detail, retry_at)
    desk.store.record_failure(entry.id, failure, page, now)
    return failure


# ---------------------------------------------------------------- cluster, publish


def cluster(config: Config, now: datetime, progress: Progress = silent) -> StepReport:
    """Place every waiting article in a story, one writer at a time, a transaction a batch."""
    clock = running_from(now)
    placed = written = 0
    with open_for(config) as store:
        waiting = store.pending_count()
        if not waiting:
            return StepReport("cluster", counts={"articles": 0, "changes": 0})
        with store.writing():
            learn_new(store, now)
            desk = _match_desk(config, store, now - MEMORY)
            while batch := store.pending_articles(config.match.batch):
                written += len(_cluster_batch(config, store, batch, desk, clock))
                placed += len(batch)
                progress("cluster", placed, max(waiting, placed))
    return StepReport("cluster", placed, counts={"articles": placed, "changes": written})


def _match_desk(config: Config, store: Store, since: datetime) -> Desk:
    from pipeline.match.fingerprint import shingles_of

    seen = ((at, shingles_of(stored)) for at, stored in store.fingerprints(since))
    return Desk(config.match, Novelty.rebuilt(seen, config.match.fresh_hours))


def _cluster_batch(
    config: Config, store: Store, batch: Sequence[ArticleRecord], desk: Desk, clock: Clock
) -> tuple[Change, ...]:
    from pipeline.match.fingerprint import fingerprint_many

    prints = fingerprint_many(["\n".join(record.article.body) for record in batch])
    window = timedelta(hours=config.match.window_hours)
    keys = {record.id: found.bands for record, found in zip(batch, prints, strict=True)}
    candidates = store.candidates(keys, since=batch[0].seen_at - window, most=MOST_CANDIDATES)
    withdrawn = _withdrawn(store, batch, window)
    stories = sorted({story for rows in candidates.values() for _, story, _ in rows} | set(withdrawn.values()))
    desk.members.clear()
    for member in store.members(stories):
        desk.members[member.story_id].append(member)
    plan = plan_batch(batch, prints, candidates, store.canonicals(stories), desk, withdrawn)
    return store.apply(plan, clock())


def _withdrawn(store: Store, batch: Sequence[ArticleRecord], window: timedelta) -> dict[int, int]:
    notices = [record for record in batch if record.article.mark is VersionKind.WITHDRAWAL]
    titles = store.recent_titles(batch[0].seen_at - window) if notices else {}
    named = {record.id: named_story(record.article, titles) for record in notices}
    return {article: story for article, story in named.items() if story is not None}


def publish(config: Config, now: datetime) -> StepReport:
    """Pass the cursor over what is new in the change log; ``counts`` tell how many and the last."""
    with open_for(config) as store:
        passed = 0
        last = store.cursor(PUBLISHED)
        while rows := changes(store, last, 1000):
            passed, last = passed + len(rows), rows[-1].seq
            store.set_cursor(PUBLISHED, last)
    return StepReport("publish", passed, counts={"changes": passed, "last": last})


def changes_since(config: Config, consumer: str, limit: int = 1000) -> list[Change]:
    """What ``consumer`` has not read yet; it moves on with :func:`advance`."""
    with open_for(config) as store:
        return changes(store, store.cursor(consumer), limit)


def advance(config: Config, consumer: str, seq: int) -> None:
    """Remember that ``consumer`` has dealt with the log up to ``seq``."""
    with open_for(config) as store:
        store.set_cursor(consumer, seq)


# ---------------------------------------------------------------- shared by the steps


async def _each(config: Config, subjects: Sequence[T], one: Callable[[Client, T], Awaitable[None]]) -> None:
    """``one`` for every subject, bounded in number; the first unexpected error ends the step."""
    gate = asyncio.Semaphore(config.fetch.concurrency)
    async with Client(config.fetch) as client, asyncio.TaskGroup() as group:

        async def gated(subject: T) -> None:
            async with gate:
                await one(client, subject)

        for subject in subjects:
            group.create_task(gated(subject))


def _batches(ids: Iterable[int], size: int) -> list[list[int]]:
    rows = list(ids)
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def look(config: Config, urls: Sequence[str], allow: tuple[str, ...], deadline: float | None) -> list[FetchResult]:
    """Fetch each URL as the poller would, in order, and keep nothing."""
    fetching = replace(
        config.fetch, allow=config.fetch.allow + allow, deadline=deadline or config.fetch.deadline, host_gap=0.0
    )

    async def all_of_them() -> list[FetchResult]:
        async with Client(fetching) as client:
            return [await client.get(url) for url in urls]

    return asyncio.run(all_of_them())
