"""Entries to articles: fetch each page, archive it, read it in a child, record all of it together."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from pipeline import metrics, schedule, traces
from pipeline.config import Config
from pipeline.errors import CopydeskError, ExtractError, Retry, StoreError
from pipeline.extract.sandbox import Sandbox
from pipeline.extract.template import Learned
from pipeline.log import bound, get_logger
from pipeline.model import Article, EntryState, Failure, FetchResult, Outcome, PageKind, PageRecord, StepReport
from pipeline.steps.claims import Claims
from pipeline.steps.context import Gathered, Progress, batches, open_for, silent
from pipeline.steps.measured import measured
from pipeline.steps.pages import Page, PageReader, archive_page, delivered_page, fetched_page, load_templates
from pipeline.steps.run import Run, open_run
from pipeline.store import Store
from pipeline.store.articles import Extracted

log = get_logger(__name__)
# As the index of doubtful articles has it (`pipeline.store.schema.tables.DOUBTFUL`).
LEAST_AGREEMENT = 0.8
FailedEntry = tuple[int, Failure, PageRecord | None, datetime]
# A page that was read: its record with its place in the archive, and what came out of it.
Reading = tuple[PageRecord, Article | ExtractError]


def due_pages(config: Config, now: datetime) -> list[list[int]]:
    """Return the ids of the entries that wait for an article at ``now``, in batches."""
    with open_for(config) as store:
        due = store.entries.claim_due(now)
    metrics.gauge(metrics.PAGES_DUE, len(due))
    return batches(due, config.schedule.page_batch)


@measured
def fetch_pages(config: Config, entry_ids: Sequence[int], now: datetime, progress: Progress = silent) -> StepReport:
    """Fetch, archive and read these entries' pages; a failure is recorded with its entry."""
    if not entry_ids:
        return StepReport("fetch")
    with Sandbox(config.extract) as children:
        return asyncio.run(_fetch_entries(config, children, entry_ids, now, progress))


async def _fetch_entries(
    config: Config, children: Sandbox, entry_ids: Sequence[int], now: datetime, progress: Progress
) -> StepReport:
    async with open_run(config, children, now, progress) as run:
        entries = run.store.entries.load(entry_ids)
        fetcher = PageFetcher(run, load_templates(run.store, [entry.outlet for entry in entries]))
        fetcher.expect(len(entries))
        # A task may begin long after its entries were claimed.
        claims = Claims(run.store, entries=[entry.id for entry in entries])
        claims.extend(run.clock)

        async def fetch_page(entry: EntryState) -> None:
            await fetcher.fetch(entry)
            claims.entries.discard(entry.id)

        async with claims.extended(run.clock), asyncio.TaskGroup() as group:
            for entry in entries:
                group.create_task(fetch_page(entry))
    return fetcher.report()


def _is_doubtful(article: Article) -> bool:
    """Return whether the article is listed by ``copydesk doubts`` from the start."""
    return article.agreement < LEAST_AGREEMENT or article.kind is not PageKind.ARTICLE


def record_failures(store: Store, failures: Sequence[FailedEntry]) -> list[None]:
    """Record why these entries got no article."""
    for failure in failures:
        store.entries.record_failure(*failure)
    return [None] * len(failures)


class PageFetcher:
    """The fetches of one run: the network here, pages in the children, the disk on the thread that writes."""

    def __init__(self, run: Run[Sandbox], templates: Mapping[str, Learned]) -> None:
        self._run, self._reader = run, PageReader(run, templates)
        self._articles = Gathered(run.store.articles.record_all, run.writer)
        self._failures = Gathered(partial(record_failures, run.store), run.writer)
        self._deferrals = Gathered(run.store.entries.defer, run.writer)
        self._expected = 0
        self._outcomes: list[str] = []
        self._problems: list[str] = []

    def expect(self, entries: int) -> None:
        """Count so many more entries for the progress."""
        self._expected += entries

    async def fetch(self, entry: EntryState) -> None:
        """Store an entry's article, or its failure."""
        ids = {traces.FEED: entry.feed_id, traces.ENTRY: entry.id}
        with bound(entry=entry.id), traces.span(traces.FETCH, ids), self._run.sealing.working():
            try:
                failure = await self._store_article(entry)
            except Exception as error:
                if await self._run.is_fatal(error):
                    raise
                failure = await self._fail_unforeseen(entry, error)
            self._count(entry, failure)

    def report(self) -> StepReport:
        """Return the counts by outcome, and a line for each entry that failed."""
        counts = dict(sorted(Counter(self._outcomes).items()))
        successes = len(self._outcomes) - len(self._problems) - counts.get(Outcome.HOST_RESTING.value, 0)
        return StepReport("fetch", successes, len(self._problems), counts, tuple(self._problems))

    def _count(self, entry: EntryState, failure: Failure | None) -> None:
        outcome = failure.outcome if failure else Outcome.OK.value
        self._outcomes.append(outcome)
        traces.annotate({traces.OUTCOME: outcome})
        if failure and failure.outcome != Outcome.HOST_RESTING:
            self._problems.append(f"{entry.url}: {failure.outcome} ({failure.detail})")
            traces.fail(outcome)
            log.warning("page_failed", url=entry.url, outcome=failure.outcome, detail=failure.detail)
        self._run.progress("fetch", len(self._outcomes), self._expected)

    async def _store_article(self, entry: EntryState) -> Failure | None:
        reading = await self._read_entry(entry)
        if isinstance(reading, Failure):
            return reading
        page, article = reading
        # The page's bytes and its place among the fetches are let go by now.
        await self._run.sealing.settle(page.archive)
        if isinstance(article, ExtractError):
            return await self._record_no_article(entry, page, article)
        article_id = await self._articles.write(self._extracted(entry, page, article))
        traces.annotate({traces.ARTICLE: article_id})
        return None

    async def _read_entry(self, entry: EntryState) -> Reading | Failure:
        if entry.delivered or (entry.full_text and entry.content):
            return await self._read(entry, await delivered_page(self._run, entry))
        async with self._run.client.fetched(entry.url) as result:
            if result.outcome is Outcome.HOST_RESTING:
                return await self._defer(entry, result)
            if result.outcome is not Outcome.OK:
                return await self._fail(entry, result.outcome, result.detail, result.retry_after)
            return await self._read(entry, fetched_page(self._run, entry, result))

    async def _read(self, entry: EntryState, page: Page) -> Reading:
        """Read the page in a child while the writer archives it; both are done before anything is recorded.

        Where a text may be withheld, the page is archived only when it has been read and its text may be kept.
        """
        reading = asyncio.ensure_future(self._reader.read(entry, page))
        if not self._run.config.rights.withhold:
            archived, _ = await asyncio.gather(archive_page(self._run, page), reading, return_exceptions=True)
            if isinstance(archived, BaseException):
                raise archived
            page = archived
        try:
            article = await reading
        except ExtractError as error:
            return page.record, error
        if not (page.record.archive or article.withheld):
            page = await archive_page(self._run, page)
        return page.record, article

    def _extracted(self, entry: EntryState, page: PageRecord, article: Article) -> Extracted:
        now = self._run.clock()
        metrics.count(metrics.ARCHIVED, page.archive.length if page.archive else 0)
        metrics.count(metrics.DOUBTS, int(_is_doubtful(article)))
        next_visit = schedule.next_revisit(now, now, self._run.config.fetch.revisit_hours) if page.status else None
        return Extracted(entry.id, page, article, now, next_visit)

    async def _defer(self, entry: EntryState, result: FetchResult) -> Failure:
        """Set a later time without counting an attempt: the host must not be requested now."""
        now = self._run.clock()
        retry_at = now + timedelta(seconds=result.retry_after or 0.0)
        await self._deferrals.write((entry.id, retry_at, now))
        return Failure(result.outcome.value, result.detail, retry_at)

    async def _record_no_article(self, entry: EntryState, page: PageRecord, error: CopydeskError) -> Failure:
        now = self._run.clock()
        is_retried = error.retry is not Retry.NEVER and entry.attempts + 1 < self._run.config.fetch.max_attempts
        failure = Failure(type(error).__name__, str(error), now + timedelta(hours=1) if is_retried else None)
        await self._failures.write((entry.id, failure, page, now))
        return failure

    async def _fail_unforeseen(self, entry: EntryState, error: Exception) -> Failure:
        """Record an unforeseen failure. If the store refuses that too, the next run tries the entry: its claim ends."""
        detail = f"{type(error).__name__}: {error}"
        try:
            return await self._fail(entry, Outcome.PROTOCOL, detail)
        except StoreError:
            return Failure(Outcome.PROTOCOL.value, detail)

    async def _fail(
        self, entry: EntryState, outcome: Outcome, detail: str, retry_after: float | None = None
    ) -> Failure:
        now, most = self._run.clock(), self._run.config.fetch.max_attempts
        retry_at = schedule.retry_page(outcome, entry.attempts + 1, now, random.random(), most, retry_after=retry_after)
        failure = Failure(outcome.value, detail, retry_at)
        await self._failures.write((entry.id, failure, None, now))
        return failure
