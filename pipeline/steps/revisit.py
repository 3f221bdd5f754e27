"""Pages looked at again: conditional GETs, and a new version of the story where a page says something else now."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import ParamSpec, TypeVar
from urllib.parse import urlsplit

from pipeline import schedule
from pipeline.archive.warc import Archive
from pipeline.config import Config
from pipeline.errors import CopydeskError, StoreError
from pipeline.extract.sandbox import ExtractJob, Sandbox
from pipeline.extract.template import Learned, without_repeats
from pipeline.fetch.client import Client
from pipeline.match.revised import describe_edit
from pipeline.model import (
    ArchiveRef,
    Article,
    FetchResult,
    Outcome,
    PageKind,
    PageRecord,
    Revisit,
    StepReport,
    VersionKind,
    Visited,
)
from pipeline.rights.page import told_by
from pipeline.rights.tdm import FILE, of_page, prevailing
from pipeline.steps.context import Clock, Progress, open_for, running_from, silent
from pipeline.steps.fetch import as_permitted, hints_of, learned, page_in_feed, page_of
from pipeline.steps.hosts import manners
from pipeline.store import Store

T = TypeVar("T")
P = ParamSpec("P")
Told = tuple[tuple[str, ...], ...]
# What a look can give beside the outcomes of a fetch.
UNCHANGED, SAME_TEXT, EDITED, RESERVED = "unchanged", "same-text", "edited", "reserved"
CAME_BACK = (UNCHANGED, SAME_TEXT, EDITED, RESERVED, *(kind.value for kind in VersionKind))


def revisit(config: Config, now: datetime, progress: Progress = silent) -> StepReport:
    """Look again at the pages that are due, as many of a host as its share allows."""
    with open_for(config) as store:
        due = due_now(config, store, now)
        if not due:
            return StepReport("revisit")
        with (
            Sandbox(config.extract) as children,
            Archive(config.archive) as archive,
            ThreadPoolExecutor(1) as writer,
        ):
            looking = _look_at_all(config, store, archive, children, writer, due, running_from(now), progress)
            return _report(asyncio.run(looking))


def due_now(config: Config, store: Store, now: datetime) -> list[Visited]:
    """The entries whose pages are looked at in this run."""
    found = store.revisits.due(now)
    due = [(entry_id, _host(url)) for entry_id, url in found if url]
    done = Counter(map(_host, store.revisits.urls_since(now - timedelta(hours=1)))) if due else {}
    of_hosts = schedule.revisits_now(due, done, config.fetch.revisits_per_host)
    chosen = [*(entry_id for entry_id, url in found if not url), *of_hosts]
    return store.revisits.load(store.revisits.claim(chosen, now))


async def _look_at_all(
    config: Config,
    store: Store,
    archive: Archive,
    children: Sandbox,
    writer: Executor,
    due: Sequence[Visited],
    clock: Clock,
    progress: Progress,
) -> list[Revisit]:
    templates = learned(store, [visited.entry.outlet for visited in due])
    done: list[Revisit] = []
    async with Client(config.fetch, manners(config, store, writer, clock)) as client:
        looking = Looking(config, store, archive, children, writer, client, templates, clock)

        async def one(visited: Visited) -> None:
            done.append(await looking.look(visited))
            progress("revisit", len(done), len(due))

        async with asyncio.TaskGroup() as group:
            for visited in due:
                group.create_task(one(visited))
    return done


class Looking:
    """Looks of one run: the network here, pages in the children, the disk on the thread that writes."""

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
    ) -> None:
        self._config, self._store, self._archive, self._children = config, store, archive, children
        self._writer, self._client, self._templates, self._clock = writer, client, templates, clock

    async def look(self, visited: Visited) -> Revisit:
        """What the page says now, stored."""
        try:
            found = await self._asked(visited) if visited.fetched else await self._in_feed(visited)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - recorded with the entry, and the others are looked at
            found = self._told(visited, Outcome.PROTOCOL.value, why=f"{type(error).__name__}: {error}")
        await self._write(self._record, visited, found)
        return found

    async def _asked(self, visited: Visited) -> Revisit:
        async with self._client.fetched(visited.entry.url, validators=visited.validators) as result:
            return await self._seen(visited, result)

    async def _in_feed(self, visited: Visited) -> Revisit:
        """The feed carries the whole text, and has edited it."""
        entry = visited.entry
        page, raw = page_in_feed(entry, self._clock())
        told = () if entry.delivered else (await self._client.reserved(entry.url),)
        archive = partial(self._archive.write_resource, entry.url, page.fetched_at, page.media_type, raw)
        return await self._read(visited, raw, page, archive, told)

    async def _seen(self, visited: Visited, result: FetchResult) -> Revisit:
        if result.outcome is Outcome.HELD:
            again = self._clock() + timedelta(seconds=result.retry_after or 0.0)
            return Revisit(visited.entry.id, self._clock(), Outcome.HELD.value, again, why=result.detail)
        if result.outcome not in (Outcome.OK, Outcome.NOT_MODIFIED):
            return self._told(visited, result.outcome.value, why=result.detail)
        page = page_of(visited.entry, result, self._clock()) if result.outcome is Outcome.OK else None
        if page is None or page.digest == visited.digest:
            return self._unchanged(visited, page, told_by(result))
        write, address = self._archive.write, result.final_url or visited.entry.url
        archive = partial(write, address, page.fetched_at, result.status, result.headers, result.body)
        return await self._read(visited, result.body, page, archive, told_by(result))

    def _unchanged(self, visited: Visited, page: PageRecord | None, told: Told) -> Revisit:
        """The same page; what is said of it elsewhere may be another word now."""
        old = visited.old.article
        now = replace(old, signals=prevailing(of_page(old.signals, FILE), *told))
        if not old.withheld and (kept := as_permitted(self._config, visited.entry, now, ())).withheld:
            return self._reserved(visited, page, kept)
        found = self._told(visited, UNCHANGED, page)
        return found if now.signals == old.signals else replace(found, signals=now.signals)

    async def _read(
        self, visited: Visited, body: bytes, page: PageRecord, archive: Callable[[], ArchiveRef], told: Told
    ) -> Revisit:
        job = ExtractJob(body, visited.entry.url, hints_of(visited.entry, page.charset))
        try:
            found = await asyncio.wrap_future(self._children.submit(job))
        except CopydeskError as error:
            return self._told(visited, type(error).__name__, why=str(error))
        old = visited.old.article
        template = self._templates.get(visited.entry.outlet)
        cleaned = without_repeats(found, template) if template else found
        cleaned = as_permitted(self._config, visited.entry, cleaned, told)
        if not cleaned.withheld:
            page = replace(page, archive=await self._write(archive))
        if found.kind is not PageKind.ARTICLE:
            return self._told(visited, found.kind.value, why="the page is no article now; what it said is kept")
        if cleaned.withheld and not old.withheld:
            return self._reserved(visited, page, cleaned)
        if not (why := describe_edit(old, cleaned)):
            return replace(self._told(visited, SAME_TEXT, page), signals=cleaned.signals)
        outcome = EDITED if cleaned.mark in (old.mark, VersionKind.ORIGINAL) else cleaned.mark.value
        return replace(self._told(visited, outcome, page, why), article=cleaned)

    def _reserved(self, visited: Visited, page: PageRecord | None, now: Article) -> Revisit:
        """A text that was stored before it was reserved: nothing new is kept, what there is as the policy says."""
        found = self._told(visited, RESERVED, page, now.withheld)
        if self._config.rights.later == "remove":
            return replace(found, article=now)
        return replace(found, signals=now.signals)

    def _told(self, visited: Visited, outcome: str, page: PageRecord | None = None, why: str = "") -> Revisit:
        """A page that is gone is not looked at again; any other is when its time comes."""
        now = self._clock()
        again = schedule.next_revisit(visited.first, now, self._config.fetch.revisit_hours)
        return Revisit(visited.entry.id, now, outcome, None if outcome == Outcome.GONE else again, page, None, why)

    def _record(self, visited: Visited, found: Revisit) -> None:
        """The article and its story first: where that is cut short, the page is looked at as if never seen."""
        if found.outcome == Outcome.HELD and found.again:
            return self._store.revisits.defer([(found.entry_id, found.again)], found.at)
        if found.outcome == RESERVED and found.article:
            self._store.articles.forget_text(visited.old.id)
        if found.article or (found.page and found.page.digest != visited.digest):
            # Imports numpy, which pages that stay as they were need not wait for.
            from pipeline.steps.revise import revise

            revise(self._store, visited.old, found, self._clock())
        return self._store.revisits.record([found])

    async def _write(self, do: Callable[P, T], *what: P.args, **named: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._writer, partial(do, *what, **named))


def _report(done: Sequence[Revisit]) -> StepReport:
    counts = Counter(one.outcome for one in done)
    bad = [one for one in done if one.outcome not in CAME_BACK and one.outcome != Outcome.HELD]
    told = tuple(f"entry {one.entry_id}: {one.outcome} ({one.why})" for one in bad)
    good = len(done) - len(bad) - counts[Outcome.HELD.value]
    return StepReport("revisit", good, len(bad), dict(sorted(counts.items())), told)


def _host(url: str) -> str:
    return urlsplit(url).netloc.lower()
