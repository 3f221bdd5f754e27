"""Where pure code meets I/O, with ``upkeep`` for what is stored already. Each step is idempotent, may die anywhere.

The flow, which Airflow's ``ingest`` follows step by step, and :func:`run` with pages fetched while feeds are polled::

    due_feeds   sync feeds.toml with the store; ids of feeds whose time has come, in batches
    poll        for each feed:   GET with its validators -> child: parse -> one transaction (entries, next poll)
                with [websub]: what hubs delivered first; then subscribe and renew at the hubs that feeds name
    due_pages   ids of entries without an article whose time has come, in batches
    fetch       for each entry:  robots -> GET -> WARC -> child: extract -> one transaction (page, article, spans)
    revisit     for each page due again: conditional GET -> changed: WARC -> child: extract -> its article and story
    cluster     under one lock: learn what new outlets repeat; for each batch of articles:
                    fingerprint -> candidates -> compare -> assign -> choose canonical -> one transaction (plan)
    publish     move the "published" cursor over the change log; what it passed is told downstream

``now`` is when the step starts; times inside a step run on from it. What comes at the same moment shares a transaction.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime

from pipeline.archive.warc import Archive
from pipeline.config import Config
from pipeline.extract.sandbox import Sandbox
from pipeline.fetch.client import Client
from pipeline.model import FeedState, FetchResult, StepReport
from pipeline.steps.context import Progress, collecting_seldom, open_for, running_from, silent
from pipeline.steps.fetch import Fetching, due_pages, fetch, learned
from pipeline.steps.hosts import manners
from pipeline.steps.poll import Polling, due_feeds, poll
from pipeline.steps.publish import advance, changes_since, publish
from pipeline.steps.revisit import revisit
from pipeline.store import Store

__all__ = [
    "Progress", "advance", "changes_since", "cluster", "due_feeds", "due_pages", "fetch", "look", "open_for", "poll",
    "publish", "revisit", "run", "silent",
]  # fmt: skip


def run(config: Config, now: datetime, progress: Progress = silent) -> list[StepReport]:
    """One whole pass: every due feed and page, pages looked at again, then clustering and publishing."""
    clock = running_from(now)
    # The children take a second to start: meanwhile feeds can be waited for.
    with collecting_seldom(), Sandbox(config.extract) as children:
        feeds = [feed for batch in due_feeds(config, now) for feed in batch]
        reports = asyncio.run(_poll_and_fetch(config, children, feeds, clock(), progress))
        # They take a tenth of a second to end, which need not be waited for.
        children.close()
        reports.append(revisit(config, clock(), progress))
        reports.append(cluster(config, clock(), progress))
        reports.append(publish(config, clock()))
    return reports


def cluster(config: Config, now: datetime, progress: Progress = silent) -> StepReport:
    """Place every waiting article in a story, one writer at a time, a transaction a batch."""
    # Imports numpy, which polling and fetching need not wait for.
    from pipeline.steps.place import cluster as place

    return place(config, now, progress)


async def _poll_and_fetch(
    config: Config, children: Sandbox, feed_ids: Sequence[int], now: datetime, progress: Progress
) -> list[StepReport]:
    """Each feed's new pages are fetched as soon as it is polled: a wait for one host is work for another."""
    clock = running_from(now)
    with open_for(config) as store, Archive(config.archive) as archive, ThreadPoolExecutor(1) as writer:
        feeds, waiting = store.feeds.load(feed_ids), store.entries.load(store.entries.claim_due(now))
        fetched = [entry.id for entry in waiting]
        templates = learned(store, [feed.spec.outlet for feed in feeds] + [entry.outlet for entry in waiting])
        async with (
            Client(config.fetch, manners(config, store, writer, clock)) as client,
            _released(store, feed_ids, fetched),
        ):
            polling = Polling(config, store, children, writer, client, clock, progress)
            polling.expected = len(feeds)
            polling.claims_new = True
            fetching = Fetching(config, store, archive, children, writer, client, templates, clock, progress)

            async def one_feed(feed: FeedState) -> None:
                new = await polling.poll(feed)
                fetched.extend(entry.id for entry in new)
                for entry in fetching.expecting(new):
                    group.create_task(fetching.fetch(entry))

            async with asyncio.TaskGroup() as group:
                for feed in feeds:
                    group.create_task(one_feed(feed))
                for entry in fetching.expecting(waiting):
                    group.create_task(fetching.fetch(entry))
            await polling.hubs.settle()
    return [polling.report(), fetching.report()]


@asynccontextmanager
async def _released(store: Store, feeds: Sequence[int], entries: Sequence[int]) -> AsyncIterator[None]:
    """Give back at the end what was claimed and not recorded: what a run that is broken off leaves to the next."""
    try:
        yield
    finally:
        store.feeds.release(feeds)
        store.entries.release(entries)


def look(config: Config, urls: Sequence[str], allow: tuple[str, ...], deadline: float | None) -> list[FetchResult]:
    """Fetch each URL as the poller would, in order, and keep nothing; a person asks, so robots.txt is not."""
    fetching = replace(
        config.fetch,
        allow=config.fetch.allow + allow,
        deadline=deadline or config.fetch.deadline,
        host_gap=0.0,
        robots=False,
    )

    async def all_of_them() -> list[FetchResult]:
        async with Client(fetching) as client:
            return [await client.get(url) for url in urls]

    return asyncio.run(all_of_them())
