"""The newsstand: each outlet a server of its own on a free port of 127.0.0.1, and one more that knows the truth."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import threading
import tomllib
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from aiohttp import web

from newsstand.bulletins import road_bulletins
from newsstand.corpus import CorpusPage, corpus_feed, load_corpus, slug
from newsstand.outlets import Item, Outlet, items, load_outlets, published
from newsstand.pages import TYPES, feed, front_page, page
from newsstand.stories import LAST_HOUR, WireStory, load_stories

FOLDER = Path(__file__).parent
ADDRESS = "127.0.0.1"
ROBOTS = "User-agent: *\nDisallow: /private/\n"
FEED_PATHS = {"sitemap": "/news-sitemap.xml", "json": "/feed.json"}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class StandClock:
    """Hours of the stand from 0; hour 72 is when it was started, so that nothing is dated in the future.

    ``speed`` hours of the stand go by in an hour of ours, up to hour 72; from there on it keeps to the real time.
    """

    def __init__(self, hour: float, speed: float, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._started = now()
        self.epoch = (self._started - timedelta(hours=LAST_HOUR)).replace(microsecond=0)
        self.speed = speed
        self.set(hour)

    def set(self, hour: float) -> None:
        """Put the clock to an hour."""
        self._base, self._since = min(hour, LAST_HOUR), self._now()

    @property
    def hour(self) -> float:
        """The hour now."""
        paced = self._base + self._hours_since(self._since) * self.speed
        if paced <= LAST_HOUR or not self.speed:
            return min(paced, LAST_HOUR)
        return LAST_HOUR + self._hours_since(self._started)

    def _hours_since(self, time: datetime) -> float:
        return (self._now() - time).total_seconds() / 3600

    @property
    def time(self) -> datetime:
        """The hour as a time."""
        return self.epoch + timedelta(hours=self.hour)


@dataclass(slots=True)
class Newsstand:
    """The stand with its outlets' ports; the feeds, pages and truth of any moment follow from its clock."""

    clock: StandClock
    slow: float
    corpus: Path | None = None
    stories: tuple[WireStory, ...] = ()
    outlets: tuple[Outlet, ...] = ()
    bases: dict[str, str] = field(default_factory=dict)
    control: str = ""
    _items: dict[str, list[Item]] = field(default_factory=dict)
    _captured: dict[str, list[CorpusPage]] = field(default_factory=dict)
    _runners: list[web.AppRunner] = field(default_factory=list)

    async def start(self) -> None:
        """Listen on free ports."""
        if self.corpus:
            self._captured = load_corpus(self.corpus)
            self.bases["corpus"] = await self._listen(self._corpus_app())
        else:
            endless = road_bulletins() if self.clock.speed else ()
            self.stories, self.outlets = (*load_stories(), *endless), load_outlets()
            own_by_outlet = own_items(self.clock.epoch)
            for outlet in self.outlets:
                self._items[outlet.slug] = items(
                    outlet, self.stories, self.outlets, self.clock.epoch
                ) + own_by_outlet.get(outlet.slug, [])
                self.bases[outlet.slug] = await self._listen(self._outlet_app(outlet))
        self.control = await self._listen(self._control_app())

    async def stop(self) -> None:
        """End every server."""
        for runner in self._runners:
            await runner.cleanup()

    async def _listen(self, app: web.Application) -> str:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        self._runners.append(runner)
        await web.TCPSite(runner, ADDRESS, 0).start()
        return f"http://{ADDRESS}:{runner.addresses[0][1]}"

    # ------------------------------------------------------------ outlets

    def published_items(self, outlet: Outlet) -> list[Item]:
        """What the outlet has published by now, newest first."""
        return published(self._items[outlet.slug], self.clock.time)

    def _outlet_app(self, outlet: Outlet) -> web.Application:
        app = web.Application()
        app.router.add_get("/robots.txt", _text(ROBOTS))
        path = FEED_PATHS.get(outlet.feed, "/feed.xml")
        app.router.add_get(path, self._feed_handler(outlet))
        if outlet.redirects:
            app.router.add_get("/rss", _redirect(path))
        app.router.add_get("/", self._front_handler(outlet, path))
        app.router.add_get("/{path:.*}", self._page_handler(outlet))
        return app

    def _front_handler(self, outlet: Outlet, feed_path: str) -> Handler:
        async def answer(_request: web.Request) -> web.StreamResponse:
            body = front_page(outlet, self.published_items(outlet), feed_path)
            return web.Response(text=body, content_type="text/html")

        return answer

    def _feed_handler(self, outlet: Outlet) -> Handler:
        async def answer(request: web.Request) -> web.StreamResponse:
            if outlet.feed == "forbidden":
                raise web.HTTPForbidden(text="No robots, please.")
            if outlet.slow:
                await asyncio.sleep(self.slow)
            listed = self.published_items(outlet)
            body = feed(outlet, listed, self.bases[outlet.slug])
            newest = max((item.updated for item in listed), default=self.clock.epoch)
            return _conditional(request, body, TYPES[outlet.feed], newest)

        return answer

    def _page_handler(self, outlet: Outlet) -> Handler:
        async def answer(request: web.Request) -> web.StreamResponse:
            listed = self.published_items(outlet)
            item = next((listed_item for listed_item in listed if listed_item.path == request.path), None)
            if item is None:
                raise web.HTTPNotFound(text="Not here.")
            body = page(outlet, item, listed, self.bases[outlet.slug])
            return _conditional(request, body, "text/html", item.updated)

        return answer

    # ------------------------------------------------------------ corpus

    def _corpus_app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/{slug}/feed.xml", self._corpus_feed)
        app.router.add_get("/{slug}/{id}", self._corpus_page)
        return app

    async def _corpus_feed(self, request: web.Request) -> web.StreamResponse:
        wanted = request.match_info["slug"]
        match = next(((outlet, pages) for outlet, pages in self._captured.items() if slug(outlet) == wanted), None)
        if match is None:
            raise web.HTTPNotFound(text="No such outlet.")
        return web.Response(body=corpus_feed(*match, self.bases["corpus"]), content_type="application/rss+xml")

    async def _corpus_page(self, request: web.Request) -> web.StreamResponse:
        pages = (page for pages in self._captured.values() for page in pages)
        match = next((page for page in pages if page.path == request.path), None)
        if match is None:
            raise web.HTTPNotFound(text="No such page.")
        return web.Response(body=match.read(), content_type="text/html")

    # ------------------------------------------------------------ control

    def _control_app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/health", _text("ok"))
        app.router.add_get("/truth", self._truth)
        app.router.add_get("/feeds.toml", self._feeds)
        app.router.add_get("/clock", self._clock)
        app.router.add_post("/clock", self._set_clock)
        return app

    async def _truth(self, _request: web.Request) -> web.StreamResponse:
        return web.json_response(self.truth())

    async def _feeds(self, _request: web.Request) -> web.StreamResponse:
        return web.Response(text=self.feeds_toml(), content_type="application/toml")

    async def _clock(self, _request: web.Request) -> web.StreamResponse:
        return web.json_response({"hour": self.clock.hour})

    async def _set_clock(self, request: web.Request) -> web.StreamResponse:
        order = await request.json()
        self.clock.set(float(order.get("hour", self.clock.hour + float(order.get("advance", 0)))))
        return web.json_response({"hour": self.clock.hour})

    def truth(self) -> dict[str, Any]:
        """What is a copy of what, of all that is published by now; in a corpus, which page stands where."""
        if self.corpus:
            captured = [page for pages in self._captured.values() for page in pages]
            return {"pages": [{"url": self.bases["corpus"] + page.path, "id": page.id} for page in captured]}
        pages = [
            {"url": self.bases[outlet.slug] + item.path, "outlet": outlet.name, "story": item.story,
             "version": item.version, "relation": item.relation, "published": item.published.isoformat()}
            for outlet in self.outlets for item in self.published_items(outlet)
        ]  # fmt: skip
        latest: dict[str, int] = {}
        for row in pages:
            if row["story"]:
                latest[str(row["story"])] = max(latest.get(str(row["story"]), 0), int(str(row["version"])))
        filed = [_filed(story, latest[story.id], self.clock.epoch) for story in self.stories if story.id in latest]
        return {"hour": self.clock.hour, "stories": filed, "pages": pages}

    def feeds_toml(self, home: Path | None = None) -> str:
        """A whole Copydesk config for these outlets."""
        ports = json.dumps([base.removeprefix("http://") for base in self.bases.values()])
        top = f"home = {json.dumps(str(home))}\n" if home else ""
        fetch = f'[fetch]\ncontact = "newsstand@example.org"\nallow = {ports}\nhost_gap = 0.0\n'
        agencies = f"[extract]\nagencies = [{json.dumps(str(FOLDER / 'agencies.toml'))}]\n"
        return f"{top}{fetch}\n{agencies}\n" + "\n".join(self._feed_tables())

    def _feed_tables(self) -> Iterator[str]:
        if self.corpus:
            for name, pages in self._captured.items():
                yield _table(f"{self.bases['corpus']}/{slug(name)}/feed.xml", name, pages[0].country[:2])
        for outlet in self.outlets:
            path = "/rss" if outlet.redirects else FEED_PATHS.get(outlet.feed, "/feed.xml")
            yield _table(self.bases[outlet.slug] + path, outlet.name, outlet.country, outlet.full_text)


def own_items(epoch: datetime) -> dict[str, list[Item]]:
    """What the outlets wrote themselves, by outlet."""
    rows = tomllib.loads((FOLDER / "own.toml").read_text(encoding="utf-8"))["article"]
    by_outlet: dict[str, list[Item]] = {}
    for row in rows:
        at = epoch + timedelta(hours=float(row["after"]))
        lang = row.get("lang", "en")
        path = f"/{lang}/own/{row['id']}.html"
        item = Item(
            path, f"{row['outlet']}:{path}", row["title"], tuple(row["body"]), lang, "Local", "", at, at, None, 1, "own"
        )
        by_outlet.setdefault(row["outlet"], []).append(item)
    return by_outlet


def _filed(story: WireStory, number: int, epoch: datetime) -> dict[str, Any]:
    versions = [
        {"number": n, "mark": version.mark, "headline": version.headline, "body": list(version.body),
         "filed": (epoch + timedelta(hours=version.after)).isoformat()}
        for n, version in enumerate(story.versions[:number], 1)
    ]  # fmt: skip
    body = list(story.versions[number - 1].body)
    return {"id": story.id, "agency": story.agency, "lang": story.lang, "kind": story.kind, "family": story.family,
            "series": story.family, "follows": story.follows, "body": body, "versions": versions}  # fmt: skip


def _table(url: str, outlet: str, country: str, full_text: bool = False) -> str:
    rows = [
        f"url = {json.dumps(url)}",
        f"outlet = {json.dumps(outlet, ensure_ascii=False)}",
        f"country = {json.dumps(country)}",
    ]
    return "[[feed]]\n" + "\n".join(rows) + ("\nfull_text = true" if full_text else "") + "\n"


def _text(text: str) -> Handler:
    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(text=text)

    return answer


def _redirect(path: str) -> Handler:
    async def answer(_request: web.Request) -> web.StreamResponse:
        raise web.HTTPMovedPermanently(path)

    return answer


def _conditional(request: web.Request, body: bytes, media_type: str, changed: datetime) -> web.StreamResponse:
    """The body with its validators, gzipped where it is accepted; 304 where the client has it."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    headers = {"ETag": etag, "Last-Modified": format_datetime(changed.astimezone(UTC), usegmt=True)}
    if request.headers.get("If-None-Match") == etag:
        return web.Response(status=304, headers=headers)
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        body, headers["Content-Encoding"] = gzip.compress(body, mtime=0), "gzip"
    return web.Response(body=body, content_type=media_type, charset="utf-8", headers=headers)


# ---------------------------------------------------------------- running beside a test or the demo


@dataclass(frozen=True, slots=True)
class RunningNewsstand:
    """A stand that runs in a thread of this process."""

    stand: Newsstand
    control_url: str

    @property
    def feeds_toml(self) -> str:
        """A config of its feeds."""
        return self.stand.feeds_toml()

    def write_config(self, path: Path, home: Path) -> None:
        """The config, with ``home`` as its home."""
        path.write_text(self.stand.feeds_toml(home), encoding="utf-8")

    def truth(self) -> dict[str, Any]:
        """What is published by now, and what it is a copy of."""
        with urllib.request.urlopen(f"{self.control_url}/truth") as answer:  # noqa: S310 - our own loopback address
            return dict(json.load(answer))

    def advance(self, hours: float) -> None:
        """Let hours go by on the stand's clock."""
        self.stand.clock.set(self.stand.clock.hour + hours)


@contextmanager
def running_newsstand(
    hour: float = 48.0, speed: float = 0.0, slow: float = 1.0, corpus: Path | None = None
) -> Iterator[RunningNewsstand]:
    """A stand in a thread, listening when the block begins and gone when it ends."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="newsstand", daemon=True)
    thread.start()
    stand = Newsstand(StandClock(hour, speed), slow, corpus)
    try:
        asyncio.run_coroutine_threadsafe(stand.start(), loop).result()
        yield RunningNewsstand(stand, stand.control)
    finally:
        asyncio.run_coroutine_threadsafe(stand.stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
