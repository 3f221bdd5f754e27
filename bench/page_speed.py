"""How long each page takes over a filled store, and how large it is: ``python -m bench.page_speed URL``.

The store is one of ``bench.large_store``. Each page is asked for once to warm up, then RUNS times, in turn with the
others; wall and processor time are medians. Exits with 1 where a page is over MOST_MS or MOST_KB. On a machine that is
busy with other work only the processor's time says something, and the bound is held against it with ``--cpu``.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections import defaultdict
from urllib.parse import quote_plus

from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select
from starlette.testclient import TestClient

from pipeline.config import load
from pipeline.model import EntryStand
from pipeline.store import Store, open_store
from pipeline.store.schema.tables import copy, feed, story
from pipeline.web.app import create_app
from pipeline.web.site import Person

RUNS = 20
MOST_MS, MOST_KB = 300.0, 300.0
DAYS = "since=2000-01-01&until=2100-01-01"


def main() -> int:
    """Measure all pages, print a table. Return 1 where one is out of bounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", help="of the database that bench.large_store filled")
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--cpu", action="store_true", help="hold the bound against processor time")
    options = parser.parse_args()
    with open_store(options.url) as store:
        operator = Person("bench", may_act=True)
        app = create_app(lambda: store, lambda: None, person=lambda: operator, open_config=lambda: load(None, {}))
        return report(TestClient(app), page_paths(store), options.runs, by_cpu=options.cpu)


def page_paths(store: Store) -> list[str]:
    """Return an address of each page, with what the store holds."""
    with store.reading() as db:
        live = story.c.merged_into.is_(None)
        newest = db.execute(select(story.c.id, story.c.title, story.c.agency).where(live, story.c.agency != "")).first()
        article_id = db.scalar(select(func.max(copy.c.article_id)))
        outlet, feed_id = db.execute(select(feed.c.outlet, feed.c.id).limit(1)).one()
    if newest is None:
        raise SystemExit("the store holds no story: fill it with bench.large_store")
    word, name = quote_plus(newest.title.split()[0]), quote_plus(outlet)
    stories = ["", f"?q={word}", f"?agency={quote_plus(newest.agency)}", f"?outlet={name}", "?lang=en"]
    stories += ["?kind=correction", f"?{DAYS}", "?form=atom", "?form=feed"]
    single = [f"/story/{newest.id}", f"/story/{newest.id}/merge", f"/copy/{article_id}"]
    pair = f"/compare?first={article_id}&second={article_id - 1}"
    feeds = ["/feeds", "/feeds?q=outlet", "/feeds?state=failing", f"/feed/{feed_id}", "/feeds/add"]
    entries = ["/entries", *(f"/entries?stand={stand}" for stand in EntryStand)]
    lists = ["/", "/views", *entries, *(f"/stories{query}" for query in stories)]
    return [*lists, *single, pair, "/review", *feeds, "/outlets", f"/outlet?name={name}", "/outcomes"]


def report(client: TestClient, paths: list[str], runs: int, *, by_cpu: bool) -> int:
    """Ask for each page ``runs`` times. Print medians; return 1 where one is out of bounds."""
    seconds: dict[str, list[tuple[float, float]]] = defaultdict(list)
    sizes = {path: len(client.get(path).content) / 1000 for path in paths}
    for _ in range(runs):
        for path in paths:
            began = time.perf_counter(), time.process_time()
            client.get(path)
            seconds[path].append((time.perf_counter() - began[0], time.process_time() - began[1]))
    table, slow = Table("Page", "ms", "of processor", "kB"), list[str]()
    for path in paths:
        wall, processor = (1000 * statistics.median(times) for times in zip(*seconds[path], strict=True))
        table.add_row(path[:60], f"{wall:.0f}", f"{processor:.0f}", f"{sizes[path]:.0f}")
        slow += [path] if (processor if by_cpu else wall) > MOST_MS or sizes[path] > MOST_KB else []
    Console().print(table)
    print(f"out of bounds ({MOST_MS:.0f} ms, {MOST_KB:.0f} kB): {', '.join(slow) or 'none'}")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
