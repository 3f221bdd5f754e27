"""How long each page and each address of the API takes over a filled store, and how many bytes are sent:
``python -m bench.page_speed URL``. Answers are compressed, as Airflow's server and ``copydesk serve`` do.

The store is one of ``bench.large_store``. Every address that can be read is asked for once to warm up, then RUNS times,
in turn with the others; times are medians. Exits with 1 where one is refused, or over MOST_MS or MOST_KB. On a machine
that is busy with other work only the processors' time says something, and the bound is held against it with ``--cpu``.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote_plus

from sqlalchemy import func, select
from starlette.testclient import TestClient

from bench.request_speed import Backends, RequestCosts, read_options
from pipeline.config import load
from pipeline.model import EntryStand
from pipeline.read.store_reader import StoreReader
from pipeline.store import Store, open_store
from pipeline.store.reads.changes import changes
from pipeline.store.schema.tables import article, copy, feed, story
from pipeline.web.addresses import readable_addresses
from pipeline.web.app import create_app
from pipeline.web.served import COMPRESSED
from pipeline.web.site import Person

MOST_MS, MOST_KB = 300.0, 300.0
DAYS = "since=2000-01-01&until=2100-01-01"
API = "/api/v1"
# What is as large as what it is asked for, and is streamed: the whole store, an agency's copies of three months.
STREAMED = (f"{API}/snapshot", f"{API}/pickup")
VIEW = "bench"
# Lines of the log behind which a client stands that was away for a while.
BEHIND = 500


def main() -> int:
    """Measure all pages, print a table. Return 1 where one is out of bounds."""
    options, backends = read_options(__doc__), Backends()
    with open_store(options.url) as store:
        operator = Person("bench", may_act=True)
        app = create_app(lambda: store, lambda: None, person=lambda: operator, open_config=lambda: load(None, {}))
        compressed = COMPRESSED.cls(app, *COMPRESSED.args, **COMPRESSED.kwargs)
        client = TestClient(compressed, headers={"Sec-Fetch-Site": "same-origin"})
        client.put(f"{API}/views/{VIEW}", json={"agency": "AFP"}).raise_for_status()
        paths = [path for path in page_paths(app, sample_values(store)) if options.only in path]
        return report(client, paths, backends, options)


def sample_values(store: Store) -> dict[str, str]:
    """Return what the addresses name: a story of an agency, its first word, its copies, a feed with its outlet."""
    with store.reading() as db:
        live = (story.c.merged_into.is_(None), story.c.agency != "", story.c.removed_at.is_(None))
        newest = select(story.c.id, story.c.title, story.c.agency, story.c.first_seen).where(*live)
        row = db.execute(newest.order_by(story.c.first_seen.desc()).limit(1)).first()
        largest = db.scalar(select(copy.c.story_id).group_by(copy.c.story_id).order_by(func.count().desc()).limit(1))
        article_id = db.scalar(select(func.max(copy.c.article_id))) or 0
        url = db.scalar(select(article.c.url).where(article.c.id == article_id)) or ""
        outlet, feed_id = db.execute(select(feed.c.outlet, feed.c.id).limit(1)).one()
    if row is None:
        raise SystemExit("the store holds no story: fill it with bench.large_store")
    values = {"story_id": row.id, "largest": largest, "article_id": article_id, "first": article_id, "url": url}
    values |= {"second": article_id - 1, "feed_id": feed_id, "name": outlet, "agency": row.agency}
    values |= {"word": row.title.split()[0], "cursor": cursor_behind(store), "at": StoreReader(store).info().cursor}
    values |= {"line": "Read more", "ruling": "off"}
    return {name: str(value) for name, value in values.items()}


def cursor_behind(store: Store) -> str:
    """Return a cursor some hundred lines before the log's end."""
    epoch, end, _ = StoreReader(store).info().cursor.split(".")
    return changes(store, max(0, int(end) - BEHIND), 1)[0].cursor if int(end) else f"{epoch}.0."


def format_time(time: datetime) -> str:
    """Return a time as an address has it."""
    return quote_plus(time.astimezone(UTC).isoformat())


def page_paths(app: Any, values: Mapping[str, str]) -> list[str]:
    """Return an address of each route that can be read, and each search, with what the store holds."""
    routes = readable_addresses(app.routes, values, {})
    plain = [path for path in routes if "/static/" not in path and not path.startswith(STREAMED)]
    views = [path for path in plain if f"{API}/views/" in path]
    paths = [path for path in plain if path not in views]
    return list(dict.fromkeys([*paths, f"{API}/views/{VIEW}/feed", *_searches(values), *_api_searches(values)]))


def _searches(values: Mapping[str, str]) -> Iterator[str]:
    word, agency, outlet = (quote_plus(values[name]) for name in ("word", "agency", "name"))
    stories = [f"q={word}", f"agency={agency}", f"outlet={outlet}", "lang=en", f"outlet={outlet}&agency={agency}"]
    stories += [f"agency={agency}&lang=de", f"q={word}&agency={agency}&outlet={outlet}", "q=nothinghasthisword"]
    stories += ["kind=correction", "kind=update&lang=hi", DAYS, "form=atom", "form=feed"]
    yield from (f"/stories?{query}" for query in stories)
    yield from (f"/entries?stand={stand}" for stand in EntryStand)
    yield from ("/feeds?q=outlet", "/feeds?state=failing", "/feeds?state=failing&q=nowhere", "/outlets?q=17")
    yield f"/story/{values['largest']}"
    yield f"/story/{values['largest']}/split?article={values['article_id']}"


def _api_searches(values: Mapping[str, str]) -> Iterator[str]:
    word, agency, outlet = (quote_plus(values[name]) for name in ("word", "agency", "name"))
    stories = [f"words={word}", f"agency={agency}", f"outlet={outlet}", "lang=en", "section=sport", "status=any"]
    stories += ["status=withdrawn", "order=updated", f"at={values['at']}", "since=2000-01-01T00:00:00Z"]
    stories += [f"outlet={outlet}&section=sport&agency={agency}", f"words={word}&outlet={outlet}"]
    yield from (f"{API}/stories?{query}" for query in stories)
    yield from (f"{API}/stories/{values['largest']}{part}" for part in ("", "/copies", "/versions"))
    yield f"{API}/changes?after={values['cursor']}"
    yield f"{API}/changes?after={values['cursor']}&state=full"
    yield f"{API}/changes?after={values['cursor']}&kind=story-merged"
    yield f"{API}/snapshot?since={values['cursor']}"
    yield f"{API}/pickup?agency={agency}&{last_day()}"


def last_day() -> str:
    """Return the bounds of the last 24 hours as parameters."""
    now = datetime.now(UTC)
    return f"since={format_time(now - timedelta(days=1))}&until={format_time(now)}"


def report(client: TestClient, paths: list[str], backends: Backends, options: Namespace) -> int:
    """Ask for each address in each run. Print medians; return 1 where one is out of bounds."""
    answers: dict[str, Any] = {path: client.get(path) for path in paths}
    refused = [f"{path} ({answer.status_code})" for path, answer in answers.items() if answer.status_code != 200]
    sizes = {path: answer.num_bytes_downloaded / 1000 for path, answer in answers.items()}
    costs = RequestCosts(backends)
    for _ in range(options.runs):
        for path in paths:
            costs.measure(path, lambda path=path: client.get(path))  # type: ignore[misc]
    slow = costs.print_medians(MOST_MS, by_cpu=options.cpu, notes=[f"{sizes[path]:.0f}" for path in paths])
    large = [path for path in paths if sizes[path] > MOST_KB]
    print(f"over {MOST_MS:.0f} ms: {', '.join(slow) or 'none'}")
    print(f"over {MOST_KB:.0f} kB: {', '.join(large) or 'none'}; refused: {', '.join(refused) or 'none'}")
    return 1 if slow or large or refused else 0


if __name__ == "__main__":
    sys.exit(main())
