"""Feeds to entries: one transaction for a feed's new entries, its validators and the time of its next poll."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pipeline import metrics, schedule, traces
from pipeline.config import Config
from pipeline.feeds.apart import feed_children
from pipeline.feeds.doubtful import answer_doubt, validators_for
from pipeline.fetch.exchange import exchange_of
from pipeline.fetch.folder import is_folder
from pipeline.fetch.websub import relaxed
from pipeline.log import bound, get_logger
from pipeline.model import (
    GOOD_OUTCOMES,
    EntryState,
    FeedState,
    FetchResult,
    Outcome,
    PollRecord,
    StepReport,
    Subscription,
)
from pipeline.process_pool import Children
from pipeline.steps.context import Gathered, Progress, batches, open_for, silent
from pipeline.steps.hubs import Hubs
from pipeline.steps.measured import measured
from pipeline.steps.read_feed import Answer, FeedReader
from pipeline.steps.run import Run, open_run
from pipeline.text.url import host_name

log = get_logger(__name__)
# Three runs of `ingest`: a feed that has been due for longer is late.
LATE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Polled:
    """A feed's poll as it was recorded, and the entries that were new in it."""

    feed: FeedState
    record: PollRecord
    new: tuple[EntryState, ...]


def due_feeds(config: Config, now: datetime) -> list[list[int]]:
    """Update the store's feeds from the config; return the ids of those due at ``now``, in batches."""
    with open_for(config) as store:
        store.feeds.sync(config.feeds, now, config.schedule.first)
        metrics.gauge(metrics.FEEDS_LATE, len(store.feeds.due(now - LATE)))
        delivered_ids = store.hubs.delivered_feeds() if config.websub.callback else []
        due = dict.fromkeys([*delivered_ids, *store.feeds.claim_due(now)])
        metrics.gauge(metrics.FEEDS_DUE, len(due))
        return batches(due, config.schedule.feed_batch)


def chosen_feeds(config: Config, feed_ids: Sequence[int], now: datetime, *, poll_now: bool) -> list[list[int]]:
    """Return those of these feeds that are due, all of them where there are none, in batches; ``poll_now`` makes them
    due, but those paused or retired. Nothing is claimed."""
    with open_for(config) as store:
        if poll_now:
            store.feeds.make_due(feed_ids, now)
        due = store.feeds.due(now)
    wanted = set(feed_ids or due)
    return batches([feed_id for feed_id in due if feed_id in wanted], config.schedule.feed_batch)


@measured
def poll_feeds(config: Config, feed_ids: Sequence[int], now: datetime, progress: Progress = silent) -> StepReport:
    """Poll these feeds and store their entries; a feed that fails keeps the entries it had."""
    if not feed_ids:
        return StepReport("poll")
    with feed_children(memory=config.extract.memory) as children:
        return asyncio.run(_poll_all(config, children, feed_ids, now, progress))


async def _poll_all(
    config: Config, children: Children, feed_ids: Sequence[int], now: datetime, progress: Progress
) -> StepReport:
    async with open_run(config, children, now, progress) as run:
        feeds = run.store.feeds.load(feed_ids)
        poller = FeedPoller(run)
        poller.expect(len(feeds))
        async with asyncio.TaskGroup() as group:
            for feed in feeds:
                group.create_task(poller.poll(feed))
        await poller.hubs.settle()
    return poller.report()


class FeedPoller:
    """The polls of one run: answers are read in a child, and recorded on the thread that writes."""

    def __init__(self, run: Run[Children], *, claim_new: bool = False) -> None:
        """``claim_new``: the run fetches what it polls, and keeps the new entries for itself."""
        self._claim_new = claim_new
        self._run, self._config, self._store = run, run.config, run.store
        self._reader = FeedReader(run.config.fetch, run.children, run.client.get, run.clock)
        self._answers = Gathered(self._record, run.writer)
        self._deferrals = Gathered(run.store.feeds.defer, run.writer)
        self._polled: list[Polled] = []
        self._problems: list[str] = []
        self._deferred_count = 0
        self._expected = 0
        self.hubs = Hubs(run)

    def expect(self, feeds: int) -> None:
        """Count so many more feeds for the progress."""
        self._expected += feeds

    async def poll(self, feed: FeedState) -> tuple[EntryState, ...]:
        """Record what a feed's hub delivered and, if its time has come, poll it; return the entries that are new.

        A feed that cannot be read or recorded is a failure of its own, and holds up no other; a store that is away
        ends the run.
        """
        with bound(feed=feed.id), traces.span(traces.POLL, {traces.FEED: feed.id}):
            try:
                return await self._poll(feed)
            except Exception as error:
                if await self._run.is_fatal(error):
                    raise
                self._problems.append(f"{feed.spec.url}: {type(error).__name__} ({error})")
                traces.fail(type(error).__name__)
                log.error("feed_not_recorded", url=feed.spec.url, error=type(error).__name__, detail=str(error))
                return ()

    async def _poll(self, feed: FeedState) -> tuple[EntryState, ...]:
        delivered = await self._read_deliveries(feed) if self._config.websub.callback else None
        if delivered is not None and feed.next_poll > self._run.clock():
            return delivered
        return (delivered or ()) + await self._request(feed)

    async def _read_deliveries(self, feed: FeedState) -> tuple[EntryState, ...] | None:
        """Return the new entries of a hub's deliveries; None if it delivered nothing."""
        waiting = await asyncio.to_thread(self._store.hubs.deliveries, feed.id)
        new: tuple[EntryState, ...] = ()
        for delivery in waiting:
            new += self._count(await self._answers.write(await self._reader.delivered(feed, delivery)))
            # A process that dies before this records it twice, which adds nothing.
            await asyncio.to_thread(self._store.hubs.end_delivery, delivery.id)
        return new if waiting else None

    async def _request(self, feed: FeedState) -> tuple[EntryState, ...]:
        if is_folder(feed.spec.url):
            return self._count(await self._answers.write(await self._reader.folder(feed)))
        asking = validators_for(feed, self._run.clock())
        async with self._run.client.fetched(feed.pace.address or feed.spec.url, validators=asking) as result:
            if result.outcome is Outcome.HOST_RESTING:
                return await self._defer(feed, result)
            answer = await self._reader.answer(feed, result)
            self.hubs.note_answer(answer)
            polled = None if answer.lists_more else await self._answers.write(answer)
        # What an answer lists is fetched after the answer has freed its place among the fetches.
        return self._count(polled or await self._answers.write(await self._reader.with_more(answer)))

    def _count(self, polled: Polled) -> tuple[EntryState, ...]:
        self._polled.append(polled)
        self._run.progress("poll", len(self._polled), max(self._expected, len(self._polled)))
        self._log(polled)
        trace_poll(polled)
        return polled.new

    async def _defer(self, feed: FeedState, result: FetchResult) -> tuple[EntryState, ...]:
        """Set a later time, without counting a poll or a failure: the host must not be requested now."""
        self._deferred_count += 1
        traces.annotate({traces.OUTCOME: result.outcome.value})
        now = self._run.clock()
        await self._deferrals.write((feed.id, now + timedelta(seconds=result.retry_after or 0.0), now))
        return ()

    def _record(self, answers: Sequence[Answer]) -> list[Polled]:
        ids = [answer.feed.id for answer in answers]
        subscriptions = self._store.hubs.subscriptions(ids) if self._config.websub.callback else []
        records: list[PollRecord] = []

        def plan(known_counts: Mapping[int, int]) -> list[PollRecord]:
            records.clear()
            tested = (self._tested(answer, known_counts[answer.feed.id]) for answer in answers)
            records.extend(
                self._delivered(answer)
                if answer.pushed
                else self._planned(answer, known_counts[answer.feed.id], subscriptions)
                for answer in tested
            )
            return records

        listed = {answer.feed.id: answer.parsed.entries if answer.parsed else () for answer in answers}
        stored = self._store.feeds.record_planned(listed, plan, claim_new=self._claim_new)
        entries = {entry.id: entry for entry in self._store.entries.load([new for poll in stored for new in poll.new])}
        return [
            Polled(answer.feed, record, tuple(entries[new] for new in poll.new if new in entries))
            for answer, record, poll in zip(answers, records, stored, strict=True)
        ]

    def _tested(self, answer: Answer, known_count: int) -> Answer:
        """Mark the answer if it proves that a 304 had hidden entries; its entries are stored all the same."""
        if answer.pushed or answer.parsed is None or answer.outcome is not Outcome.OK:
            return answer
        new = len(answer.parsed.entries) - known_count
        doubt = answer_doubt(answer.feed, answer.result, answer.parsed, answer.at, new)
        if doubt is None:
            return answer
        return replace(answer, outcome=doubt.outcome, detail=doubt.reason, validators=doubt.validators)

    def _delivered(self, answer: Answer) -> PollRecord:
        """Return the record of a hub's delivery. Next poll and pace stay: it may be only a part of the feed."""
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

    def _planned(self, answer: Answer, known_count: int, subscriptions: Sequence[Subscription]) -> PollRecord:
        parsed, result = answer.parsed, answer.result
        new = len(parsed.entries) - known_count if parsed else 0
        poll_answer = schedule.PollAnswer(
            answer.outcome, new, known_count, result.retry_after, result.fresh_for,
            hints=parsed.hints if parsed else None, moved_to=result.moved_to,
        )  # fmt: skip
        coming = schedule.next_poll(answer.feed, poll_answer, answer.at, random.random(), self._config.schedule)
        feed_subscriptions = [subscription for subscription in subscriptions if subscription.feed_id == answer.feed.id]
        return PollRecord(
            feed_id=answer.feed.id,
            polled_at=answer.at,
            outcome=answer.outcome,
            next_poll=relaxed(coming.at, feed_subscriptions, new, answer.at, self._config.schedule.most),
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
            exchange=exchange_of(result),
        )

    def report(self) -> StepReport:
        """Return the counts by outcome, and a line for each feed that failed."""
        failed = [polled for polled in self._polled if polled.record.outcome not in GOOD_OUTCOMES]
        counts = Counter({"new": sum(len(polled.new) for polled in self._polled)})
        counts.update(polled.record.outcome.value for polled in self._polled)
        if self._deferred_count:
            counts[Outcome.HOST_RESTING.value] = self._deferred_count
        problems = [_failure_line(polled) for polled in failed]
        problems += self._problems
        successes = len(self._polled) - len(failed)
        return StepReport("poll", successes, len(problems), dict(counts), (*problems, *self.hubs.problems))

    def _log(self, polled: Polled) -> None:
        record, url = polled.record, polled.feed.spec.url
        if record.outcome in GOOD_OUTCOMES:
            log.info("feed_polled", url=url, outcome=record.outcome.value, new=len(polled.new))
        else:
            log.warning(
                "feed_failed",
                url=url,
                outcome=record.outcome.value,
                detail=record.detail,
                next_poll=record.next_poll.isoformat(),
            )


def trace_poll(polled: Polled) -> None:
    """Add the poll's outcome to its span, and send a span for each new entry."""
    outcome = polled.record.outcome
    traces.annotate({traces.OUTCOME: outcome.value})
    if outcome not in GOOD_OUTCOMES:
        traces.fail(outcome.value)
    for entry in polled.new:
        traces.instant(traces.NEW_ENTRY, {traces.FEED: polled.feed.id, traces.ENTRY: entry.id})


def _failure_line(polled: Polled) -> str:
    return f"{polled.feed.spec.url}: {polled.record.outcome.value} ({polled.record.detail})"
