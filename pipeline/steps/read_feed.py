"""Feeds read in a child process: a response's bytes, the sitemaps of an index, or the files of a folder."""

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
from pipeline.feeds.doubtful import answer_doubt
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
# An index may list a sitemap for every day since the outlet began; new entries stand in the newest.
MOST_CHILDREN = 5
# Pages and archives of older entries (RFC 5005) that are read when a feed is polled for the first time.
MOST_OLDER = 5
LATE = timedelta(days=1)
DETAIL = 2_000


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a poll, or a hub's delivery (``pushed``). ``validators`` is None if the stored ones stay."""

    feed: FeedState
    result: FetchResult
    parsed: ParsedFeed | None
    outcome: Outcome
    detail: str
    at: datetime
    validators: Validators | None = None
    pushed: bool = False

    @property
    def lists_more(self) -> bool:
        """Whether it names more to fetch: the sitemaps of an index, or what came before, which a first poll reads."""
        if self.parsed is None or self.outcome is not Outcome.OK or self.pushed:
            return False
        return bool(self.parsed.children) or (bool(self.parsed.older_url) and self.feed.last_poll is None)


class FeedReader:
    """Reads feeds in children; ``get`` fetches what a feed lists, under the same manners as the feed itself."""

    def __init__(self, config: FetchConfig, children: Children, get: Get, clock: Clock) -> None:
        self._config, self._children, self._get, self._clock = config, children, get, clock

    async def answer(self, feed: FeedState, result: FetchResult) -> Answer:
        """Read an answer over HTTP; a body that is no feed, or has lost its entries, leaves the stored validators."""
        if doubt := answer_doubt(feed, result, None, self._clock()):
            return Answer(feed, result, None, doubt.outcome, doubt.reason, self._clock(), doubt.validators)
        if result.outcome is not Outcome.OK:
            return Answer(feed, result, None, result.outcome, result.detail, self._clock())
        try:
            parsed = await self._parsed(feed, result)
        except FeedError as error:
            return Answer(feed, result, None, Outcome.NOT_A_FEED, str(error), self._clock())
        if doubt := answer_doubt(feed, result, parsed, self._clock()):
            return Answer(feed, result, parsed, doubt.outcome, doubt.reason, self._clock(), doubt.validators)
        return self._read(feed, result, parsed, result.validators)

    async def delivered(self, feed: FeedState, delivery: HubDelivery) -> Answer:
        """Read a hub's delivery, as a poll's body is read."""
        header = Message()
        header["Content-Type"] = delivery.media_type
        body = FetchResult(
            delivery.topic,
            Outcome.OK,
            final_url=delivery.topic,
            body=delivery.body,
            media_type=header.get_content_type() if delivery.media_type else "",
            charset=header.get_content_charset(""),
        )
        answer = await self.answer(feed, body)
        detail = "; ".join(filter(None, ("delivered by its hub", answer.detail)))[:DETAIL]
        return replace(answer, pushed=True, validators=None, detail=detail)

    async def folder(self, feed: FeedState) -> Answer:
        """Read the new files of a feed's folder; a file that cannot be read is a problem, and the others count."""
        url = feed.spec.url
        folder_read = await asyncio.to_thread(read_folder, url, feed.validators, self._config.max_bytes)
        result = FetchResult(url, folder_read.outcome, final_url=url, detail="; ".join(folder_read.problems))
        if folder_read.outcome is not Outcome.OK:
            return Answer(feed, result, None, folder_read.outcome, result.detail, self._clock())
        entries: list[FeedEntry] = []
        formats, problems = [], list(folder_read.problems)
        for file in folder_read.files:
            try:
                parsed_file = await self._parsed(feed, FetchResult(url, Outcome.OK, final_url="", body=file.body))
            except FeedError as error:
                problems.append(f"{file.name}: {error.message}")
                continue
            formats.append(parsed_file.format)
            entries += parsed_file.entries
            problems += (f"{file.name}: {problem}" for problem in parsed_file.problems)
        parsed = ParsedFeed(formats[0] if formats else "", "", tuple(entries), tuple(problems))
        return self._read(feed, result, parsed, folder_read.validators)

    async def with_more(self, answer: Answer) -> Answer:
        """Return an answer that lists more with the entries of what it lists."""
        if answer.parsed and answer.parsed.children:
            return await self.with_children(answer)
        return await self.with_older(answer)

    async def with_older(self, answer: Answer) -> Answer:
        """Return the answer with the entries of the pages or archives before it, as far as they can be read."""
        feed, parsed = answer.feed, answer.parsed
        if parsed is None:
            return answer
        entries = {entry.key: entry for entry in parsed.entries}
        problems, url, visited = list(parsed.problems), parsed.older_url, {answer.result.final_url, feed.spec.url}
        for _page in range(MOST_OLDER):
            if not url or url in visited:
                break
            visited.add(url)
            result = await self._get(url)
            page, failure = await self._older_page(feed, result)
            problems += [f"{url}: {failure}"] if failure else []
            for entry in page.entries if page else ():
                entries.setdefault(entry.key, entry)
            url = page.older_url if page else ""
        merged = replace(parsed, entries=tuple(entries.values()), problems=tuple(problems))
        return self._read(feed, answer.result, merged, answer.result.validators)

    async def _older_page(self, feed: FeedState, result: FetchResult) -> tuple[ParsedFeed | None, str]:
        """Return what a page of older entries says, or why it cannot be read."""
        if result.outcome is not Outcome.OK:
            return None, f"{result.outcome.value} ({result.detail})"
        try:
            return await self._parsed(feed, result), ""
        except FeedError as error:
            return None, error.message

    async def with_children(self, answer: Answer) -> Answer:
        """Return the answer of an index with the entries of those of its sitemaps that may have changed."""
        feed, result, index = answer.feed, answer.result, answer.parsed
        if index is None:
            return answer
        entries: list[FeedEntry] = []
        problems, failed, dropped = list(index.problems), [], Counter(dict(index.dropped))
        wanted = _wanted(index.children, feed)
        for child in wanted:
            child_result = await self._get(child.url)
            try:
                child_feed = await self._parsed(feed, child_result) if child_result.outcome is Outcome.OK else None
            except FeedError as error:
                child_result, child_feed = replace(child_result, outcome=Outcome.NOT_A_FEED, detail=error.message), None
            if child_feed is None:
                failed.append(child_result)
            entries += child_feed.entries if child_feed else ()
            dropped.update(dict(child_feed.dropped) if child_feed else {})
            failure = f"{child.url}: {child_result.outcome.value} ({child_result.detail})"
            problems += child_feed.problems if child_feed else (failure,)
        if len(failed) == len(wanted):
            return Answer(feed, result, None, failed[0].outcome, problems[-1], self._clock())
        # An index without times stays the same while its sitemaps change; one that failed is fetched again.
        steady = not failed and all(child.modified for child in index.children)
        merged = replace(index, entries=tuple(entries), problems=tuple(problems), dropped=tuple(dropped.items()))
        return self._read(feed, result, merged, result.validators if steady else Validators())

    async def _parsed(self, feed: FeedState, result: FetchResult) -> ParsedFeed:
        """Parse the bytes of a feed in a child. Raises FeedError."""
        job = FeedJob(
            body=result.body,
            url=result.final_url or feed.spec.url,
            now=self._clock(),
            media_type=result.media_type,
            charset=result.charset,
            country=feed.spec.country,
            zone=feed.spec.zone,
            lang=feed.spec.lang,
        )
        return await asyncio.wrap_future(read_apart(self._children, job))

    def _read(self, feed: FeedState, result: FetchResult, parsed: ParsedFeed, validators: Validators) -> Answer:
        # Names of files may hold bytes that are no text.
        detail = storable_value("; ".join(parsed.problems))[:DETAIL]
        return Answer(feed, result, parsed, Outcome.OK, detail, self._clock(), validators)


def _wanted(children: tuple[ChildFeed, ...], feed: FeedState) -> tuple[ChildFeed, ...]:
    """Return the newest sitemaps that may have changed since the feed was read last; the newest of all in any case."""
    read = feed.last_poll if feed.last_outcome in GOOD_OUTCOMES else None
    fresh = [child for child in children if not (read and child.modified and child.modified < read - LATE)]
    return tuple(fresh[:MOST_CHILDREN]) or children[:1]
