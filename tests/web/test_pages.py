"""The pages over a real store in SQLite: what they say, what they never let through."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from fastapi import FastAPI, Header, HTTPException
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from pipeline.cli.main import app as cli
from pipeline.errors import ConfigError
from pipeline.model import (
    Article,
    Basis,
    CanonicalChoice,
    Failure,
    FeedEntry,
    FeedSpec,
    Fingerprint,
    LinkKind,
    Moment,
    Outcome,
    PageKind,
    PageRecord,
    Plan,
    PlannedCopy,
    PlannedLink,
    PlannedVersion,
    PollRecord,
    Precision,
    Relation,
    Span,
    SpanKind,
    Tie,
    VersionKind,
)
from pipeline.store import Store, open_store
from pipeline.web.app import create_app

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
HERALD = FeedSpec("https://herald.example/rss", "Herald", "IN", "en")
BEACON = FeedSpec("https://beacon.example/feed", "Beacon", "GB", "en")
SCRIPT = "<script>alert(1)</script>"
WORD = {"X-Word": "open"}
# Of routes that cannot do without.
PARAMETERS = {
    "/compare": "?first=1&second=2",
    "/outlet": "?name=Herald",
    "/outlet/line": "?name=Herald&line=x&ruling=text",
}


def guard(x_word: str = Header("")) -> None:
    if x_word != "open":
        raise HTTPException(401, "Not authenticated")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path / 'copydesk.db'}") as opened:
        yield opened


@pytest.fixture
def app(store: Store) -> FastAPI:
    return create_app(lambda: store, guard, lambda: NOW)


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return TestClient(app, headers=WORD, raise_server_exceptions=True)


def polled(feed_id: int, outcome: Outcome, detail: str = "", entries: tuple[FeedEntry, ...] = ()) -> PollRecord:
    failures = 0 if outcome is Outcome.OK else 3
    return PollRecord(feed_id, NOW, outcome, NOW, 900, failures, 200, detail, "rss20", "A feed", None, entries)


def article(url: str, title: str, agency: str = "Northwire") -> Article:
    at = Moment(NOW, Precision.DAY, Basis.FEED)
    spans = (Span(SpanKind.CREDIT, "Northwire", "credit", 1),)
    return Article(url, title, ("A dam was opened.", "Nobody was hurt."), spans, agency=agency, published=at, lang="en")


def filled(
    store: Store, title: str = "Dam opened", url: str = "https://herald.example/dam", agreement: float = 1.0
) -> int:
    """One story of two copies, one failed page, one failing feed; returns the story's id."""
    store.feeds.sync([HERALD, BEACON], NOW)
    herald, beacon = store.feeds.due(NOW)
    pages = [FeedEntry(key, address, title) for key, address in (("1", url), ("2", "https://herald.example/2"))]
    pages.append(FeedEntry("3", "https://herald.example/3", "A film"))
    new = store.feeds.record_poll(polled(herald, Outcome.OK, entries=tuple(pages))).new
    store.feeds.record_poll(polled(beacon, Outcome.NOT_A_FEED, "the answer is HTML"))
    ids = [
        store.articles.record(entry, page(url), replace(article(url, title), agreement=agreement), NOW)
        for entry in new[:2]
    ]
    store.entries.record_failure(new[2], Failure("NotAnArticle", "no article text on the page"), None, NOW)
    copies = tuple(
        PlannedCopy(ids[n], -1, relation, 1, 0.97, reason, Fingerprint(1, b"\x01" * 8, struct.pack("<2q", 1, n), 20))
        for n, (relation, reason) in enumerate([(Relation.ORIGIN, "the first"), (Relation.VERBATIM, "97 % the same")])
    )
    choice = CanonicalChoice(ids[0], VersionKind.ORIGINAL, title, ("A dam was opened.", "Nobody was hurt."), "longest")
    with store.lease.acquire():
        store.stories.apply(Plan(copies, (PlannedVersion(-1, choice, "Northwire", "en"),)), NOW)
    return 1


def page(url: str) -> PageRecord:
    return PageRecord(url, url, NOW, 200, "text/html", "utf-8", "0" * 64, 1000)


def paths(app: FastAPI) -> list[str]:
    routes = [route for route in app.routes if isinstance(route, APIRoute) and "GET" in route.methods]
    return [re.sub(r"\{\w+\}", "1", route.path) + PARAMETERS.get(route.path, "") for route in routes]


def test_every_route_stands_behind_the_guard(app: FastAPI, store: Store) -> None:
    filled(store)
    for path in paths(app):
        assert TestClient(app).get(path).status_code == 401, path
        assert TestClient(app, headers=WORD).get(path).status_code == 200, path


def test_an_empty_store_says_what_to_do(client: TestClient) -> None:
    text = client.get("/").text
    assert "There are no feeds yet" in text
    assert "copydesk init" in text


def test_feeds_without_stories_point_to_the_dag(client: TestClient, store: Store) -> None:
    store.feeds.sync([HERALD], NOW)
    text = client.get("/").text
    assert "Stories appear here as soon as pages are read and placed" in text
    assert "Not polled yet" in client.get("/feeds").text


def test_the_desk_shows_what_is_wrong_and_what_came(client: TestClient, store: Store) -> None:
    filled(store)
    text = client.get("/").text
    for words in ("1 feed fails", "Answers with something that is no feed", "the answer is HTML", "3 times in a row"):
        assert words in text
    for words in ("Dam opened", "no article text on the page", "Northwire", "1 <small>of 2</small>"):
        assert words in text
    assert "Poll now" not in text  # who may only read is offered nothing else


def doubted(store: Store) -> None:
    """One article read with doubt, one page set aside, one that the reader is sure of."""
    store.feeds.sync([HERALD], NOW)
    entries = tuple(FeedEntry(str(n), f"https://herald.example/{n}", "t") for n in range(3))
    new = store.feeds.record_poll(polled(store.feeds.due(NOW)[0], Outcome.OK, entries=entries)).new
    plain = article("https://herald.example/0", "Agreed on")
    store.articles.record(new[0], page(plain.url), plain, NOW)
    store.articles.record(new[1], page(plain.url), replace(plain, title="Read both ways", agreement=0.634), NOW)
    live = replace(plain, title="Minute by minute", kind=PageKind.LIVE_BLOG)
    store.articles.record(new[2], page(plain.url), live, NOW)


def test_the_desk_shows_what_was_read_with_doubt_and_what_was_set_aside(client: TestClient, store: Store) -> None:
    doubted(store)
    section = client.get("/").text.split('id="doubts"')[1].split("</section>")[0]
    assert "The reader is sure of this text by 63%" in section
    assert "Set aside: live blog" in section
    assert section.index("Minute by minute") < section.index("Read both ways")  # newest first
    assert "Agreed on" not in section


def test_a_desk_without_doubts_does_not_speak_of_them(client: TestClient, store: Store) -> None:
    filled(store)
    assert 'id="doubts"' not in client.get("/").text


def test_a_doubted_copy_leads_to_its_story(client: TestClient, store: Store) -> None:
    story = filled(store, agreement=0.5)
    section = client.get("/").text.split('id="doubts"')[1].split("</section>")[0]
    assert f'href="/story/{story}"' in section


def test_doubts_by_the_command_line(store: Store, tmp_path: Path) -> None:
    doubted(store)
    (tmp_path / "feeds.toml").write_text(f'store = "sqlite:///{tmp_path / "copydesk.db"}"\n', encoding="utf-8")
    command = ["doubts", "--feeds", str(tmp_path / "feeds.toml")]
    rows = [json.loads(row) for row in CliRunner().invoke(cli, [*command, "--json"]).output.splitlines()]
    assert [(row["title"], row["kind"], row["agreement"]) for row in rows] == [
        ("Minute by minute", "live-blog", 1.0),
        ("Read both ways", "article", 0.634),
    ]
    result = CliRunner().invoke(cli, command)
    assert result.exit_code == 0
    assert "2 articles to look at" in result.output


def test_a_story_shows_text_versions_and_copies(client: TestClient, store: Store) -> None:
    story = filled(store)
    text = client.get(f"/story/{story}").text
    for words in (">A dam was opened.</p>", ">Nobody was hurt.</p>", "longest", "97 % the same", "original"):
        assert words in text
    assert text.count("the story's text") == 1
    assert 'href="/copy/1"' in text


def linked(store: Store, story: int, title: str) -> int:
    """A second story that quotes the first one, with conflicting claims of agencies; its id."""
    spans = (Span(SpanKind.CREDIT, SCRIPT, "credit alone", 1, agencies=(SCRIPT,)),)
    page_of = Article("https://beacon.example/9", title, ("Later.",), spans, agency="Other")
    beacon = next(feed.id for feed in store.feeds.load([1, 2]) if feed.spec.outlet == "Beacon")
    entry = FeedEntry("9", page_of.url, title)
    (new,) = store.feeds.record_poll(polled(beacon, Outcome.OK, entries=(entry,))).new
    article_id = store.articles.record(new, page(page_of.url), page_of, NOW)
    copy = PlannedCopy(
        article_id, -1, Relation.ORIGIN, 1, 1.0, "the first", Fingerprint(1, b"\x02" * 8, struct.pack("<q", 9), 20)
    )
    choice = CanonicalChoice(article_id, VersionKind.ORIGINAL, title, ("Later.",), "the only copy")
    tie = Tie(story, LinkKind.FOLLOW_UP, 0.4, SCRIPT)
    version = PlannedVersion(-1, choice, "Other", "en")
    with store.lease.acquire():
        store.stories.apply(Plan((copy,), (version,), (PlannedLink(article_id, tie),)), NOW)
    return 2


def test_a_story_shows_whose_it_is_and_what_it_is_tied_to(client: TestClient, store: Store) -> None:
    story = filled(store)
    follow_up = linked(store, story, "Dam cracked")
    text = client.get(f"/story/{story}").text
    for words in ("Whose it is", "One text: copies of it are no independent sources.",
                  "Followed up by", f'href="/story/{follow_up}" dir="auto">Dam cracked</a>'):  # fmt: skip
        assert words in text
    page = client.get(f"/story/{follow_up}").text
    assert "Follows up" in page
    assert f'href="/story/{story}"' in page
    assert "named by 1 copy at 1 outlet: credit" in page


def test_claims_reasons_and_titles_of_links_are_never_markup(client: TestClient, store: Store) -> None:
    story = filled(store)
    follow_up = linked(store, story, SCRIPT)
    for number in (story, follow_up):
        text = client.get(f"/story/{number}").text
        assert SCRIPT not in text
        assert "&lt;script&gt;" in text


def test_what_outlets_write_is_never_markup(client: TestClient, store: Store) -> None:
    story = filled(store, title=SCRIPT)
    escaped = f"/stories?agency={quote(SCRIPT)}", f"/feeds?q={quote(SCRIPT)}", f"/copy/1?back={quote(SCRIPT)}"
    for path in ("/", f"/story/{story}", "/copy/1", *escaped):
        text = client.get(path).text
        assert SCRIPT not in text
        assert text.count("<script") == 2  # our own two files
    assert "&lt;script&gt;" in client.get("/").text


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "https:nowhere", "http://[", "//x.example"])
def test_only_http_addresses_become_links(client: TestClient, store: Store, url: str) -> None:
    story = filled(store, url=url)
    assert f'href="{url}' not in client.get("/").text
    assert f'href="{url}' not in client.get(f"/story/{story}").text


def test_pages_load_nothing_from_elsewhere(client: TestClient, store: Store) -> None:
    filled(store)
    answer = client.get("/")
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
    assert set(re.findall(r'src="([^"]*)"', answer.text)) == {"/static/theme.js", "/static/frame.js"}
    assert "<script>" not in answer.text
    assert "style=" not in answer.text
    assert "http" not in client.get("/static/copydesk.css").text


def test_addresses_hold_the_place_where_it_is_mounted(app: FastAPI, store: Store) -> None:
    filled(store)
    outer = FastAPI()
    outer.mount("/copydesk", app)
    client = TestClient(outer, headers=WORD)
    assert 'href="/copydesk/static/copydesk.css"' in client.get("/copydesk/").text
    assert client.get("/copydesk/static/copydesk.css").headers["content-type"].startswith("text/css")
    assert client.get("/copydesk/story/1").status_code == 200


def test_an_unknown_story_is_404(client: TestClient) -> None:
    answer = client.get("/story/99")
    assert answer.status_code == 404
    assert "no such story" in answer.text


def test_a_store_that_cannot_be_opened_is_said_plainly() -> None:
    def refuse() -> Store:
        raise ConfigError("no such file", concerns="feeds.toml", todo="make one: copydesk init")

    answer = TestClient(create_app(refuse, guard), headers=WORD).get("/")
    assert answer.status_code == 503
    assert "make one: copydesk init" in answer.text
