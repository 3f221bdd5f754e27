"""What reads of a large store cost: ``python -m bench.large_reads URL``, on one that :mod:`bench.large_store` filled.

Each read is of other rows each time, 20 times after 3 to warm up. Printed are milliseconds: the median of the processor
time of this process, which is all that SQLite takes where the rows are in memory, and the median and the least of the
wall-clock time, which PostgreSQL's server has a part in. On a busy machine the least says most.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random

from rich.console import Console
from rich.table import Table

from pipeline import read
from pipeline.model import EntryFilter, EntryStand, EntryStatus, FeedFilter, FeedStatus, StoryFilter
from pipeline.steps.alerts import silent_feeds
from pipeline.store import Store, read_store
from pipeline.store.change_cursor import format_cursor
from pipeline.store.flow import first_hour
from pipeline.store.reads import views
from pipeline.store.reads.changes import changes
from pipeline.store.reads.day import agencies_since, count_since
from pipeline.store.reads.feed_list import count_feeds, list_feeds
from pipeline.store.reads.flow import flow_since, list_entries
from pipeline.store.reads.person_acts import person_acts
from pipeline.store.reads.story_history import story_history
from pipeline.store.reads.story_list import list_stories

TIMES, WARM = 20, 3
PAGE = 100
Read = Callable[[], object]


def main() -> int:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog="Example: python -m bench.large_reads sqlite:///large.db"
    )
    parser.add_argument("url", help="of a store that bench.large_store filled")
    parser.add_argument("--only", default="", help="reads with this in their name")
    options = parser.parse_args()
    table = Table("read", "processor", "wall, median", "wall, least")
    with read_store(options.url) as store, read.open(options.url) as reader:
        for name, make in reads(store, reader):
            if options.only in name:
                table.add_row(name, *(f"{value:.1f}" for value in milliseconds(make)))
    Console().print(table)
    return 0


def milliseconds(make: Read) -> tuple[float, float, float]:
    """Return the median processor time of a read, and the median and the least of its wall-clock times."""
    used, waited = [], []
    for _ in range(WARM + TIMES):
        processor, clock = time.process_time(), time.perf_counter()
        make()
        used.append((time.process_time() - processor) * 1000)
        waited.append((time.perf_counter() - clock) * 1000)
    return statistics.median(used[WARM:]), statistics.median(waited[WARM:]), min(waited[WARM:])


def reads(store: Store, reader: read.Reader) -> Iterator[tuple[str, Read]]:
    """Yield every read that is measured, by its name."""
    yield from _reader_reads(store, reader)
    yield from _step_reads(store)
    yield from _page_reads(store)


def _reader_reads(store: Store, reader: read.Reader) -> Iterator[tuple[str, Read]]:
    chance = Random(1)
    last = list_stories(store, StoryFilter(), 1)[0].id
    head = int(reader.info().cursor.split(".")[1])

    def random_cursor() -> str:
        line = changes(store, chance.randint(1, head - PAGE), 1)[-1]
        return format_cursor(line.cursor.partition(".")[0], line.seq, line.tag)

    def random_place() -> str:
        at = datetime.now(UTC) - timedelta(days=chance.uniform(0, 90))
        return reader.stories(read.StoryFilter(until=at), limit=1).after or ""

    cursors, places = [random_cursor() for _ in range(30)], [random_place() for _ in range(30)]
    urls = [reader.story(chance.randint(1, last)).copies[0].url for _ in range(30)]
    yield "Reader.story", lambda: reader.story(chance.randint(1, last))
    yield "Reader.story of many copies", lambda: reader.story(chance.randint(0, last // 1000 - 1) * 1000 + 1)
    yield "Reader.stories, first page", lambda: reader.stories(limit=PAGE)
    yield "Reader.stories, any page", lambda: reader.stories(after=chance.choice(places), limit=PAGE)
    yield "Reader.stories of an outlet", lambda: reader.stories(read.StoryFilter(outlet="Outlet 7"), limit=PAGE)
    yield "Reader.changes, any page", lambda: reader.changes(chance.choice(cursors), limit=PAGE)
    yield "Reader.find of one page", lambda: reader.find([chance.choice(urls)])


def _step_reads(store: Store) -> Iterator[tuple[str, Read]]:
    now = datetime.now(UTC)
    yield "due feeds", lambda: store.feeds.due(now)
    yield "due entries", lambda: store.entries.due(now)
    yield "due revisits", lambda: store.revisits.due(now)
    yield "silent feeds", lambda: silent_feeds(store, now)
    yield "waiting articles", lambda: store.stories.waiting_articles(PAGE)
    yield "stories without a text", lambda: store.stories.textless_stories()


def _page_reads(store: Store) -> Iterator[tuple[str, Read]]:
    now, chance = datetime.now(UTC), Random(2)
    yield "desk: day", lambda: count_since(store, now - timedelta(days=1))
    yield "desk: flow", lambda: flow_since(store, first_hour(now, 24))
    for stand in EntryStand:
        wanted = EntryFilter(first_hour(now, 24), stand)
        yield f"entries: {stand.value}", partial(list_entries, store, wanted, PAGE)
    yield "desk: failing feeds", lambda: list_feeds(store, FeedFilter(status=FeedStatus.FAILING), 8)
    yield "desk: doubts", lambda: views.doubtful(store, 8)
    yield "desk: failed entries", lambda: views.entry_rows(store, 8, EntryStatus.FAILED)
    yield "desk: stories", lambda: list_stories(store, StoryFilter(), 12)
    yield "desk: agencies", lambda: agencies_since(store, now - timedelta(days=1))
    yield "feeds: counts", lambda: count_feeds(store)
    yield "feeds: page", lambda: list_feeds(store, FeedFilter(), PAGE)
    yield "stories: of an agency", lambda: list_stories(store, StoryFilter(agency="AFP"), 50)
    yield "stories: of an outlet", lambda: list_stories(store, StoryFilter(outlet="Outlet 7"), 50)
    yield "stories: by words", lambda: list_stories(store, StoryFilter(words="ab cd"), 50)
    yield "story: history", lambda: story_history(store, 1, 40)
    yield "history: persons", lambda: person_acts(store, 50)
    yield "one_story", lambda: views.one_story(store, chance.randint(1, 1000))


if __name__ == "__main__":
    sys.exit(main())
