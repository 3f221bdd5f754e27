"""Feeds read in bounded child processes.

Always there, whatever their size: a feed of 170 KB can cost 15 s (20,000 attributes on a tag), its reading would stand
in the way of every other feed's record, and the way to a child and back costs 2 ms beside the 20 of a usual feed.
"""

from __future__ import annotations

from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from pebble import ProcessExpired

from pipeline.errors import FeedError
from pipeline.model import ParsedFeed
from pipeline.process_pool import Children

PRELOAD = ("pipeline.feeds.syndication",)
# The usual feed takes 20 ms, the longest of 3,443 test feeds one second, a sitemap of 50,000 addresses 4.
SECONDS = 8.0
MEMORY = 1_000_000_000
# A feed may have this part of a child's memory: the bytes stand there twice while they arrive, and four times as text.
SHARE = 8


@dataclass(frozen=True, slots=True)
class FeedJob:
    """One feed to read: its bytes, what HTTP said of them, and where its outlet is."""

    body: bytes
    url: str
    now: datetime
    media_type: str = ""
    charset: str = ""
    country: str = ""
    zone: str = ""


def feed_children(workers: int = 1, memory: int = MEMORY) -> Children:
    """A pool that reads feeds and nothing else."""
    return Children(workers, memory, PRELOAD)


def read_apart(children: Children, job: FeedJob) -> Future[ParsedFeed]:
    """The feed to come; its exception is a FeedError."""
    if len(job.body) * SHARE > children.memory:
        # A child that dies while it is handed its work takes the whole pool with it.
        told: Future[ParsedFeed] = Future()
        told.set_exception(FeedError(f"{len(job.body)} bytes are too many for a child's memory", concerns=job.url))
        return told
    return children.run(_parse, SECONDS, partial(_named, url=job.url), job)


def _parse(job: FeedJob) -> ParsedFeed:
    from pipeline.feeds import parse_feed

    try:
        return parse_feed(
            job.body,
            url=job.url,
            media_type=job.media_type,
            charset=job.charset,
            country=job.country,
            zone=job.zone,
            now=job.now,
        )
    except MemoryError:
        raise FeedError("needs more memory than a child may have", concerns=job.url, todo="look at it") from None


def _named(error: BaseException | None, url: str) -> FeedError:
    if isinstance(error, FeedError):
        return error
    if isinstance(error, FutureTimeout | TimeoutError):
        return FeedError(f"not read within {SECONDS:g} s", concerns=url, todo="look at it")
    if isinstance(error, ProcessExpired) or error is None:
        return FeedError("the child process died on this feed", concerns=url, todo="look at it")
    return FeedError(f"cannot be read: {type(error).__name__}: {error}"[:300], concerns=url, todo="look at it")
