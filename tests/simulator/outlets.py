"""Outlets that misbehave: what each host and feed of the simulated week answers, all drawn from one seed."""

from __future__ import annotations

import hashlib
import json
import random
from bisect import bisect_right
from dataclasses import dataclass, field

from yarl import URL

from tests.simulator import virtual
from tests.simulator.web import Reply, later

DAY = 86_400.0
WINDOW = 20  # entries that a feed shows at once
TICK = 600.0
TDMREP = "/.well-known/tdmrep.json"


@dataclass
class Promise:
    """What a host was promised by what it answered, in seconds of the virtual clock."""

    free_at: float = 0.0
    broken_promise: str = "gap"


@dataclass
class Feed:
    """A feed with its nature; ``appears`` are the times of its entries."""

    host: str
    number: int
    appears: list[float]
    validators: bool = True
    full_text: bool = False
    max_age: int = 0
    by_expires: bool = False
    ttl: int = 0
    moves_at: float = -1.0
    gone_at: float = -1.0
    lost_at: float = -1.0
    odd_entries: bool = False
    last_etag: str = ""  # the ETag it has given out last
    unconditional: int = 0
    fresh_until: float = 0.0
    gone_told: bool = False
    sent_on: bool = False
    moved_told: int = 0
    listed_urls: set[str] = field(default_factory=set)

    @property
    def path(self) -> str:
        return f"/feed{self.number}"

    @property
    def url(self) -> str:
        return f"http://{self.host}{self.path}"

    def listed(self, at: float) -> range:
        """Numbers of the entries that it shows."""
        last = bisect_right(self.appears, at)
        return range(max(last - WINDOW, 0), last)

    def body(self, at: float) -> bytes:
        numbers = self.listed(at)
        text = {"content_html": "<p>The whole text.</p>"} if self.full_text else {}
        items = [
            {"id": f"{self.number}-{n}", "url": f"http://{self.host}/page/{self.number}-{n}"} | text for n in numbers
        ]
        if self.odd_entries and items:
            items += [items[0], {"id": ""}, {"id": "x", "url": "javascript:alert(1)"}]
        if not self.ttl:
            return json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items[::-1]}).encode()
        rows = "".join(f"<item><guid>{i['id']}</guid><link>{i.get('url', '')}</link></item>" for i in items[::-1])
        return f"<rss version='2.0'><channel><title>F</title><ttl>{self.ttl}</ttl>{rows}</channel></rss>".encode()


@dataclass
class Host:
    """A host with its temper."""

    name: str
    chance: random.Random
    crawl_delay: int = 0
    robots: str = "absent"
    busy_share: float = 0.0
    broken: tuple[float, float] = (-1.0, -1.0)
    broken_as: int = 500
    seconds: float = 0.2
    feeds: dict[str, Feed] = field(default_factory=dict)
    promise: Promise = field(default_factory=Promise)
    robots_told: bool = False
    reserves: str = "absent"
    tdm_asked: list[float] = field(default_factory=list)

    def answer(self, url: URL, headers: dict[str, str]) -> Reply:
        at = virtual.now().timestamp() - virtual.START.timestamp()
        if self.broken[0] <= at < self.broken[1]:
            return Reply(self.broken_as)
        if url.path == "/robots.txt":
            return self._robots()
        if self.chance.random() < self.busy_share:
            wait = self.chance.choice((20, 120, 900, 5000))
            text = later(wait) if self.chance.random() < 0.3 else str(wait)
            return Reply(self.chance.choice((429, 503)), b"", {"Retry-After": text})
        if url.path == TDMREP:
            return self._reservations()
        feed = self.feeds.get(url.path.removeprefix("/new"))
        return self._feed(feed, url, headers, at) if feed else self._page(url)

    def _robots(self) -> Reply:
        if self.robots == "absent":
            return Reply(404)
        delay = f"Crawl-delay: {self.crawl_delay}\n" if self.crawl_delay else ""
        return Reply(200, f"User-agent: *\n{delay}Disallow: /private\n".encode(), seconds=self.seconds)

    def _reservations(self) -> Reply:
        if self.reserves == "broken":
            return Reply(500)
        if self.reserves == "all":
            return Reply(200, b'[{"location": "/", "tdm-reservation": 1}]', seconds=self.seconds)
        return Reply(404) if self.reserves == "absent" else Reply(200, b"<p>Welcome</p>", {"Content-Type": "text/html"})

    def _page(self, url: URL) -> Reply:
        digest = hashlib.sha256(url.path.encode()).digest()[0]
        if digest < 8:
            return Reply((404, 410, 500, 403)[digest % 4])
        return Reply(200, b"<p>text</p>", {"Content-Type": "text/html"}, self.seconds)

    def _feed(self, feed: Feed, url: URL, headers: dict[str, str], at: float) -> Reply:
        if 0 <= feed.gone_at <= at:
            return Reply(410)
        if 0 <= feed.lost_at <= at:
            return Reply(404)
        if 0 <= feed.moves_at <= at and url.path == feed.path:
            return Reply(301, b"", {"Location": f"/new{feed.path}"})
        headers = {"Content-Type": "application/feed+json" if not feed.ttl else "application/rss+xml"}
        if feed.max_age and feed.by_expires:
            headers["Expires"] = later(feed.max_age)
        elif feed.max_age:
            headers["Cache-Control"] = f"public, max-age={feed.max_age}"
        tag = f'W/"{feed.number}-{feed.listed(at).stop}"'
        if feed.validators:
            headers["ETag"] = tag
            if headers.get("If-None-Match") == tag:
                return Reply(304, b"", headers, self.seconds)
        return Reply(200, feed.body(at), headers, self.seconds)


def draw(hosts: int, feeds: int, days: float, seed: int) -> list[Host]:
    """So many hosts with so many feeds of all kinds."""
    chance = random.Random(seed)
    drawn_hosts = [_host(f"h{n}.example", chance, days) for n in range(hosts)]
    for n, host in enumerate(drawn_hosts):
        host.reserves = ("absent", "all", "broken", "home page")[n % 4]
    for number in range(feeds):
        home = drawn_hosts[number if number < hosts else chance.randrange(hosts)]
        feed = _feed(home.name, number, chance, days)
        home.feeds[feed.path] = feed
    return drawn_hosts


def _host(name: str, chance: random.Random, days: float) -> Host:
    host = Host(name, random.Random(chance.random()), seconds=chance.choice((0.2, 0.2, 3.0)))
    host.robots = chance.choice(("absent", "there", "there"))
    kind = chance.random()
    if kind < 0.15:
        host.crawl_delay, host.robots = chance.choice((10, 20, 40)), "there"
    elif kind < 0.30:
        host.busy_share = chance.choice((0.02, 0.1, 0.3))
    elif kind < 0.45:
        start = chance.uniform(0, days * DAY)
        host.broken = (start, start + chance.choice((0.02, 0.2, 1.5)) * DAY)
        host.broken_as = chance.choice((500, 502, 0))
    return host


def _feed(host: str, number: int, chance: random.Random, days: float) -> Feed:
    a_day = chance.choices((0.2, 2.0, 24.0), (50, 45, 5))[0]
    at, appears = -1 * DAY, []
    while at < days * DAY:
        at += chance.expovariate(a_day / DAY)
        appears.append(at)
    feed = Feed(host, number, appears, validators=chance.random() < 0.7, odd_entries=chance.random() < 0.1)
    if chance.random() < 0.3:
        feed.max_age, feed.by_expires = chance.choice((600, 3600, 20_000)), chance.random() < 0.4
    if chance.random() < 0.1:
        feed.ttl = chance.choice((30, 180))
    feed.full_text = not feed.ttl and chance.random() < 0.5
    fate = chance.random()
    if fate < 0.06:
        feed.gone_at = chance.uniform(0, days * DAY)
    elif fate < 0.12:
        feed.lost_at = chance.uniform(0, days * DAY)
    elif fate < 0.22:
        feed.moves_at = chance.uniform(0, days * DAY / 2)
    return feed
