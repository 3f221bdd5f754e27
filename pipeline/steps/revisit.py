"""Pages visited again: a conditional GET, and a new version of the story where a page says something else now."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from pipeline import schedule, traces
from pipeline.config import Config
from pipeline.errors import ExtractError, StoreError
from pipeline.extract.sandbox import Sandbox
from pipeline.extract.template import Learned
from pipeline.extract.withheld import text_fingerprint
from pipeline.log import bound, get_logger
from pipeline.match.revised import describe_edit
from pipeline.model import (
    Article,
    FetchResult,
    Outcome,
    PageKind,
    PageRecord,
    Revisit,
    RevisitOutcome,
    StepReport,
    VersionKind,
    Visited,
)
from pipeline.rights.policy import apply_rights_policy
from pipeline.rights.reservations import Reservations, answer_reservations
from pipeline.rights.tdm import FILE, page_own_reservations, prevailing_reservations
from pipeline.steps.context import Progress, open_for, silent
from pipeline.steps.measured import measured
from pipeline.steps.pages import Page, PageReader, archive_page, delivered_page, fetched_page, load_templates
from pipeline.steps.run import Run, open_run
from pipeline.store import Store

log = get_logger(__name__)


@measured
def revisit_pages(config: Config, now: datetime, progress: Progress = silent) -> StepReport:
    """Visit the pages again that are due, as many of a host as its share allows."""
    with open_for(config) as store:
        due = due_revisits(config, store, now)
    if not due:
        return StepReport("revisit")
    with Sandbox(config.extract) as children:
        return _report(asyncio.run(_revisit_all(config, children, due, now, progress)))


def due_revisits(config: Config, store: Store, now: datetime) -> list[Visited]:
    """Claim the entries whose pages are visited again in this run, and return them."""
    rows = store.revisits.due(now)
    due = [(entry_id, _host(url)) for entry_id, url in rows if url]
    recent_visits = Counter(map(_host, store.revisits.urls_since(now - timedelta(hours=1)))) if due else {}
    fetched = schedule.revisits_now(due, recent_visits, config.fetch.revisits_per_host)
    chosen = [*(entry_id for entry_id, url in rows if not url), *fetched]
    return store.revisits.load(store.revisits.claim(chosen, now))


async def _revisit_all(
    config: Config, children: Sandbox, due: Sequence[Visited], now: datetime, progress: Progress
) -> list[Revisit]:
    revisits: list[Revisit] = []
    async with open_run(config, children, now, progress) as run:
        revisitor = PageRevisitor(run, load_templates(run.store, [visited.entry.outlet for visited in due]))

        async def revisit_one(visited: Visited) -> None:
            revisits.append(await revisitor.revisit(visited))
            progress("revisit", len(revisits), len(due))

        async with asyncio.TaskGroup() as group:
            for visited in due:
                group.create_task(revisit_one(visited))
    return revisits


class PageRevisitor:
    """The revisits of one run: the network here, pages in the children, the disk on the thread that writes."""

    def __init__(self, run: Run[Sandbox], templates: Mapping[str, Learned]) -> None:
        self._run, self._reader = run, PageReader(run, templates)

    async def revisit(self, visited: Visited) -> Revisit:
        """Store what the page says now; return it."""
        entry, article_id = visited.entry, visited.old.id
        ids = {traces.FEED: entry.feed_id, traces.ENTRY: entry.id, traces.ARTICLE: article_id}
        with (
            bound(entry=entry.id, article=article_id),
            traces.span(traces.REVISIT, ids),
            self._run.sealing.working(),
        ):
            revisit = await self._visit(visited)
            try:
                await self._run.sealing.settle(revisit.page.archive if revisit.page else None)
                await self._run.write(self._record, visited, revisit)
            except StoreError as error:
                if await self._run.is_fatal(error):
                    raise
                # Nothing of it was recorded: the next run visits the page as if never seen.
                revisit = self._outcome(visited, Outcome.PROTOCOL.value, reason=f"{type(error).__name__}: {error}")
            traces.annotate({traces.OUTCOME: revisit.outcome})
            if is_failure(revisit):
                traces.fail(revisit.outcome)
                log.warning("revisit_failed", url=visited.entry.url, outcome=revisit.outcome, detail=revisit.reason)
            return revisit

    async def _visit(self, visited: Visited) -> Revisit:
        try:
            return await (self._fetch(visited) if visited.fetched else self._read_from_feed(visited))
        except Exception as error:
            if await self._run.is_fatal(error):
                raise
            return self._outcome(visited, Outcome.PROTOCOL.value, reason=f"{type(error).__name__}: {error}")

    async def _fetch(self, visited: Visited) -> Revisit:
        async with self._run.client.fetched(visited.entry.url, validators=visited.validators) as result:
            return await self._judge(visited, result)

    async def _read_from_feed(self, visited: Visited) -> Revisit:
        """Read the text from the feed, which carries the whole text and has edited it."""
        return await self._read(visited, await delivered_page(self._run, visited.entry))

    async def _judge(self, visited: Visited, result: FetchResult) -> Revisit:
        if result.outcome is Outcome.HOST_RESTING:
            next_visit = self._run.clock() + timedelta(seconds=result.retry_after or 0.0)
            return Revisit(
                visited.entry.id, self._run.clock(), Outcome.HOST_RESTING.value, next_visit, reason=result.detail
            )
        if result.outcome is Outcome.NOT_MODIFIED:
            return self._unchanged(visited, None, answer_reservations(result))
        if result.outcome is not Outcome.OK:
            return self._outcome(visited, result.outcome.value, reason=result.detail)
        page = fetched_page(self._run, visited.entry, result)
        if page.record.digest == visited.digest:
            return self._unchanged(visited, page.record, page.reservations)
        return await self._read(visited, page)

    def _unchanged(self, visited: Visited, page: PageRecord | None, reservations: Reservations) -> Revisit:
        """Return the revisit of an unchanged text, whose reservations may have changed."""
        old = visited.old.article
        signals = prevailing_reservations(page_own_reservations(old.signals, FILE), *reservations)
        article = replace(old, signals=signals)
        if not old.withheld:
            permitted = apply_rights_policy(
                article, (), self._run.config.rights, text_fingerprint, visited.entry.licence
            )
            if permitted.withheld:
                return self._reserved(visited, page, permitted)
        revisit = self._outcome(visited, RevisitOutcome.UNCHANGED, page)
        return revisit if signals == old.signals else replace(revisit, signals=signals)

    async def _read(self, visited: Visited, page: Page) -> Revisit:
        try:
            article = await self._reader.read(visited.entry, page)
        except ExtractError as error:
            return self._outcome(visited, type(error).__name__, reason=str(error))
        if not article.withheld:
            page = await archive_page(self._run, page)
        return self._compare(visited, page.record, article)

    def _compare(self, visited: Visited, page: PageRecord, article: Article) -> Revisit:
        old = visited.old.article
        if article.kind is not PageKind.ARTICLE:
            return self._outcome(visited, article.kind.value, reason="the page is no article now; what it said is kept")
        if article.withheld and not old.withheld:
            return self._reserved(visited, page, article)
        if not (edit := describe_edit(old, article)):
            return replace(self._outcome(visited, RevisitOutcome.SAME_TEXT, page), signals=article.signals)
        is_marked = article.mark not in (old.mark, VersionKind.ORIGINAL)
        outcome = article.mark.value if is_marked else RevisitOutcome.EDITED
        return replace(self._outcome(visited, outcome, page, edit), article=article)

    def _reserved(self, visited: Visited, page: PageRecord | None, article: Article) -> Revisit:
        """Return the revisit of a stored text that is reserved now: the policy says whether it stays or is removed.

        Nothing new is stored in either case.
        """
        revisit = self._outcome(visited, RevisitOutcome.RESERVED, page, article.withheld)
        if self._run.config.rights.later == "remove":
            return replace(revisit, article=article)
        return replace(revisit, signals=article.signals)

    def _outcome(self, visited: Visited, outcome: str, page: PageRecord | None = None, reason: str = "") -> Revisit:
        """Return the revisit with the time of the next one; a page that is gone is not visited again."""
        now = self._run.clock()
        next_visit = schedule.next_revisit(visited.first, now, self._run.config.fetch.revisit_hours)
        return Revisit(
            visited.entry.id, now, str(outcome), None if outcome == Outcome.GONE_410 else next_visit, page, None, reason
        )

    def _record(self, visited: Visited, revisit: Revisit) -> None:
        """Record the article and its story first: if that is interrupted, the page is visited as if never seen."""
        store = self._run.store
        if revisit.outcome == Outcome.HOST_RESTING and revisit.next_visit:
            return store.revisits.defer([(revisit.entry_id, revisit.next_visit)], revisit.at)
        if revisit.article or (revisit.page and revisit.page.digest != visited.digest):
            # Imports numpy, which pages that stay as they were need not wait for.
            from pipeline.steps.revise import revise_article

            revise_article(self._run.config, store, visited.old, revisit, self._run.clock())
        if revisit.signals not in (None, visited.old.article.signals):
            with store.lease.acquire():
                store.articles.set_signals(visited.old.id, revisit.signals or (), self._run.clock())
        return store.revisits.record([revisit])


def is_failure(revisit: Revisit) -> bool:
    """Return whether the page did not come back."""
    return revisit.outcome not in {*RevisitOutcome, *VersionKind, Outcome.HOST_RESTING}


def _report(revisits: Sequence[Revisit]) -> StepReport:
    counts = Counter(revisit.outcome for revisit in revisits)
    failed = [revisit for revisit in revisits if is_failure(revisit)]
    problems = tuple(f"entry {revisit.entry_id}: {revisit.outcome} ({revisit.reason})" for revisit in failed)
    good = len(revisits) - len(failed) - counts[Outcome.HOST_RESTING.value]
    return StepReport("revisit", good, len(failed), dict(sorted(counts.items())), problems)


def _host(url: str) -> str:
    return urlsplit(url).netloc.lower()
