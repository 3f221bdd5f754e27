"""Where pure code meets I/O. Each step is idempotent, may die anywhere.

The flow, which Airflow's ``ingest`` follows; :func:`run_once` fetches pages while feeds are polled::

    due_feeds   sync feeds.toml with the store; ids of feeds whose time has come, in batches
    poll        for each feed:   GET with its validators -> child: parse -> one transaction (entries, next poll)
                with [websub]: what hubs delivered first; then subscribe and renew at the hubs that feeds name
    due_pages   ids of entries without an article whose time has come, in batches
    fetch       for each entry:  robots -> GET -> WARC -> child: read_page -> one transaction (page, article, spans)
    revisit     for each page due again: conditional GET -> changed: WARC -> child: read_page -> its article and story
    place       under one lock: learn what new outlets repeat; for each batch of articles:
                    fingerprint -> candidates -> compare -> assign -> choose canonical -> one transaction (plan)
    publish     move the "published" cursor over the change log; downstream jobs read from there

``now`` is when the step starts; times inside a step run on from it. What comes at the same moment shares a transaction.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from pipeline.config import Config
from pipeline.cycles import collect_cycles, collecting_seldom
from pipeline.extract.sandbox import Sandbox
from pipeline.fetch.client import Client
from pipeline.model import EntryState, FeedState, FetchResult, StepReport
from pipeline.steps.claims import Claims
from pipeline.steps.context import Progress, open_for, running_from, silent
from pipeline.steps.fetch import PageFetcher, due_pages, fetch_pages
from pipeline.steps.pages import load_templates
from pipeline.steps.poll import FeedPoller, chosen_feeds, due_feeds, poll_feeds
from pipeline.steps.publish import changed_days, publish_changes
from pipeline.steps.revisit import revisit_pages
from pipeline.steps.run import open_run

__all__ = [
    "Progress", "changed_days", "chosen_feeds", "collect_cycles", "due_feeds", "due_pages",
    "fetch_pages", "fetch_urls", "open_for", "place_articles", "poll_feeds", "publish_changes", "revisit_pages",
    "run_once", "silent",
]  # fmt: skip


def run_once(config: Config, now: datetime, progress: Progress = silent) -> list[StepReport]:
    """Run one whole pass: every due feed and page, pages visited again, then placing and publishing."""
    clock = running_from(now)
    # The children take a second to start: meanwhile feeds can be waited for.
    with collecting_seldom(), Sandbox(config.extract) as children:
        feeds = [feed for batch in due_feeds(config, now) for feed in batch]
        reports = asyncio.run(_poll_and_fetch(config, children, feeds, clock(), progress))
        # They take a tenth of a second to end, which need not be waited for.
        children.close()
        reports.append(revisit_pages(config, clock(), progress))
        reports.append(place_articles(config, clock(), progress))
        reports.append(publish_changes(config, clock()))
    return reports


def place_articles(config: Config, now: datetime, progress: Progress = silent) -> StepReport:
    """Place every waiting article in a story, one writer at a time, a transaction a batch."""
    # Imports numpy, which polling and fetching need not wait for.
    from pipeline.steps import place

    return place.place_articles(config, now, progress)


async def _poll_and_fetch(
    config: Config, children: Sandbox, feed_ids: Sequence[int], now: datetime, progress: Progress
) -> list[StepReport]:
    """Poll these feeds and fetch each one's new pages as soon as it is polled, together with all pages that are due.

    While one host has to be waited for, requests to others go out.
    """
    async with open_run(config, children, now, progress) as run:
        feeds, waiting = run.store.feeds.load(feed_ids), run.store.entries.load(run.store.entries.claim_due(now))
        outlets = [feed.spec.outlet for feed in feeds] + [entry.outlet for entry in waiting]
        poller = FeedPoller(run, claim_new=True)
        fetcher = PageFetcher(run, load_templates(run.store, outlets))
        poller.expect(len(feeds))
        claims = Claims(run.store, feed_ids)

        async def fetch_page(entry: EntryState) -> None:
            await fetcher.fetch(entry)
            claims.entries.discard(entry.id)

        def start_fetches(entries: Sequence[EntryState]) -> None:
            claims.entries.update(entry.id for entry in entries)
            fetcher.expect(len(entries))
            for entry in entries:
                group.create_task(fetch_page(entry))

        async def poll_then_fetch(feed: FeedState) -> None:
            with run.sealing.working():
                new = await poller.poll(feed)
                claims.feeds.discard(feed.id)
                start_fetches(new)

        async with claims.extended(run.clock, release=True):
            async with asyncio.TaskGroup() as group:
                for feed in feeds:
                    group.create_task(poll_then_fetch(feed))
                start_fetches(waiting)
            await poller.hubs.settle()
    return [poller.report(), fetcher.report()]


def fetch_urls(
    config: Config, urls: Sequence[str], allow: tuple[str, ...], deadline: float | None
) -> list[FetchResult]:
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
