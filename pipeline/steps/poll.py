"""Feeds to entries: one transaction for what a feed said, its validators and the time of its next poll."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pipeline import schedule
from pipeline.config import Config
from pipeline.feeds.apart import feed_children
from pipeline.feeds.doubtful import hidden, validators_for
from pipeline.fetch.client import Client
from pipeline.fetch.folder import is_folder
from pipeline.fetch.websub import relaxed
from pipeline.model import (
    GOOD_OUTCOMES,
    EntryState,
    FeedState,
    FetchResult,
    Outcome,
    PollRecord,
    StepReport,
    Subscription,
    Validators,
)
from pipeline.process_pool import Children
from pipeline.steps.context import Clock, Gathered, Progress, batches, open_for, running_from, silent
from pipeline.steps.hosts import manners
from pipeline.steps.hubs import Hubs
from pipeline.steps.read_feed import Answer, FeedReader
from pipeline.store import Store
from pipeline.text.url import host_name


@dataclass(frozen=True, slots=True)
class Polled:
    """A feed's poll as it was recorded, and the entries that were new in it."""

    feed: FeedState
    record: PollRecord
    new: tuple[EntryState, ...]


def due_feeds(config: Config, now: datetime) -> list[list[int]]:
    """Bring the store's feeds in line with the config; ids of those due at ``now``, in batches."""
    with open_for(config) as store:
        store.feeds.sync(config.feeds, now, config.schedule.first)
        brought = store.hubs.delivered_feeds() if config.websub.callback else []
        due = dict.fromkeys([*brought, *store.feeds.claim_due(now)])
        return batches(due, config.schedule.feed_batch)


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
    feeds = store.feeds.load(feed_ids)
    async with Client(config.fetch, manners(config, store, writer, clock)) as client:
        polling = Polling(config, store, children, writer, client, clock, progress)
        polling.expected = len(feeds)
        async with asyncio.TaskGroup() as group:
            for feed in feeds:
                group.create_task(polling.poll(feed))
        await polling.hubs.settle()
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
        self._config, self._store, self._client, self._clock = config, store, client, clock
        self._reader = FeedReader(config.fetch, children, client.get, clock)
        self._progress = progress
        self._recorder = Gathered(self._record, writer)
        self._deferring = Gathered(store.feeds.defer, writer)
        self._polled: list[Polled] = []
        self._held = 0
        self.expected = 0
        # A run that fetches what it polls keeps the new entries for itself.
        self.claims_new = False
        self.hubs = Hubs(config, store, writer, client, clock)

    async def poll(self, feed: FeedState) -> tuple[EntryState, ...]:
        """Record what a feed's hub delivered and, if its time has come, poll it; the entries that are new."""
        brought = await self._brought(feed) if self._config.websub.callback else None
        if brought is not None and feed.next_poll > self._clock():
            return brought
        return (brought or ()) + await self._asked(feed)

    async def _brought(self, feed: FeedState) -> tuple[EntryState, ...] | None:
        """The new entries of what a hub delivered; None where it delivered nothing."""
        waiting = await asyncio.to_thread(self._store.hubs.deliveries, feed.id)
        new: tuple[EntryState, ...] = ()
        for one in waiting:
            new += self._recorded(await self._recorder.write(await self._reader.delivered(feed, one)))
            # A process that dies before this records it twice, which adds nothing.
            await asyncio.to_thread(self._store.hubs.end_delivery, one.id)
        return new if waiting else None

    async def _asked(self, feed: FeedState) -> tuple[EntryState, ...]:
        if is_folder(feed.spec.url):
            return self._recorded(await self._recorder.write(await self._reader.folder(feed)))
        asking = validators_for(feed, self._clock())
        async with self._client.fetched(feed.pace.address or feed.spec.url, validators=asking) as result:
            if result.outcome is Outcome.HELD:
                return await self._deferred(feed, result)
            answer = await self._reader.answer(feed, result)
            self.hubs.heard(answer)
            listed = answer.parsed is not None and bool(answer.parsed.children)
            polled = None if listed else await self._recorder.write(answer)
        # What an index lists is fetched when the index itself has left its place among the fetches.
        return self._recorded(polled or await self._recorder.write(await self._reader.whole(answer)))

    def _recorded(self, polled: Polled) -> tuple[EntryState, ...]:
        self._polled.append(polled)
        self._progress("poll", len(self._polled), max(self.expected, len(self._polled)))
        return polled.new

    async def _deferred(self, feed: FeedState, result: FetchResult) -> tuple[EntryState, ...]:
        """Its host is not to be asked now: no poll, no failure, a later time."""
        self._held += 1
        now = self._clock()
        await self._deferring.write((feed.id, now + timedelta(seconds=result.retry_after or 0.0), now))
        return ()

    def _record(self, answers: Sequence[Answer]) -> list[Polled]:
        ids = [answer.feed.id for answer in answers]
        held = self._store.hubs.subscriptions(ids) if self._config.websub.callback else []
        records: list[PollRecord] = []

        def plan(known: Mapping[int, int]) -> list[PollRecord]:
            records.clear()
            tested = (self._tested(answer, known[answer.feed.id]) for answer in answers)
            records.extend(
                self._delivered(answer) if answer.pushed else self._planned(answer, known[answer.feed.id], held)
                for answer in tested
            )
            return records

        listed = {answer.feed.id: answer.parsed.entries if answer.parsed else () for answer in answers}
        stored = self._store.feeds.record_planned(listed, plan, claim_new=self.claims_new)
        entries = {entry.id: entry for entry in self._store.entries.load([new for one in stored for new in one.new])}
        return [
            Polled(answer.feed, record, tuple(entries[new] for new in one.new if new in entries))
            for answer, record, one in zip(answers, records, stored, strict=True)
        ]

    def _tested(self, answer: Answer, known: int) -> Answer:
        """What comes is kept all the same where it proves that a 304 had hidden it."""
        if answer.pushed or answer.parsed is None or answer.outcome is not Outcome.OK:
            return answer
        why = hidden(answer.feed, answer.parsed, len(answer.parsed.entries) - known, answer.at)
        return replace(answer, outcome=Outcome.LYING_304, detail=why, validators=Validators()) if why else answer

    def _delivered(self, answer: Answer) -> PollRecord:
        """A hub's word moves no poll, and says nothing of the pace: it may deliver what is new only, or a part."""
        feed, parsed = answer.feed, answer.parsed
        return PollRecord(
            feed.id,
            answer.at,
            answer.outcome,
            feed.next_poll,
            feed.interval,
            feed.failures,
            detail=answer.detail,
            entries=parsed.entries if parsed else (),
            dropped=parsed.dropped if parsed else (),
            pace=feed.pace,
        )

    def _planned(self, answer: Answer, known: int, held: Sequence[Subscription]) -> PollRecord:
        parsed, result = answer.parsed, answer.result
        new = len(parsed.entries) - known if parsed else 0
        heard = schedule.Heard(
            answer.outcome, new, known, result.retry_after, result.fresh_for,
            hints=parsed.hints if parsed else None, moved_to=result.moved_to,
        )  # fmt: skip
        coming = schedule.next_poll(answer.feed, heard, answer.at, random.random(), self._config.schedule)
        mine = [one for one in held if one.feed_id == answer.feed.id]
        return PollRecord(
            feed_id=answer.feed.id,
            polled_at=answer.at,
            outcome=answer.outcome,
            next_poll=relaxed(coming.at, mine, new, answer.at, self._config.schedule.most),
            interval=coming.interval,
            failures=coming.failures,
            status=result.status,
            detail=answer.detail,
            format=parsed.format if parsed else "",
            title=parsed.title if parsed else "",
            validators=answer.validators,
            entries=parsed.entries if parsed else (),
            dropped=parsed.dropped if parsed else (),
            pace=coming.pace,
            final_url=result.final_url if parsed else "",
            self_url=parsed.self_url if parsed else "",
            host=host_name(result.url),
            moved=bool(result.moved_to),
        )

    def report(self) -> StepReport:
        """Counts by outcome, and a line for each feed that failed."""
        failed = [one for one in self._polled if one.record.outcome not in GOOD_OUTCOMES]
        counts: dict[str, int] = {"new": sum(len(one.new) for one in self._polled)}
        for one in self._polled:
            name = one.record.outcome.value
            counts[name] = counts.get(name, 0) + 1
        if self._held:
            counts[Outcome.HELD.value] = self._held
        problems = tuple(f"{one.feed.spec.url}: {one.record.outcome.value} ({one.record.detail})" for one in failed)
        return StepReport(
            "poll", len(self._polled) - len(failed), len(failed), counts, (*problems, *self.hubs.problems)
        )
