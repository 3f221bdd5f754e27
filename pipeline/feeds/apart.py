"""Feeds read in bounded child processes.

Always there, whatever their size: a feed of 170 KB can cost 15 s (20,000 attributes on a tag), its reading would stand
in the way of every other feed's record, and the way to a child and back costs 2 ms beside the 20 of a usual feed.
"""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from pipeline.errors import FeedError
from pipeline.model import ParsedFeed
from pipeline.process_pool import Children, TimeLimits, cause_of_death

PRELOAD = ("pipeline.feeds.syndication",)
# The usual feed takes 20 ms, the longest of 3,443 test feeds one second, a sitemap of 50,000 addresses 4.
LIMITS = TimeLimits(cpu=8.0, wall=300.0)
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
    lang: str = ""


def feed_children(workers: int = 1, memory: int = MEMORY) -> Children:
    """A pool that reads feeds and nothing else."""
    return Children(workers, memory, PRELOAD)


def read_apart(children: Children, job: FeedJob) -> Future[ParsedFeed]:
    """The feed to come; its exception is a FeedError."""
    if len(job.body) * SHARE > children.memory:
        # A child that dies while it is handed its work takes the whole pool with it.
        refused: Future[ParsedFeed] = Future()
        refused.set_exception(FeedError(f"{len(job.body)} bytes are too many for a child's memory", concerns=job.url))
        return refused
    return children.run(_parse, LIMITS, partial(_feed_error, url=job.url), job)


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
            lang=job.lang,
            now=job.now,
        )
    except MemoryError:
        raise FeedError("needs more memory than a child may have", concerns=job.url, todo="look at it") from None


def _feed_error(error: BaseException | None, url: str) -> FeedError:
    """Return the error of a feed whose child raised ``error``, or died."""
    if isinstance(error, FeedError):
        return error
    if cause := cause_of_death(error):
        return FeedError(f"the feed {cause}", concerns=url, todo="look at it")
    return FeedError(f"cannot be read: {type(error).__name__}: {error}"[:300], concerns=url, todo="look at it")
