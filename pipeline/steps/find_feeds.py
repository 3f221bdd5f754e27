"""Single sources for a person: read as the poller would, or found from a site's address. Nothing is kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from urllib.parse import urljoin

from pipeline.config import Config, FetchConfig
from pipeline.errors import FeedError, UsageError
from pipeline.feeds.apart import LIMITS, feed_children
from pipeline.feeds.discover import common_feed_urls, linked_feeds, listed_sitemaps
from pipeline.fetch.client import Client
from pipeline.fetch.folder import is_folder
from pipeline.model import FeedSpec, FeedState, FetchResult, FoundFeed, Outcome, Validators
from pipeline.process_pool import Children
from pipeline.steps.context import running_from
from pipeline.steps.read_feed import Answer, FeedReader

ListUrls = Callable[[], Awaitable[tuple[str, ...]]]
# A person waits for it: a short gap between requests to one host.
GAP = 1.0


def read_sources(
    config: Config, sources: Sequence[FeedSpec], allow: tuple[str, ...], now: datetime, file_url: str = ""
) -> list[Answer]:
    """Read each source (an address, a file, a folder) as the poller would. Raises UsageError for what is none.

    ``file_url`` is the address that files had.
    """

    async def all_of_them() -> list[Answer]:
        async with _finder(_fetching(config, allow, gap=0.0), config, now) as finder:
            return [await finder.read(spec, file_url) for spec in sources]

    return asyncio.run(all_of_them())


def find_feeds(config: Config, url: str, allow: tuple[str, ...], now: datetime) -> list[FoundFeed]:
    """Find a site's feeds: the address itself, else those its page names, else the usual places, else its sitemaps."""

    async def search() -> list[FoundFeed]:
        async with _finder(_fetching(config, allow, gap=GAP), config, now) as finder:
            return await finder.find(url)

    return asyncio.run(search())


def _fetching(config: Config, allow: tuple[str, ...], gap: float) -> FetchConfig:
    return replace(
        config.fetch, allow=config.fetch.allow + allow, host_gap=min(gap, config.fetch.host_gap), tdmrep=False
    )


@asynccontextmanager
async def _finder(fetching: FetchConfig, config: Config, now: datetime) -> AsyncIterator[_Finder]:
    with feed_children(memory=config.extract.memory) as children:
        async with Client(fetching) as client:
            yield _Finder(fetching, children, client, FeedReader(fetching, children, client.get, running_from(now)))


@dataclass(frozen=True, slots=True)
class _Finder:
    config: FetchConfig
    children: Children
    client: Client
    reader: FeedReader

    async def read(self, spec: FeedSpec, file_url: str = "") -> Answer:
        if is_folder(url := _as_folder(spec.url)):
            return await self.reader.folder(_state(replace(spec, url=url)))
        if spec.url.startswith(("http://", "https://")):
            return await self.reader.answer(_state(spec), await self.client.get(spec.url))
        return await self.reader.answer(_state(replace(spec, url=file_url)), self._file(Path(spec.url)))

    def _file(self, path: Path) -> FetchResult:
        if not path.is_file():
            raise UsageError("no such file, and not an http(s) address", concerns=str(path))
        if path.stat().st_size > self.config.max_bytes:
            return FetchResult(str(path), Outcome.TOO_LARGE, detail=f"more than {self.config.max_bytes} bytes")
        return FetchResult(str(path), Outcome.OK, body=path.read_bytes())

    async def find(self, url: str) -> list[FoundFeed]:
        """Return the first feeds found; a front page that the server refuses leaves the places beside it.

        Raises FeedError where there are none and the page itself could not be had.
        """
        page = await self.client.get(url)
        answer = await self.reader.answer(_state(FeedSpec(url, "")), page) if page.outcome is Outcome.OK else None
        if answer and answer.parsed:
            return [_found_feed(answer, url, "the address itself")]
        for via, list_urls in self._places(page, url) if page.status else ():
            if feeds := await self._readable(await list_urls(), via):
                return feeds
        if answer is None:
            raise FeedError(f"{page.outcome.value} ({page.detail})", concerns=url, todo="check the address")
        return []

    def _places(self, page: FetchResult, url: str) -> tuple[tuple[str, ListUrls], ...]:
        final_url = page.final_url or url
        links = (("a link of the page", partial(self._linked, page.body, final_url)),)
        return (
            *(links if page.outcome is Outcome.OK else ()),
            ("a usual place", partial(_soon, common_feed_urls(final_url))),
            ("robots.txt", partial(self._sitemaps, final_url)),
        )

    async def _readable(self, urls: tuple[str, ...], via: str) -> list[FoundFeed]:
        answers = [(await self.read(FeedSpec(url, "")), url) for url in urls]
        return [_found_feed(answer, url, via) for answer, url in answers if answer.parsed and answer.parsed.entries]

    async def _linked(self, page: bytes, url: str) -> tuple[str, ...]:
        """Return the feeds that the page links to. It may be hostile: a child process reads it."""
        translate = partial(_unread_page, url)
        try:
            return await asyncio.wrap_future(self.children.run(linked_feeds, LIMITS, translate, page, url))
        except FeedError:
            return ()

    async def _sitemaps(self, url: str) -> tuple[str, ...]:
        result = await self.client.get(urljoin(url, "/robots.txt"))
        robots = result.body.decode("utf-8", "replace") if result.outcome is Outcome.OK else ""
        return listed_sitemaps(robots, url) or (urljoin(url, "/sitemap.xml"),)


def _as_folder(source: str) -> str:
    """Return a folder's path as the address that a feed has."""
    path = Path(source)
    return path.absolute().as_uri() if "://" not in source and path.is_dir() else source


async def _soon(urls: tuple[str, ...]) -> tuple[str, ...]:
    return urls


def _unread_page(url: str, error: BaseException | None) -> FeedError:
    return FeedError(f"the page cannot be read: {error}", concerns=url)


def _state(spec: FeedSpec) -> FeedState:
    """Return the state of a feed that was never polled."""
    return FeedState(0, spec, Validators(), datetime.min.replace(tzinfo=UTC), 0.0)


def _found_feed(answer: Answer, url: str, via: str) -> FoundFeed:
    parsed = answer.parsed
    if parsed is None:
        raise FeedError("not a feed", concerns=url)
    return FoundFeed(url, parsed.format, parsed.title, len(parsed.entries), via)
