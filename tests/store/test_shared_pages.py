"""Pages that redirects of several entries end at: over real HTTP, from the feed to the story, on both databases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from alembic import command
from alembic.config import Config as AlembicConfig
from sqlalchemy import inspect, select, text

from pipeline import steps
from pipeline.config import Config, load
from pipeline.model import EntryStatus, PageKind
from pipeline.store import Store, open_store
from pipeline.store.reads import views
from pipeline.store.schema.engine import MIGRATIONS, tables_may_move
from pipeline.store.schema.tables import article, entry, page
from tests.extract.test_article import SENTENCES
from tests.extract.test_article import page as html_page

NOW = datetime.now(UTC)
# Entry's path, its title, where it leads.
Link = tuple[str, str, str]
OFFER = "/pages/offer"
LOST: tuple[Link, ...] = (
    ("/2026/bakery-opens", "Bakery opens", OFFER),
    ("/2026/rain-expected", "Rain expected", OFFER),
    ("/2026/mayor-resigns", "Mayor resigns", OFFER),
)


class Outlet:
    """An outlet on loopback whose entries may be redirected; what it lists may change."""

    def __init__(self) -> None:
        self.links: list[Link] = []
        self.bodies: dict[str, bytes] = {}
        self.port = 0

    def feed(self) -> bytes:
        items = "".join(
            f"<item><title>{title}</title><link>http://127.0.0.1:{self.port}{path}</link></item>"
            for path, title, _ in self.links
        )
        return f"<rss version='2.0'><channel><title>O</title>{items}</channel></rss>".encode()

    def answer(self, path: str) -> tuple[int, Mapping[str, str], bytes]:
        targets = {source: target for source, _, target in self.links}
        if path == "/feed":
            return 200, {"Content-Type": "application/rss+xml"}, self.feed()
        if targets.get(path, path) != path:
            return 302, {"Location": targets[path]}, b""
        body = self.bodies.get(path.partition("?")[0])
        return (200, {"Content-Type": "text/html; charset=utf-8"}, body) if body else (404, {}, b"")


@contextmanager
def serving(outlet: Outlet) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = outlet.answer(self.path)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    outlet.port = server.server_address[1]
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def outlet() -> Iterator[Outlet]:
    publisher = Outlet()
    publisher.bodies[OFFER] = html_page(*SENTENCES)
    with serving(publisher):
        yield publisher


@pytest.fixture
def config(outlet: Outlet, store_url: str, tmp_path: Path) -> Config:
    (tmp_path / "feeds.toml").write_text(
        f'home = "{tmp_path}"\nstore = "{store_url}"\n[fetch]\nhost_gap = 0\nrobots = false\n'
        f'allow = ["127.0.0.1:{outlet.port}"]\n'
        f'[[feed]]\noutlet = "O"\nurl = "http://127.0.0.1:{outlet.port}/feed"\n'
    )
    return load(tmp_path / "feeds.toml", {})


def run(config: Config, outlet: Outlet, links: tuple[Link, ...], days: int = 0) -> dict[str, Any]:
    """Run over a feed that lists these; return each entry's row by its title."""
    outlet.links = list(links)
    steps.run_once(config, NOW + timedelta(days=days))
    columns = (entry.c.title, entry.c.status, entry.c.outcome, entry.c.detail, entry.c.revisit_at)
    query = select(*columns, article.c.kind, article.c.doubt).outerjoin(article)
    with steps.open_for(config) as store, store.reading() as db:
        return {row.title: row for row in db.execute(query)}


def statuses(rows: Mapping[str, Any]) -> list[str]:
    return [rows[title].status for _, title, _ in LOST]


def test_a_page_that_three_entries_end_at_is_no_article(config: Config, outlet: Outlet) -> None:
    rows = run(config, outlet, LOST)
    assert statuses(rows) == [EntryStatus.SET_ASIDE] * 3
    reason = f"the address leads to a page that 3 entries of its outlet end at: http://127.0.0.1:{outlet.port}{OFFER}"
    for row in rows.values():
        assert (row.outcome, row.kind, row.detail, row.doubt) == ("placeholder", "placeholder", reason, reason)
        assert row.revisit_at is None
    with steps.open_for(config) as store:
        assert views.stories(store, 9) == []
        assert store.stories.waiting_count() == 0
        assert {(doubt.kind, doubt.reason) for doubt in views.doubtful(store, 9)} == {(PageKind.PLACEHOLDER, reason)}


def test_copies_that_have_a_place_keep_it_and_are_doubted(config: Config, outlet: Outlet) -> None:
    before = run(config, outlet, LOST[:2])
    assert statuses({**before, LOST[2][1]: before[LOST[0][1]]}) == [EntryStatus.CLUSTERED] * 3
    after = run(config, outlet, LOST, days=1)
    assert statuses(after) == [EntryStatus.CLUSTERED, EntryStatus.CLUSTERED, EntryStatus.SET_ASIDE]
    assert all("3 entries" in row.doubt for row in after.values())
    with steps.open_for(config) as store:
        doubts = views.doubtful(store, 9)
        copies = [copy for story in views.stories(store, 9) for copy in views.copies_of(store, [story.id])[story.id]]
    assert sorted(doubt.kind for doubt in doubts if "3 entries" in doubt.reason) == [
        "article",
        "article",
        "placeholder",
    ]
    assert {doubt.story_id is not None for doubt in doubts} == {True, False}
    assert len(copies) == 2


def test_each_later_entry_is_set_aside_too(config: Config, outlet: Outlet) -> None:
    run(config, outlet, LOST)
    rows = run(config, outlet, (*LOST, ("/2026/bridge-painted", "Bridge painted", OFFER)), days=1)
    assert "4 entries" in rows["Bridge painted"].detail
    assert rows["Bridge painted"].status == EntryStatus.SET_ASIDE


@pytest.mark.parametrize(
    "links",
    [
        pytest.param(LOST[:2], id="two"),
        pytest.param((*LOST[:2], (OFFER, "Quay closed", OFFER)), id="two beside the page's own entry"),
        pytest.param(
            (*LOST[:2], ("/go/x1?n=7", "Rain expected", OFFER)),
            id="a link issued anew",
        ),
        pytest.param(
            tuple((f"/44178-{path[6:]}", title, "/pages/44178-quay") for path, title, _ in LOST),
            id="the page's number",
        ),
        pytest.param(
            tuple(
                (f"{path[:5]}/{n}/quay-shut.html", title, "/news/quay-shut") for n, (path, title, _) in enumerate(LOST)
            ),
            id="the page's name",
        ),
        pytest.param(tuple((path, title, f"/pages/{n}") for n, (path, title, _) in enumerate(LOST)), id="three pages"),
    ],
)
def test_pages_that_entries_end_at_and_that_are_theirs(config: Config, outlet: Outlet, links: tuple[Link, ...]) -> None:
    outlet.bodies |= {target: html_page(*SENTENCES) for _, _, target in links}
    rows = run(config, outlet, links)
    assert {row.status for row in rows.values()} == {EntryStatus.CLUSTERED}
    assert {row.doubt for row in rows.values()} == {""}


def test_tracking_parameters_lead_nowhere(config: Config, outlet: Outlet) -> None:
    """A page that is its entry's own by its key was reached by no redirect, whatever follows the address."""
    links = tuple((f"/2026/quay?utm_source=feed{n}", title, "/2026/quay") for n, (_, title, _) in enumerate(LOST))
    outlet.bodies["/2026/quay"] = html_page(*SENTENCES)
    rows = run(config, outlet, links)
    assert {row.status for row in rows.values()} == {EntryStatus.CLUSTERED}
    with steps.open_for(config) as store, store.reading() as db:
        assert set(db.scalars(select(page.c.final_key))) == {None}


def test_pages_past_their_retention_do_not_count(config: Config, outlet: Outlet) -> None:
    run(config, outlet, LOST[:2])
    rows = run(config, outlet, LOST, days=config.retention.archive_days + 1)
    assert rows["Mayor resigns"].status == EntryStatus.CLUSTERED


def test_an_outlets_pages_are_looked_up_by_an_index(store: Store) -> None:
    query = "SELECT id FROM page WHERE final_key = 'x'"
    with store.reading() as db:
        if db.dialect.name == "postgresql":
            db.execute(text("SET LOCAL enable_seqscan = off"))
        explain = "EXPLAIN" if db.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
        plan = "\n".join(str(tuple(row)) for row in db.execute(text(f"{explain} {query}")))
    assert "ix_page_final_key" in plan


def test_a_store_of_the_schema_before_gets_the_keys_of_its_pages(
    config: Config, outlet: Outlet, store_url: str
) -> None:
    run(config, outlet, (*LOST[:1], (OFFER, "Quay closed", OFFER)))
    keys = select(page.c.url, page.c.final_key).order_by(page.c.id)
    with open_store(store_url) as store, store.reading() as db:
        stored = db.execute(keys).all()
    assert sorted(key or "" for _, key in stored) == ["", f"//127.0.0.1:{outlet.port}{OFFER}"]
    with open_store(store_url) as store:
        _downgrade(store)
    with open_store(store_url) as store, store.reading() as db:
        assert db.execute(keys).all() == stored


def _downgrade(store: Store) -> None:
    script = AlembicConfig()
    script.set_main_option("script_location", str(MIGRATIONS))
    with store.engine.connect() as db, tables_may_move(db), db.begin():
        script.attributes["connection"] = db
        command.downgrade(script, "0025")
        assert "final_key" not in {column["name"] for column in inspect(db).get_columns("page")}
