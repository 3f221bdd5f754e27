"""Entries to articles: the page is fetched, archived and read in a child; all of it is stored together."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from html import escape
from typing import ParamSpec, TypeVar

from pipeline import schedule
from pipeline.archive.warc import Archive
from pipeline.config import Config
from pipeline.errors import CopydeskError, Retry, StoreError
from pipeline.extract.sandbox import ExtractJob, Sandbox
from pipeline.extract.template import Learned, without_repeats
from pipeline.fetch.client import Client
from pipeline.model import (
    ArchiveRef,
    Article,
    EntryState,
    Failure,
    FetchResult,
    Outcome,
    PageHints,
    PageRecord,
    StepReport,
)
from pipeline.rights.page import policy, told_by, withheld
from pipeline.rights.tdm import prevailing
from pipeline.steps.context import Clock, Gathered, Progress, batches, open_for, running_from, silent
from pipeline.steps.hosts import manners
from pipeline.store import Store
from pipeline.store.articles import Extracted

T = TypeVar("T")
P = ParamSpec("P")


def due_pages(config: Config, now: datetime) -> list[list[int]]:
    """Ids of the entries that wait for an article at ``now``, in batches."""
    with open_for(config) as store:
        return batches(store.entries.claim_due(now), config.schedule.page_batch)


def fetch(config: Config, entry_ids: Sequence[int], now: datetime, progress: Progress = silent) -> StepReport:
    """Fetch, archive and extract these entries' pages; a failure is recorded with its entry."""
    if not entry_ids:
        return StepReport("fetch")
    with (
        Sandbox(config.extract) as children,
        open_for(config) as store,
        Archive(config.archive) as archive,
        ThreadPoolExecutor(1) as writer,
    ):
        entries = store.entries.load(entry_ids)
        templates = learned(store, [entry.outlet for entry in entries])
        return asyncio.run(
            _fetch_all(config, store, archive, children, writer, entries, templates, running_from(now), progress)
        )


async def _fetch_all(
    config: Config,
    store: Store,
    archive: Archive,
    children: Sandbox,
    writer: Executor,
    entries: Sequence[EntryState],
    templates: Mapping[str, Learned],
    clock: Clock,
    progress: Progress,
) -> StepReport:
    async with Client(config.fetch, manners(config, store, writer, clock)) as client:
        fetching = Fetching(config, store, archive, children, writer, client, templates, clock, progress)
        async with asyncio.TaskGroup() as group:
            for entry in fetching.expecting(entries):
                group.create_task(fetching.fetch(entry))
    return fetching.report()


def learned(store: Store, outlets: Sequence[str]) -> dict[str, Learned]:
    """What the pages of each outlet repeat of which that is known."""
    return {
        outlet: Learned(*found) for outlet, found in store.templates.load(sorted(set(outlets))).items() if any(found)
    }


class Fetching:
    """Fetches of one run: the network here, pages in the children, the disk on the thread that writes."""

    def __init__(
        self,
        config: Config,
        store: Store,
        archive: Archive,
        children: Sandbox,
        writer: Executor,
        client: Client,
        templates: Mapping[str, Learned],
        clock: Clock,
        progress: Progress,
    ) -> None:
        self._config, self._store, self._archive, self._children = config, store, archive, children
        self._writer, self._client, self._templates, self._clock = writer, client, templates, clock
        self._recorder = Gathered(store.articles.record_all, writer)
        self._deferring = Gathered(store.entries.defer, writer)
        self._progress = progress
        self._expected = 0
        self._outcomes: list[str] = []
        self._problems: list[str] = []

    def expecting(self, entries: Sequence[EntryState]) -> Sequence[EntryState]:
        """The entries, counted for the progress."""
        self._expected += len(entries)
        return entries

    async def fetch(self, entry: EntryState) -> None:
        """An entry's article, or its failure, stored."""
        try:
            failure = await self._fetched(entry)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - the entry's failure is recorded, and the others are fetched
            failure = self._failed(entry, Outcome.PROTOCOL, f"{type(error).__name__}: {error}")
        self._outcomes.append(failure.outcome if failure else Outcome.OK.value)
        if failure and failure.outcome != Outcome.HELD:
            self._problems.append(f"{entry.url}: {failure.outcome} ({failure.detail})")
        self._progress("fetch", len(self._outcomes), self._expected)

    def report(self) -> StepReport:
        """Counts by outcome, and a line for each entry that failed."""
        counts = {outcome: self._outcomes.count(outcome) for outcome in sorted(set(self._outcomes))}
        done = len(self._outcomes) - len(self._problems) - counts.get(Outcome.HELD.value, 0)
        return StepReport("fetch", done, len(self._problems), counts, tuple(self._problems))

    async def _fetched(self, entry: EntryState) -> Failure | None:
        if entry.delivered or (entry.full_text and entry.content):
            return await self._extract_content(entry)
        async with self._client.fetched(entry.url) as result:
            if result.outcome is Outcome.HELD:
                return await self._deferred(entry, result)
            if result.outcome is not Outcome.OK:
                return self._failed(entry, result.outcome, result.detail, result.retry_after)
            page = page_of(entry, result, self._clock())
            address = result.final_url or entry.url
            archive = partial(self._archive.write, address, page.fetched_at, result.status, result.headers, result.body)
            return await self._extract(entry, page, archive, result.body, told_by(result))

    async def _extract_content(self, entry: EntryState) -> Failure | None:
        """The feed carries the whole text: it is the page, and nothing is fetched."""
        page, raw = page_in_feed(entry, self._clock())
        archive = partial(self._archive.write_resource, entry.url, page.fetched_at, page.media_type, raw)
        told = () if entry.delivered else (await self._client.reserved(entry.url),)
        return await self._extract(entry, page, archive, raw, told)

    async def _deferred(self, entry: EntryState, result: FetchResult) -> Failure:
        """Its host is not to be asked now: no attempt is counted."""
        now = self._clock()
        again = now + timedelta(seconds=result.retry_after or 0.0)
        await self._deferring.write((entry.id, again, now))
        return Failure(result.outcome.value, result.detail, again)

    def _write(self, do: Callable[P, T], *what: P.args, **named: P.kwargs) -> asyncio.Future[T]:
        """Do it on the one thread that writes, so that the network need not wait for the disk."""
        return asyncio.get_running_loop().run_in_executor(self._writer, partial(do, *what, **named))

    async def _extract(
        self,
        entry: EntryState,
        page: PageRecord,
        archive: Callable[[], ArchiveRef],
        body: bytes,
        told: tuple[tuple[str, ...], ...],
    ) -> Failure | None:
        """A child reads the page while the writer archives it; both are done before anything is recorded.

        Where a text may be withheld, the page is archived only when it has been read and its text may be kept.
        """
        reading = asyncio.wrap_future(self._children.submit(ExtractJob(body, entry.url, hints_of(entry, page.charset))))
        if self._config.rights.withhold:
            [found] = await asyncio.gather(reading, return_exceptions=True)
        else:
            ref, found = await asyncio.gather(self._write(archive), reading, return_exceptions=True)
            if isinstance(ref, BaseException):
                raise ref
            page = replace(page, archive=ref)
        if isinstance(found, CopydeskError):
            return self._no_article(entry, page, found)
        if isinstance(found, BaseException):
            raise found
        template = self._templates.get(entry.outlet)
        kept = as_permitted(self._config, entry, without_repeats(found, template) if template else found, told)
        if not (page.archive or kept.withheld):
            page = replace(page, archive=await self._write(archive))
        await self._recorder.write(self._extracted(entry, page, kept))
        return None

    def _extracted(self, entry: EntryState, page: PageRecord, article: Article) -> Extracted:
        now = self._clock()
        again = schedule.next_revisit(now, now, self._config.fetch.revisit_hours) if page.status else None
        return Extracted(entry.id, page, article, now, again)

    def _no_article(self, entry: EntryState, page: PageRecord, error: CopydeskError) -> Failure:
        now = self._clock()
        again = error.retry is not Retry.NEVER and entry.attempts + 1 < self._config.fetch.max_attempts
        failure = Failure(type(error).__name__, str(error), now + timedelta(hours=1) if again else None)
        self._store.entries.record_failure(entry.id, failure, page, now)
        return failure

    def _failed(self, entry: EntryState, outcome: Outcome, detail: str, retry_after: float | None = None) -> Failure:
        now, most = self._clock(), self._config.fetch.max_attempts
        again = schedule.retry_page(outcome, entry.attempts + 1, now, random.random(), most, retry_after=retry_after)
        failure = Failure(outcome.value, detail, again)
        self._store.entries.record_failure(entry.id, failure, None, now)
        return failure


def page_of(entry: EntryState, result: FetchResult, now: datetime) -> PageRecord:
    """An entry's page as it was fetched; its place in the archive comes when it has one."""
    return PageRecord(
        url=entry.url,
        final_url=result.final_url,
        fetched_at=now,
        status=result.status,
        media_type=result.media_type,
        charset=result.charset,
        digest=digest_of(result.body),
        bytes=len(result.body),
        validators=result.validators,
    )


def page_in_feed(entry: EntryState, now: datetime) -> tuple[PageRecord, bytes]:
    """The text that a feed carries, as the page it stands for, and that page's bytes."""
    title = escape(entry.title)
    raw = (
        f"<html><head><title>{title}</title></head><body><article><h1>{title}</h1>{entry.content}</article></body>"
    ).encode()
    return PageRecord(entry.url, entry.url, now, 0, "text/html", "utf-8", digest_of(raw), len(raw)), raw


def as_permitted(config: Config, entry: EntryState, article: Article, told: tuple[tuple[str, ...], ...]) -> Article:
    """The article with all its reservations, those ``told`` elsewhere too, the most telling first, and without its text
    where the policy withholds it."""
    signals = prevailing(article.signals, *told)
    article = replace(article, signals=signals, licence=entry.licence or article.licence)
    storage = policy(signals, article.licence, config.rights)
    if storage.text:
        return article
    # Imports numpy, which texts that are kept need not wait for.
    from pipeline.match.fingerprint import fingerprint_many

    [made] = fingerprint_many(["\n".join(article.body)])
    return withheld(article, storage.reason, made)


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
        zone=entry.zone,
        delivered=entry.delivered,
        authors=entry.authors,
    )


def digest_of(body: bytes) -> str:
    """The digest of a page's bytes, SHA-256 in hex."""
    return hashlib.sha256(body).hexdigest()
