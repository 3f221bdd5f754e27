"""What people do on the pages: feeds paused and polled at once, stories split and merged, lines given back, undone."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace

import feedparser
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from pipeline.config import Config
from pipeline.model import FeedSpec, Outcome, Span, SpanKind, Version, VersionKind
from pipeline.read.word_diff import Piece, version_diff
from pipeline.store import Store
from pipeline.store.reads.feed_list import count_feeds
from pipeline.store.reads.views import one_story
from pipeline.web.page_text import PageLine, page_lines
from pipeline.web.site import Person
from tests.web.acting import OPERATOR, OWN_FORM, app_for, post
from tests.web.test_pages import HERALD, NOW, filled, polled


def states(store: Store) -> dict[str, bool]:
    return {feed.spec.outlet: feed.paused for feed in store.feeds.load(range(1, 100))}


def test_a_feed_is_paused_and_the_pause_undone(client: TestClient, store: Store) -> None:
    filled(store)
    address = post(client, "/feeds/act", do="pause", feed=2)
    assert states(store) == {"Herald": False, "Beacon": True}
    page = client.get(address).text
    assert "1 feed paused" in page
    assert 'name="do" value="resume">' in page.split('class="toast"')[1]
    post(client, "/feeds/act", do="resume", feed=2)
    assert states(store) == {"Herald": False, "Beacon": False}
    assert 2 in store.feeds.due(NOW)


def test_a_feed_that_is_polled_now_is_due_and_one_that_is_paused_is_not(client: TestClient, store: Store) -> None:
    filled(store)
    store.feeds.record_poll(replace(polled(2, Outcome.OK), next_poll=NOW.replace(year=2030)))
    assert store.feeds.due(NOW) == [1]
    assert "1 feed will be polled by the next run" in client.get(post(client, "/feeds/act", do="poll", feed=2)).text
    assert store.feeds.due(NOW) == [1, 2]
    post(client, "/feeds/act", do="pause", feed=2)
    assert "number=0" in post(client, "/feeds/act", do="poll", feed=2)


def test_all_feeds_that_match_are_paused_at_once(client: TestClient, store: Store) -> None:
    outlets = [FeedSpec(f"https://outlet{n}.example/rss", f"Outlet {n}") for n in range(300)]
    store.feeds.sync([HERALD, *outlets], NOW)
    address = post(client, "/feeds/act", do="pause", is_for_all="true", q="outlet")
    assert "number=300" in address
    assert "undo=" not in address
    assert not states(store)["Herald"]
    assert count_feeds(store).by_status["paused"] == 300


def test_feeds_are_found_by_words_and_state_a_page_at_a_time(client: TestClient, store: Store) -> None:
    store.feeds.sync([FeedSpec(f"https://outlet{n}.example/rss", f"Outlet {n:03}") for n in range(60)], NOW)
    store.feeds.record_poll(polled(60, Outcome.NOT_A_FEED, "the answer is HTML"))
    first = client.get("/feeds").text
    assert first.index("Outlet 059") < first.index("Outlet 000")  # the worst first
    assert "after=49" in first
    second = client.get("/feeds?after=49").text
    assert "Outlet 049" in second
    assert "Outlet 048" not in second
    assert client.get("/feeds?q=answer+HTML").text.count('scope="row"') == 1
    assert client.get("/feeds?state=failing&outcome=").text.count('scope="row"') == 1
    assert "No feed matches" in client.get("/feeds?state=paused").text
    assert "No feed has these words" in client.get("/feeds?q=100%25").text


def test_a_feed_says_why_it_fails_and_where_its_entries_stand(client: TestClient, store: Store) -> None:
    filled(store)
    failing = client.get("/feed/2").text
    for words in ("Answers with something that is no feed", "the answer is HTML", "3 times in a row", "“not-a-feed”"):
        assert words in failing
    well = client.get("/feed/1").text
    for words in (
        "brought no article: No article text on the page",
        "no article text on the page",
        "has its place in a story",
    ):
        assert words in well
    assert "No poll failed" in client.get("/feed/1?failed=true").text
    assert client.get("/feed/99").status_code == 404


def test_copies_are_split_off_shown_first_and_merged_back(client: TestClient, store: Store) -> None:
    story = filled(store)
    preview = client.get(f"/story/{story}/split?article=2").text
    assert "Are these 1 copy another story?" in preview
    address = post(client, f"/story/{story}/split", article=2)
    assert one_story(store, 2)[2][0].article_id == 2
    undo = client.get(address).text.split('class="toast"')[1]
    assert f'action="/story/{story}/merge"' in undo
    post(client, f"/story/{story}/merge", other_id=2)
    assert len(one_story(store, story)[2]) == 2
    assert post(client, f"/story/{story}/unmerge", other_id=2) == f"/story/{story}?ruled=undone&other_id=2"
    assert len(one_story(store, story)[2]) == 1


def test_a_ruling_that_cannot_be_is_said_before_it_is_made(client: TestClient, store: Store) -> None:
    story = filled(store)
    for chosen in ("", "?article=1&article=2", "?article=77"):
        assert "some must go, some stay" in client.get(f"/story/{story}/split{chosen}").text, chosen
    assert "That is the same story" in client.get(f"/story/{story}/merge?other_id={story}").text
    assert "Which story is the same?" in client.get(f"/story/{story}/merge").text
    assert client.post(f"/story/{story}/split", data={"article": [1, 2]}).status_code == 404
    assert client.post(f"/story/{story}/unmerge", data={"other_id": story}).status_code == 404


def test_a_copy_shows_what_was_taken_off_with_its_rule(client: TestClient, store: Store) -> None:
    filled(store)
    page = client.get("/copy/1").text
    assert '<p class="kept" dir="auto">A dam was opened.</p>' in page
    assert '<span class="kind">credit</span><q dir="auto">Northwire</q>' in page
    assert "Give it back" not in page  # a credit does not recur
    assert "A dam was opened" not in client.get("/copy/1?show=off").text
    assert "Northwire</q>" not in client.get("/copy/1?show=kept").text


def test_a_line_that_recurs_is_given_back_and_taken_again(client: TestClient, store: Store) -> None:
    filled(store)
    address = post(client, "/copy/1/keep", line="The tide tables are on page two.")
    assert store.templates.kept_lines("Herald")
    undo = client.get(address).text.split('class="toast"')[1]
    assert 'name="undo" value="true"' in undo
    post(client, "/copy/1/keep", line="The tide tables are on page two.", undo="true")
    assert not store.templates.kept_lines("Herald")


def acts(app: FastAPI) -> list[str]:
    routes = [route for route in app.routes if isinstance(route, APIRoute) and "POST" in route.methods]
    return [re.sub(r"\{\w+\}", "1", route.path) for route in routes]


FORM = {
    "reason": "so", "do": "pause", "feed": "1", "article": "2", "other_id": "1", "line": "x", "story": "1",
    "say": "unsure", "label": "1", "minutes": "5", "entry": "3", "name": "Herald", "ruling": "off", "opml": "<opml/>",
    "text": "x", "note": "1",
    "address": "https://herald.example/", "url": "https://herald.example/rss",
}  # fmt: skip
FILES = {"file": ("feeds.opml", b"<opml/>")}


def test_who_may_read_alone_can_do_nothing(store: Store, config: Config) -> None:
    filled(store)
    app = app_for(store, config, Person("Viewer"))
    assert len(acts(app)) == 23
    for path in acts(app):
        answer = TestClient(app, headers=OWN_FORM).post(path, data=FORM, files=FILES)
        assert answer.status_code == 403, path
    for path in ("/feeds", "/story/1", "/copy/1", "/feed/1", "/"):
        assert 'method="post"' not in TestClient(app).get(path).text, path


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}],
    ids=["cross-site", "same-site", "origin"],
)
def test_no_other_site_can_make_a_person_act(store: Store, config: Config, headers: dict[str, str]) -> None:
    filled(store)
    app = app_for(store, config, OPERATOR)
    for path in acts(app):
        assert TestClient(app, headers=headers).post(path, data=FORM, files=FILES).status_code == 403, path
    assert TestClient(app).post("/feeds/act", data=FORM, follow_redirects=False).status_code == 303  # no browser


OTHER_SEARCHES = (
    "q=kite", "agency=Other", "agency=-", "outlet=Beacon", "lang=de", "kind=withdrawal", "until=2026-03-13",
)  # fmt: skip


def test_a_search_shows_where_its_words_stand_but_not_of_a_withdrawn_text(client: TestClient, store: Store) -> None:
    filled(store)
    snippet = re.search(r'<p class="snippet[^>]*>(.*?)</p>', client.get("/stories?q=hurt+%22dam+was%22").text)
    assert snippet
    assert "<mark>dam was</mark>" in snippet[1]
    assert "<mark>" not in client.get("/stories").text
    with store.lease.acquire():
        store.kills.withdraw(1, NOW, "an error")
    assert "<mark>" not in client.get("/stories?q=hurt").text


def test_stories_are_filtered_and_taken_away_as_a_table(client: TestClient, store: Store) -> None:
    filled(store, title="=cmd()")
    assert "=cmd()" in client.get("/stories?agency=Northwire&outlet=Herald&lang=en&kind=&since=&until=").text
    assert "=cmd()" in client.get("/stories?q=hurt+%22dam+was%22").text
    for query in OTHER_SEARCHES:
        assert "No story matches" in client.get(f"/stories?{query}").text, query
    assert "=cmd()" in client.get("/stories?since=2026-03-14&until=2026-03-14").text
    assert client.get("/stories?since=2026-02-30").status_code == 400
    answer = client.get("/stories?form=csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="stories.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [(row["title"], row["agency"], row["copies"]) for row in rows] == [("'=cmd()", "Northwire", "2")]
    records = [json.loads(line) for line in client.get("/stories?form=json").text.splitlines()]
    assert [record["title"] for record in records] == ["=cmd()"]


def test_the_copies_of_a_story_are_taken_away_as_a_table(client: TestClient, store: Store) -> None:
    filled(store, title="=cmd()")
    answer = client.get("/story/1?form=csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="story-1.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["title"] for row in rows] == ["'=cmd()"] * 2
    assert sorted(row["canonical"] for row in rows) == ["false", "true"]
    assert client.get("/story/99?form=csv").status_code == 404


def test_a_search_is_a_feed_in_which_each_story_comes_once(client: TestClient, store: Store) -> None:
    filled(store, title="Dam < opened & \x0b\ufffe")
    atom = client.get("/stories?q=dam&form=atom")
    assert atom.headers["content-type"] == "application/atom+xml"
    parsed = feedparser.parse(atom.content)
    assert not parsed.bozo
    assert [(entry.link, entry.summary) for entry in parsed.entries] == [
        ("http://testserver/story/1", "A dam was opened.")
    ]
    assert parsed.entries[0].title.startswith("Dam")
    assert parsed.feed.links[0]["href"] == "http://testserver/stories?q=dam&form=atom"
    feed = client.get("/stories?q=dam&form=feed").json()
    assert [(item["id"], item["content_text"]) for item in feed["items"]] == [
        ("http://testserver/story/1", "A dam was opened.")
    ]
    assert client.get("/stories?q=kite&form=feed").json()["items"] == []
    assert not feedparser.parse(client.get("/stories?q=kite&form=atom").content).entries


def test_older_stories_follow_without_gap(client: TestClient, store: Store) -> None:
    filled(store)
    assert client.get("/stories?after=1").text.count('class="title"') == 0
    assert "No story matches" in client.get("/stories?after=99").text


def test_lines_of_a_page_stand_in_their_order() -> None:
    spans = (
        Span(SpanKind.TITLE, "Dam opened", "the headline", 0),
        Span(SpanKind.DATELINE, "ARVANY -", "dateline", 1, 0, is_whole_block=False),
        Span(SpanKind.BOILERPLATE, "Read on", "recurs in 9 stories", 3),
        Span(SpanKind.ENDMARK, "(NW)", "end mark", 2, 12, is_whole_block=False),
        Span(SpanKind.RESTORED, "", "stands where others do", 2, is_whole_block=False),
    )
    lines = page_lines(("It was opened.", "Nobody came."), spans)
    assert [line.text for line in lines] == [
        "Dam opened", "ARVANY -", "It was opened.", "Nobody came.", "(NW)", "Read on",
    ]  # fmt: skip
    assert [line.is_repeat for line in lines] == [False, False, False, False, False, True]
    assert lines[2] == PageLine("It was opened.")


def test_versions_differ_by_words() -> None:
    older = Version(1, 1, VersionKind.ORIGINAL, 1, "Dam opened", ("Two were hurt.", "It rained."), "", NOW)
    newer = replace(older, number=2, body=("Three were hurt.", "It rained.", "Nobody else came."))
    pieces = version_diff(newer, older)
    assert pieces[1] == [Piece("Two ", "del"), Piece("Three ", "ins"), Piece("were hurt.")]
    assert pieces[-1] == [Piece("Nobody else came.", "ins")]
    assert version_diff(newer, None) == [[Piece(text)] for text in (newer.title, *newer.body)]


def test_a_story_is_withdrawn_with_a_reason_and_restored(client: TestClient, store: Store) -> None:
    story = filled(store)
    assert "Is this story not to be used?" in client.get(f"/story/{story}/withdraw").text
    assert client.post(f"/story/{story}/withdraw", data={"reason": ""}).status_code in (400, 422)
    page = client.get(post(client, f"/story/{story}/withdraw", reason="The ferry was another")).text
    for words in ("A person has withdrawn this story", "The ferry was another (Ines)", "Restore", "withdrawn"):
        assert words in page
    assert client.get("/stories?form=feed").json()["items"] == []
    assert "It is withdrawn already" in client.get(f"/story/{story}/withdraw").text
    restored = client.get(post(client, f"/story/{story}/restore", reason="It was this one")).text
    assert "A person has withdrawn" not in restored
    assert restored.count("(Ines)") == 2  # both stand in its history
    assert len(client.get("/stories?form=feed").json()["items"]) == 1
