"""How long each act of a person takes on a filled store: ``python -m bench.act_speed URL``.

The store is one of ``bench.large_store``, and is changed: each act is done RUNS times, each time to other rows, and
what can be undone is undone. Times are medians. Exits with 1 where an act is over MOST_MS; on a machine that is busy
with other work the bound is held against the processors' time with ``--cpu``. Of the removal of a text the rows are
measured, for which a person waits; the bytes of the files follow in the background, and take minutes here.
"""

from __future__ import annotations

import sys
import tempfile
from argparse import Namespace
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import func, select
from starlette.testclient import TestClient

from bench.request_speed import Backends, RequestCosts, read_options
from pipeline.config import Config, load
from pipeline.steps.kills import remove_rows
from pipeline.store import Store, open_store
from pipeline.store.schema.tables import FAILED, copy, entry, feed, story
from pipeline.web.app import create_app
from pipeline.web.site import Person

MOST_MS = 500.0
# As a browser sends a form of the pages' own.
OWN_FORM = {"Sec-Fetch-Site": "same-origin"}
REASON = {"reason": "a measurement"}
Form = dict[str, Any]


def main() -> int:
    """Measure all acts, print a table. Return 1 where one is out of bounds."""
    options, backends = read_options(__doc__), Backends()
    with open_store(options.url) as store, tempfile.TemporaryDirectory() as home:
        config = load(None, {"COPYDESK_STORE": options.url, "COPYDESK_HOME": home})
        operator = Person("bench", may_act=True, may_remove=True)
        app = create_app(lambda: store, lambda: None, person=lambda: operator, open_config=lambda: config)
        client = TestClient(app, headers=OWN_FORM, follow_redirects=False)
        return report(client, config, choose_rows(store, options.runs + 1), backends, options)


class Rows(NamedTuple):
    """Rows that no other run takes: three stories, one of many copies with its last article, a feed, a failed entry."""

    first: int
    second: int
    third: int
    largest: int
    article: int
    feed: int
    outlet: str
    failed: int


def choose_rows(store: Store, runs: int) -> list[Rows]:
    """Return rows for each run."""
    with store.reading() as db:
        live = (story.c.merged_into.is_(None), story.c.withdrawn.is_(False), story.c.removed_at.is_(None))
        newest = select(story.c.id).where(*live)
        stories = list(db.scalars(newest.order_by(story.c.id.desc()).limit(3 * runs)))
        crowded = select(copy.c.story_id, func.max(copy.c.article_id).label("last")).group_by(copy.c.story_id)
        largest = db.execute(crowded.order_by(func.count().desc()).limit(runs)).all()
        feeds = db.execute(select(feed.c.id, feed.c.outlet).limit(runs)).all()
        failed = list(db.scalars(select(entry.c.id).where(FAILED).limit(runs)))
    triples = zip(stories[::3], stories[1::3], stories[2::3], strict=True)
    parts = zip(triples, largest, feeds, failed, strict=True)
    return [
        Rows(*triple, crowd.story_id, crowd.last, source.id, source.outlet, number)
        for triple, crowd, source, number in parts
    ]


def acts(rows: Rows) -> Iterator[tuple[str, str, Form]]:
    """Yield each act's name, address and form."""
    first, second, third, largest, article_id, feed_id, outlet, failed = rows
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
    yield "keep a view", "/views/save", {"name": f"bench {first}", "agency": "AFP", "is_announced": "true"}
    yield "forget a view", "/views/remove", {"name": f"bench {first}"}


def report(client: TestClient, config: Config, chosen: Sequence[Rows], backends: Backends, options: Namespace) -> int:
    """Do each act in each run. Print medians; return 1 where one is out of bounds or was refused."""
    costs, refused = RequestCosts(backends), dict[str, int]()

    def act(name: str, path: str, form: Form) -> None:
        status = client.post(path, data=form).status_code
        refused.update({name: status} if status >= 400 else {})

    def remove(story_id: int) -> None:
        remove_rows(config, story_id, REASON["reason"], datetime.now(UTC))

    warm, *runs = chosen
    for name, path, form in acts(warm):
        act(name, path, form)
    for rows in runs:
        for name, path, form in acts(rows):
            costs.measure(name, partial(act, name, path, form))
        costs.measure("remove a text", partial(remove, rows.first))
    slow = costs.print_medians(MOST_MS, by_cpu=options.cpu)
    print(f"over {MOST_MS:.0f} ms: {', '.join(slow) or 'none'}; refused: {refused or 'none'}")
    return 1 if slow or refused else 0


if __name__ == "__main__":
    sys.exit(main())
