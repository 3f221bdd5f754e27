"""The rows of a large store, a block of a thousand stories at a time; see :mod:`bench.large_store`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from sqlalchemy import Table

from pipeline.model import ChangeKind, EntryStatus, FlowStage, Outcome, PageKind, Relation, StoryStatus, VersionKind
from pipeline.store.change_cursor import NO_TAG, chain_tag
from pipeline.store.change_log import CHANGED_FIELDS, tagged_fields
from pipeline.store.flow import DELAY_BOUNDS, hour_of
from pipeline.store.outcomes import FEED
from pipeline.store.schema.network import flow, tally
from pipeline.store.schema.tables import (
    article,
    carried,
    change,
    copy,
    entry,
    feed,
    page,
    poll,
    span,
    story,
    version,
)
from pipeline.text.digest import text_digest
from pipeline.text.url import url_key

Row = dict[str, Any]
SPAN = timedelta(days=90)
HOURS = SPAN // timedelta(hours=1)
POLL_GAP = timedelta(hours=20)
POLLS = 8
BLOCK = 1000
PARAGRAPH = 30
AGENCIES = ("AFP", "ANI", "AP", "DPA", "EFE", "IANS", "PTI", "Reuters", "")
LANGUAGES = ("en", "en", "en", "hi", "es", "de")
SECTIONS = ("world", "sport", "business", "politics", "")


class Sizes(NamedTuple):
    """How much a store is to hold; ``words`` are of one text."""

    feeds: int
    articles: int
    stories: int
    words: int = 240

    @property
    def outlets(self) -> int:
        return max(1, self.feeds // 4)


@dataclass(slots=True)
class Newsroom:
    """Whatever the rows have in common: the chance, the words, the time, and where the change log stands."""

    sizes: Sizes
    now: datetime
    chance: Random = field(default_factory=lambda: Random(7))
    paragraphs: list[str] = field(default_factory=list)
    noise: bytes = b""
    head: int = 0
    head_tag: str = NO_TAG

    def __post_init__(self) -> None:
        words = ["".join(self.chance.choices("abcdefghijklmnoprstuvwy", k=2 + n % 9)) for n in range(20_000)]
        weights = [1 / (rank + 10) for rank in range(len(words))]
        drawn = self.chance.choices(words, weights, k=PARAGRAPH * 5000)
        self.paragraphs = [
            " ".join(drawn[n : n + PARAGRAPH]).capitalize() + "." for n in range(0, len(drawn), PARAGRAPH)
        ]
        self.noise = self.chance.randbytes(1 << 20)

    def time_of(self, number: int) -> datetime:
        """Return when the article of this number (from 1) was seen: the last one a minute ago."""
        back = SPAN * ((self.sizes.articles - number) / self.sizes.articles)
        return self.now - back - timedelta(minutes=1)

    def outlet(self, feed_id: int) -> str:
        """Return the name of a feed's outlet."""
        return f"Outlet {(feed_id - 1) % self.sizes.outlets + 1}"

    def shingles(self, number: int) -> bytes:
        """Return bytes as long as the shingles of a text."""
        length = 8 * self.sizes.words
        start = number * 7919 % max(1, len(self.noise) - length)
        return self.noise[start : start + length]


def feed_tables(newsroom: Newsroom) -> Iterator[tuple[Table, Iterator[Row]]]:
    """Yield the tables of feeds, each with its rows."""
    ids = range(1, newsroom.sizes.feeds + 1)
    yield feed, (_feed(newsroom, number) for number in ids)
    yield poll, (row for number in ids for row in _polls(newsroom, number))
    yield tally, (row for number in ids for row in _tallies(newsroom, number))
    yield flow, flow_rows(newsroom)


def _feed(newsroom: Newsroom, number: int) -> Row:
    """Return a feed: two of a hundred are paused, one has never been polled, three fail."""
    rest = number % 100
    is_failing, is_new, is_due = rest in (3, 33, 66), rest == 50, number % 40 == 7
    outcome = None if is_new else Outcome.TIMEOUT.value if is_failing else Outcome.OK.value
    wait = timedelta(minutes=-(number % 9) if is_due else 5 + number % 300)
    return {
        "id": number, "url": f"https://outlet{number % newsroom.sizes.outlets}.example/feed/{number}.xml",
        "outlet": newsroom.outlet(number), "country": "IN", "lang": "en", "listed": True, "paused": rest in (10, 11),
        "title": f"Feed {number}", "format": "rss20", "etag": f'"{number:x}"', "next_poll": newsroom.now + wait,
        "interval": 900.0, "failures": number % 12 + 1 if is_failing else 0, "last_outcome": outcome,
        "last_detail": "no answer in 30 s" if is_failing else "", "entries": 30,
        "last_poll": newsroom.now - timedelta(minutes=number % 300),
    }  # fmt: skip


def _polls(newsroom: Newsroom, number: int) -> Iterator[Row]:
    """Yield a feed's polls, a day's gap between them; one feed of fifty brought nothing new for long."""
    is_silent = number % 50 == 9
    for back in range(POLLS, 0, -1):
        new = 0 if is_silent and back < POLLS - 3 else 2
        at = newsroom.now - back * POLL_GAP - timedelta(seconds=number % 3600)
        counts = {"entries": 30, "new": new, "seen": 30, "known": 30 - new, "dropped": "{}"}
        yield {
            "id": number * POLLS - back + 1,
            "feed_id": number,
            "polled_at": at,
            "outcome": "ok",
            "status": 200,
        } | counts


def _tallies(newsroom: Newsroom, number: int) -> Iterator[Row]:
    for back in range(7):
        day = (newsroom.now - timedelta(days=back)).date()
        yield {"kind": FEED, "name": str(number), "day": day, "outcome": Outcome.OK.value, "times": 20}


def flow_rows(newsroom: Newsroom) -> Iterator[Row]:
    """Yield the counts of each hour's way from feeds to stories."""
    new = newsroom.sizes.articles // HOURS
    counts = {(FlowStage.LISTING, reason): times for reason, times in (("new", new), ("repeat", 15 * new))}
    counts |= {(FlowStage.PAGE, reason): times for reason, times in (("read", new), ("timeout", 1), ("robots", 2))}
    counts |= {(FlowStage.ARTICLE, kind.value): new // 9 for kind in PageKind}
    counts |= {(FlowStage.PLACING, reason): new // 2 for reason in ("first", "joined")}
    counts |= {(FlowStage.TEXT, reason): 500 * new for reason in ("left", "off")}
    counts |= {(FlowStage.DELAY, str(bound)): new // 20 for bound in DELAY_BOUNDS}
    for back in range(HOURS):
        hour = hour_of(newsroom.now) - timedelta(hours=back)
        for (stage, reason), times in counts.items():
            yield {"hour": hour, "stage": stage.value, "reason": reason, "times": times}


def blocks(newsroom: Newsroom) -> Iterator[Block]:
    """Yield the articles and stories in time order."""
    sizes = newsroom.sizes
    for first in range(1, sizes.stories + 1, BLOCK):
        count = min(BLOCK, sizes.stories + 1 - first)
        before = sizes.articles * (first - 1) // sizes.stories
        yield Block(newsroom, first, count, before + 1, sizes.articles * (first - 1 + count) // sizes.stories)


class Block:
    """Some stories, born in a row, with all their copies; ``articles`` is the number of the last article."""

    def __init__(self, newsroom: Newsroom, first_story: int, stories: int, first_article: int, articles: int) -> None:
        self.articles = articles
        self._newsroom, self._first = newsroom, first_story
        self._bodies = [self._body() for _ in range(stories)]
        self._titles = [body[0][:70] for body in self._bodies]
        self._json = [json.dumps(body) for body in self._bodies]
        self._numbers = range(first_article, articles + 1)
        self._homes = self._choose_homes(stories, len(self._numbers))
        self._changes: list[Row] = []
        self._members: dict[int, list[int]] = {}
        for number, home in zip(self._numbers, self._homes, strict=True):
            self._members.setdefault(home, []).append(number)

    def texts(self) -> Iterator[tuple[int, str, Sequence[str]]]:
        """Yield each story with its title and paragraphs, as the index of words takes them."""
        for place, (title, body) in enumerate(zip(self._titles, self._bodies, strict=True)):
            yield self._first + place, title, body

    def tables(self) -> Iterator[tuple[Table, Iterator[Row]]]:
        """Yield each table with its rows, those that are referred to first."""
        pairs = list(zip(self._numbers, self._homes, strict=True))
        yield entry, (self._entry(*pair) for pair in pairs)
        yield carried, (self._carried(number) for number in self._numbers)
        yield page, (self._page(number) for number in self._numbers)
        yield article, (self._article(*pair) for pair in pairs)
        yield span, (self._span(number) for number in self._numbers)
        yield story, (self._story(home) for home in range(len(self._bodies)))
        yield copy, (self._copy(*pair) for pair in pairs)
        yield version, (self._version(home) for home in range(len(self._bodies)))
        yield change, (line for pair in pairs for line in self._lines(*pair))

    def _body(self) -> list[str]:
        count = max(1, self._newsroom.sizes.words // PARAGRAPH)
        return self._newsroom.chance.choices(self._newsroom.paragraphs, k=count)

    def _choose_homes(self, stories: int, articles: int) -> list[int]:
        """Return the story of each article, from 0: the first copies of all come before the second ones."""
        weights = [1 / (rank + 1) for rank in range(stories)]
        extra = Counter(self._newsroom.chance.choices(range(stories), weights, k=articles - stories))
        most = max(extra.values(), default=0)
        return [home for round_number in range(most + 1) for home in range(stories) if extra[home] >= round_number]

    def _feed_of(self, number: int) -> int:
        return number * 7919 % self._newsroom.sizes.feeds + 1

    def _url(self, number: int) -> str:
        outlet = (self._feed_of(number) - 1) % self._newsroom.sizes.outlets + 1
        return f"https://www.outlet{outlet}.example/news/{number % 97}/a-story-of-the-day-{number}.html"

    def _moment(self, number: int) -> Row:
        at = self._newsroom.time_of(number) - timedelta(minutes=10)
        return {
            "published": at.isoformat(), "published_precision": "second", "published_basis": "feed",
            "published_utc": at,
        }  # fmt: skip

    def _entry(self, number: int, home: int) -> Row:
        """Return an entry: one of two hundred failed, and the pages of the last day's are to be looked at again."""
        newsroom, seen_at = self._newsroom, self._newsroom.time_of(number)
        is_failed = number % 199 == 0
        status = EntryStatus.FAILED if is_failed else EntryStatus.CLUSTERED
        is_young = newsroom.now - seen_at < timedelta(days=1)
        url = self._url(number)
        return {
            "id": number, "feed_id": self._feed_of(number), "key": f"guid-{number}", "guid": f"guid-{number}",
            "outlet": newsroom.outlet(self._feed_of(number)), "url": url, "url_key": url_key(url),
            "title": self._titles[home], "summary": self._bodies[home][0], "lang": "en", "status": status.value,
            "next_try": seen_at, "seen_at": seen_at, "outcome": "timeout" if is_failed else "ok", "attempts": 1,
            "said": number, "revisit_at": seen_at + timedelta(hours=24) if is_young else None,
        } | self._moment(number)  # fmt: skip

    def _carried(self, number: int) -> Row:
        at = self._newsroom.time_of(number)
        return {"feed_id": self._feed_of(number), "entry_id": number, "key": f"guid-{number}", "first_seen": at}

    def _page(self, number: int) -> Row:
        url, at = self._url(number), self._newsroom.time_of(number)
        return {
            "id": number, "entry_id": number, "url": url, "final_url": url, "fetched_at": at, "status": 200,
            "media_type": "text/html", "charset": "utf-8", "digest": f"{number:064x}", "bytes": 80_000,
        }  # fmt: skip

    def _article(self, number: int, home: int) -> Row:
        newsroom, url = self._newsroom, self._url(number)
        is_own_headline = number % 3 == 0
        return {
            "id": number, "entry_id": number, "page_id": number, "outlet": newsroom.outlet(self._feed_of(number)),
            "preferred": False, "seen_at": newsroom.time_of(number), "url": url, "url_key": url_key(url),
            "title": self._titles[home] + (" - live" if is_own_headline else ""), "byline": '["A Reporter"]',
            "agency": self._agency(home), "syndicated": True, "lang": self._lang(home), "mark": "original",
            "body": self._json[home], "kept": 6 * newsroom.sizes.words, "removed": 200, "agreement": 0.95,
            "kind": "article", "section": SECTIONS[home % len(SECTIONS)], "claims": "[]",
            "doubt": "it is short" if number % 997 == 0 else "",
        } | self._moment(number)  # fmt: skip

    def _span(self, number: int) -> Row:
        words = {"kind": "dateline", "text": "New Delhi, Nov 20 ", "rule": "dateline: bare"}
        return {"id": number, "article_id": number, "block": 0, "start": 0, "whole": False} | words

    def _agency(self, home: int) -> str:
        return AGENCIES[home % len(AGENCIES)]

    def _lang(self, home: int) -> str:
        return LANGUAGES[home % len(LANGUAGES)]

    def _digest(self, home: int) -> str:
        return text_digest(self._titles[home], self._bodies[home])

    def _story(self, home: int) -> Row:
        newsroom, members = self._newsroom, self._members[home]
        return {
            "id": self._first + home, "title": self._titles[home], "agency": self._agency(home),
            "lang": self._lang(home), "first_seen": newsroom.time_of(members[0]),
            "updated_at": newsroom.time_of(members[-1]), "version": 1, "kind": VersionKind.ORIGINAL.value,
            "article_id": members[0], "support": json.dumps([len(members)] * len(self._bodies[home])),
            "reason": "the only copy", "revision": 2 + len(members),
        }  # fmt: skip

    def _copy(self, number: int, home: int) -> Row:
        relation = Relation.ORIGIN if self._members[home][0] == number else Relation.VERBATIM
        return {
            "article_id": number, "story_id": self._first + home, "relation": relation.value, "edition": 1,
            "score": 1.0, "reason": "same text", "seen_at": self._newsroom.time_of(number), "recipe": 7,
            "tokens": self._newsroom.sizes.words, "shingles": self._newsroom.shingles(number),
        }  # fmt: skip

    def _version(self, home: int) -> Row:
        first = self._members[home][0]
        return {
            "id": self._first + home, "story_id": self._first + home, "number": 1, "kind": "original",
            "article_id": first, "title": self._titles[home], "body": self._json[home],
            "support": json.dumps([1] * len(self._bodies[home])), "reason": "the only copy",
            "created_at": self._newsroom.time_of(first), "digest": self._digest(home),
        }  # fmt: skip

    def _lines(self, number: int, home: int) -> Iterator[Row]:
        """Yield the lines of the commit that placed an article."""
        place = self._members[home].index(number) if self._members[home][0] != number else 0
        kinds = [ChangeKind.STORY_CREATED, ChangeKind.COPY_ADDED, ChangeKind.VERSION_ADDED]
        tx = self._newsroom.head + 1
        for offset, kind in enumerate(kinds if place == 0 else [ChangeKind.COPY_ADDED]):
            yield self._line(kind, number, home, tx, offset + 1 if place == 0 else place + 3)

    def _line(self, kind: ChangeKind, number: int, home: int, tx: int, revision: int) -> Row:
        newsroom = self._newsroom
        newsroom.head += 1
        line: Row = {
            "seq": newsroom.head, "tx": tx, "at": newsroom.time_of(number), "kind": kind.value,
            "story_id": self._first + home, "other_id": None, "version": None, "revision": revision,
            "articles": [] if kind is ChangeKind.STORY_CREATED else [number], "status": StoryStatus.LIVE.value,
            "digest": self._digest(home), "changed": list(CHANGED_FIELDS[kind]), "actor": "machine", "reason": "",
        }  # fmt: skip
        if kind is ChangeKind.VERSION_ADDED:
            line["version"] = 1
        newsroom.head_tag = line["tag"] = chain_tag(newsroom.head_tag, tagged_fields(line))
        return line | {"articles": json.dumps(line["articles"]), "changed": json.dumps(line["changed"])}
