"""How long each act of a person takes on a filled store: ``python -m bench.act_speed URL``.

The store is one of ``bench.large_store``, and is changed: each act is done RUNS times, each time to other rows, and
what can be undone is undone. Wall and processor time are medians. Exits with 1 where an act is over MOST_MS; on a
machine that is busy with other work the bound is held against the processor's time with ``--cpu``.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select
from starlette.testclient import TestClient

from pipeline.config import load
from pipeline.store import Store, open_store
from pipeline.store.schema.tables import copy, entry, feed, story
from pipeline.web.app import create_app
from pipeline.web.site import Person

RUNS = 20
MOST_MS = 500.0
# As a browser sends a form of the pages' own.
OWN_FORM = {"Sec-Fetch-Site": "same-origin"}
REASON = {"reason": "a measurement"}
Form = dict[str, Any]


def main() -> int:
    """Measure all acts, print a table. Return 1 where one is out of bounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", help="of the database that bench.large_store filled; it is changed")
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--cpu", action="store_true", help="hold the bound against processor time")
    options = parser.parse_args()
    with open_store(options.url) as store, tempfile.TemporaryDirectory() as home:
        config = load(None, {"COPYDESK_STORE": options.url, "COPYDESK_HOME": home})
        operator = Person("bench", may_act=True, may_remove=True)
        app = create_app(lambda: store, lambda: None, person=lambda: operator, open_config=lambda: config)
        client = TestClient(app, headers=OWN_FORM, follow_redirects=False)
        return report(client, store, options.runs, by_cpu=options.cpu)


def acts(store: Store, run: int) -> Iterator[tuple[str, str, Form]]:
    """Yield each act's name, address and form, on rows that no other run takes."""
    with store.reading() as db:
        newest = select(story.c.id).where(story.c.merged_into.is_(None), story.c.withdrawn.is_(False))
        first, second, third = db.scalars(newest.order_by(story.c.id.desc()).offset(10 * run).limit(3))
        crowded = select(copy.c.story_id).where(copy.c.story_id.between(1, 200 * (run + 1)))
        largest = db.scalars(crowded.group_by(copy.c.story_id).order_by(func.count().desc()).offset(run).limit(1)).one()
        article_id = db.scalar(select(func.max(copy.c.article_id)).where(copy.c.story_id == largest))
        feed_id, outlet = db.execute(select(feed.c.id, feed.c.outlet).offset(run).limit(1)).one()
        failed = db.scalar(select(entry.c.id).where(entry.c.status == "failed").offset(run).limit(1))
    yield "note", f"/story/{first}/note", {"text": "A note."}
    yield "withdraw", f"/story/{first}/withdraw", REASON
    yield "restore", f"/story/{first}/restore", REASON
    yield "merge", f"/story/{second}/merge", {"other_id": third, **REASON}
    yield "undo of a merge", f"/story/{second}/unmerge", {"other_id": third, **REASON}
    yield "split", f"/story/{largest}/split", {"article": [article_id], **REASON}
    yield "other text", f"/story/{largest}/text", {"article": 0, **REASON}
    yield "pause", "/feeds/act", {"feed": feed_id, "do": "pause"}
    yield "resume", "/feeds/act", {"feed": feed_id, "do": "resume"}
    yield "poll now", "/feeds/act", {"feed": feed_id, "do": "poll"}
    yield "pause all that fail", "/feeds/act", {"is_for_all": "true", "state": "failing", "do": "pause"}
    yield "resume all paused", "/feeds/act", {"is_for_all": "true", "state": "paused", "do": "resume"}
    yield "interval", f"/feed/{feed_id}/interval", {"minutes": 20}
    yield "try again", f"/feed/{feed_id}/try", {"entry": failed}
    yield "approve a line", "/outlet/line", {"name": outlet, "line": "Read more", "ruling": "off"}
    yield "undo of a line", "/outlet/line/undo", {"name": outlet, "line": "Read more"}
    yield "keep a view", "/views/save", {"name": f"bench {run}", "agency": "AFP", "is_announced": "true"}
    yield "forget a view", "/views/remove", {"name": f"bench {run}"}
    yield "remove a text", f"/story/{first}/remove", REASON


def report(client: TestClient, store: Store, runs: int, *, by_cpu: bool) -> int:
    """Do each act ``runs`` times. Print medians; return 1 where one is out of bounds or was refused."""
    seconds: dict[str, list[tuple[float, float]]] = defaultdict(list)
    refused: dict[str, int] = {}
    for run in range(runs + 1):
        for name, path, form in acts(store, run):
            began = time.perf_counter(), time.process_time()
            status = client.post(path, data=form).status_code
            # The first one warms up.
            if run:
                seconds[name].append((time.perf_counter() - began[0], time.process_time() - began[1]))
            refused |= {name: status} if status >= 400 else {}
    table, slow = Table("Act", "ms", "of processor"), list[str]()
    for name, times in seconds.items():
        wall, processor = (1000 * statistics.median(column) for column in zip(*times, strict=True))
        table.add_row(name, f"{wall:.0f}", f"{processor:.0f}")
        slow += [name] if (processor if by_cpu else wall) > MOST_MS else []
    Console().print(table)
    print(f"over {MOST_MS:.0f} ms: {', '.join(slow) or 'none'}; refused: {refused or 'none'}")
    return 1 if slow or refused else 0


if __name__ == "__main__":
    sys.exit(main())
