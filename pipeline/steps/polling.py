"""Feeds to entries: one transaction for what a feed said, its validators and the time of its next poll."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from pipeline import schedule
from pipeline.children import Children
from pipeline.config import Config
from pipeline.feeds.apart import feed_children
from pipeline.fetch.client import Client
from pipeline.fetch.folder import is_folder
from pipeline.model import EntryState, FeedState, Outcome, PollRecord, StepReport
from pipeline.steps.reading import Answer, FeedReader
from pipeline.steps.running import Clock, Gathered, Progress, batches, gated, open_for, running_from, silent
from pipeline.store import Store

GOOD = (Outcome.OK, Outcome.NOT_MODIFIED)


@dataclass(frozen=True, slots=True)
class Polled:
    """A feed's poll as it was recorded, and the entries that were new in it."""

    feed: FeedState
    record: PollRecord
    new: tuple[EntryState, ...]


def due_feeds(config: Config, now: datetime) -> list[list[int]]:
    """Bring the store's feeds in line with the config; ids of those due at ``now``, in batches."""
    with open_for(config) as store:
        store.sync_feeds(config.feeds, now)
        return batches(store.due_feeds(now), config.schedule.feed_batch)


def poll(config: Config, feed_ids: Sequence[int], now: datetime, progress: Progress = silent) -> StepReport:
    """Poll these feeds and store what they hold; a feed that fails keeps all it had."""
    if not feed_ids:
        return StepReport("poll")
    with (
        feed_children(memory=config.extract.memory) as children,
        open_for(config) as store,
        ThreadPoolExecutor(1) as writer,
    ):
        return asyncio.run(_poll_all(config, store, children, writer, feed_ids, running_from(now), progress))


async def _poll_all(
    config: Config,
    store: Store,
    children: Children,
    writer: Executor,
    feed_ids: Sequence[int],
    clock: Clock,
    progress: Progress,
) -> StepReport:
    gate, feeds = asyncio.Semaphore(config.fetch.concurrency), store.feeds(feed_ids)
    async with Client(config.fetch) as client:
        polling = Polling(config, store, children, writer, client, clock, progress)
        polling.expected = len(feeds)
        async with asyncio.TaskGroup() as group:
            for feed in feeds:
                group.create_task(gated(gate, partial(polling.poll_only, feed)))
    return polling.report()


class Polling:
    """Polls of one run: what came is read in a child, and recorded on the thread that writes."""

    def __init__(
        self,
        config: Config,
        store: Store,
        children: Children,
        writer: Executor,
        client: Client,
        clock: Clock,
        progress: Progress,
    ) -> None:
        self._config, self._store, self._client = config, store, client
        self._reader = FeedReader(config.fetch, children, client.get, clock)
        self._progress = progress
        self._recorder = Gathered(self._record, writer)
        self._polled: list[Polled] = []
        self.expected = 0

    async def poll(self, feed: FeedState) -> tuple[EntryState, ...]:
        """Poll a feed and record what it says; the entries that are new."""
        if is_folder(feed.spec.url):
            answer = await self._reader.folder(feed)
        else:
            result = await self._client.get(feed.spec.url, validators=feed.validators)
            answer = await self._reader.answer(feed, result)
        polled = await self._recorder.write(answer)
        self._polled.append(polled)
        self._progress("poll", len(self._polled), max(self.expected, len(self._polled)))
        return polled.new

    async def poll_only(self, feed: FeedState) -> None:
        """:meth:`poll`, where another step fetches the entries."""
        await self.poll(feed)

    def _record(self, answers: Sequence[Answer]) -> list[Polled]:
        held = {answer.feed.id: answer.parsed.entries for answer in answers if answer.parsed}
        known = self._store.known_entries(held)
        records = [self._planned(answer, known.get(answer.feed.id, 0)) for answer in answers]
        stored = self._store.record_polls(records)
        entries = {entry.id: entry for entry in self._store.entries([new for one in stored for new in one.new])}
        return [
            Polled(answer.feed, record, tuple(entries[new] for new in one.new if new in entries))
            for answer, record, one in zip(answers, records, stored, strict=True)
        ]

    def _planned(self, answer: Answer, known: int) -> PollRecord:
        parsed, result = answer.parsed, answer.result
        new = len(parsed.entries) - known if parsed else 0
        next_poll, interval, failures = schedule.next_poll(
            answer.feed, answer.outcome, new, known, answer.at, random.random(), self._config.schedule,
            retry_after=result.retry_after,
        )  # fmt: skip
        return PollRecord(
            feed_id=answer.feed.id,
            polled_at=answer.at,
            outcome=answer.outcome,
            next_poll=next_poll,
            interval=interval,
            failures=failures,
            status=result.status,
            detail=answer.detail,
            format=parsed.format if parsed else "",
            title=parsed.title if parsed else "",
            validators=answer.validators,
            entries=parsed.entries if parsed else (),
            final_url=result.final_url if parsed else "",
            self_url=parsed.self_url if parsed else "",
        )

    def report(self) -> StepReport:
        """Counts by outcome, and a line for each feed that failed."""
        failed = [one for one in self._polled if one.record.outcome not in GOOD]
        counts: dict[str, int] = {"new": sum(len(one.new) for one in self._polled)}
        for one in self._polled:
            name = one.record.outcome.value
            counts[name] = counts.get(name, 0) + 1
        problems = tuple(f"{one.feed.spec.url}: {one.record.outcome.value} ({one.record.detail})" for one in failed)
        return StepReport("poll", len(self._polled) - len(failed), len(failed), counts, problems)
