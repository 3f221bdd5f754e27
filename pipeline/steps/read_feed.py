"""What came for a feed, read in a child: its own bytes, the sitemaps it lists, or the files of a folder."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.message import Message

from pipeline.config import FetchConfig
from pipeline.errors import FeedError
from pipeline.feeds.apart import FeedJob, read_apart
from pipeline.feeds.doubtful import empty_answer_doubt, not_modified_contradiction
from pipeline.feeds.entry import storable_value
from pipeline.fetch.folder import read_folder
from pipeline.model import (
    GOOD_OUTCOMES,
    ChildFeed,
    FeedEntry,
    FeedState,
    FetchResult,
    HubDelivery,
    Outcome,
    ParsedFeed,
    Validators,
)
from pipeline.process_pool import Children
from pipeline.steps.context import Clock

Get = Callable[[str], Awaitable[FetchResult]]
# An index may list a sitemap for every day since the outlet began; what is new stands in the newest.
MOST_CHILDREN = 5
LATE = timedelta(days=1)
DETAIL = 2_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What a feed's poll brought, or its hub (``pushed``). ``validators`` is None where the old ones are to stay."""

    feed: FeedState
    result: FetchResult
    parsed: ParsedFeed | None
    outcome: Outcome
    detail: str
    at: datetime
    validators: Validators | None = None
    pushed: bool = False


class FeedReader:
    """Reads feeds in children; ``get`` fetches what a feed lists, under the same manners as the feed itself."""

    def __init__(self, config: FetchConfig, children: Children, get: Get, clock: Clock) -> None:
        self._config, self._children, self._get, self._clock = config, children, get, clock

    async def answer(self, feed: FeedState, result: FetchResult) -> Answer:
        """What an answer over HTTP says; a body that is no feed, or has lost its entries, leaves the old validators."""
        why = not_modified_contradiction(feed.validators, result.validators)
        if result.outcome is Outcome.NOT_MODIFIED and why:
            return Answer(feed, result, None, Outcome.LYING_304, why, self._clock(), Validators())
        if result.outcome is not Outcome.OK:
            return Answer(feed, result, None, result.outcome, result.detail, self._clock())
        try:
            parsed = await self._parsed(feed, result)
        except FeedError as error:
            return Answer(feed, result, None, Outcome.NOT_A_FEED, str(error), self._clock())
        if why := empty_answer_doubt(feed, parsed, self._clock()):
            return Answer(feed, result, parsed, Outcome.EMPTIED, why, self._clock())
        return self._read(feed, result, parsed, result.validators)

    async def delivered(self, feed: FeedState, came: HubDelivery) -> Answer:
        """What a hub's delivery says, which is read as a poll's body would be."""
        told = Message()
        told["Content-Type"] = came.media_type
        media_type, charset = told.get_content_type() if came.media_type else "", told.get_content_charset("")
        body = FetchResult(
            came.topic, Outcome.OK, final_url=came.topic, body=came.body, media_type=media_type, charset=charset
        )
        answer = await self.answer(feed, body)
        detail = "; ".join(filter(None, ("delivered by its hub", answer.detail)))[:DETAIL]
        return replace(answer, pushed=True, validators=None, detail=detail)

    async def folder(self, feed: FeedState) -> Answer:
        """What is new in a feed's folder; a file that cannot be read is told, and the others are."""
        url = feed.spec.url
        found = await asyncio.to_thread(read_folder, url, feed.validators, self._config.max_bytes)
        result = FetchResult(url, found.outcome, final_url=url, detail="; ".join(found.problems))
        if found.outcome is not Outcome.OK:
            return Answer(feed, result, None, found.outcome, result.detail, self._clock())
        entries: list[FeedEntry] = []
        formats, problems = [], list(found.problems)
        for file in found.files:
            try:
                one = await self._parsed(feed, FetchResult(url, Outcome.OK, final_url="", body=file.body))
            except FeedError as error:
                problems.append(f"{file.name}: {error.message}")
                continue
            formats.append(one.format)
            entries += one.entries
            problems += (f"{file.name}: {problem}" for problem in one.problems)
        parsed = ParsedFeed(formats[0] if formats else "", "", tuple(entries), tuple(problems))
        return self._read(feed, result, parsed, found.validators)

    async def whole(self, answer: Answer) -> Answer:
        """The answer of an index with the entries of the sitemaps that it lists, as far as they may have changed."""
        feed, result, index = answer.feed, answer.result, answer.parsed
        if index is None:
            return answer
        entries: list[FeedEntry] = []
        problems, failed, dropped = list(index.problems), [], Counter(dict(index.dropped))
        wanted = _wanted(index.children, feed)
        for child in wanted:
            came = await self._get(child.url)
            try:
                one = await self._parsed(feed, came) if came.outcome is Outcome.OK else None
            except FeedError as error:
                came, one = replace(came, outcome=Outcome.NOT_A_FEED, detail=error.message), None
            if one is None:
                failed.append(came)
            entries += one.entries if one else ()
            dropped.update(dict(one.dropped) if one else {})
            problems += one.problems if one else (f"{child.url}: {came.outcome.value} ({came.detail})",)
        if len(failed) == len(wanted):
            return Answer(feed, result, None, failed[0].outcome, problems[-1], self._clock())
        # An index without times stays the same while its sitemaps change; one that failed is to be asked again.
        steady = not failed and all(child.modified for child in index.children)
        whole = replace(index, entries=tuple(entries), problems=tuple(problems), dropped=tuple(dropped.items()))
        return self._read(feed, result, whole, result.validators if steady else Validators())

    async def _parsed(self, feed: FeedState, result: FetchResult) -> ParsedFeed:
        """Raises FeedError."""
        job = FeedJob(
            body=result.body,
            url=result.final_url or feed.spec.url,
            now=self._clock(),
            media_type=result.media_type,
            charset=result.charset,
            country=feed.spec.country,
            zone=feed.spec.zone,
        )
        return await asyncio.wrap_future(read_apart(self._children, job))

    def _read(self, feed: FeedState, result: FetchResult, parsed: ParsedFeed, validators: Validators) -> Answer:
        # Names of files need not be text.
        detail = storable_value("; ".join(parsed.problems))[:DETAIL]
        return Answer(feed, result, parsed, Outcome.OK, detail, self._clock(), validators)


def _wanted(children: tuple[ChildFeed, ...], feed: FeedState) -> tuple[ChildFeed, ...]:
    """The newest that may have changed since the feed was read last; the newest of all in any case."""
    read = feed.last_poll if feed.last_outcome in GOOD_OUTCOMES else None
    fresh = [child for child in children if not (read and child.modified and child.modified < read - LATE)]
    return tuple(fresh[:MOST_CHILDREN]) or children[:1]
