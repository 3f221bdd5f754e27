"""The pages of outlets: lines that their pages repeat are ruled on, and stored texts follow with the next replay."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from pipeline.config import Config
from pipeline.extract.template import page_keys
from pipeline.model import Article, FeedEntry, Outcome
from pipeline.steps.replay import replay_articles
from pipeline.store import Store
from tests.web.acting import post
from tests.web.test_pages import HERALD, NOW, article, page, polled

LINE, SINGLE = "The tide tables are on page two.", "Our reporter spoke with the harbour master."
SUBJECTS = ("ferry", "dam", "harbour", "opera")


@pytest.fixture
def repeated(store: Store, config: Config) -> None:
    """Four pages of an outlet, each of another story, with one line on all of them and one on the first alone."""
    store.feeds.sync([HERALD], NOW)
    entries = tuple(FeedEntry(str(n), f"https://herald.example/{n}", f"Story {n}") for n in range(4))
    for n, entry in enumerate(store.feeds.record_poll(polled(1, Outcome.OK, entries=entries)).new):
        text = tuple(f"{word} of the {SUBJECTS[n]}, {word} and once more. " * 6 for word in ("Head", "Middle", "End"))
        extra = (LINE, SINGLE) if n == 0 else (LINE,)
        plain = article(f"https://herald.example/{n}", f"Story {n}")
        story = replace(plain, body=text + extra, spans=(), line_keys=page_keys(extra))
        store.articles.record(entry, page(story.url), story, NOW)
    replay_articles(config, NOW)


def texts(store: Store) -> list[Article]:
    return [record.article for record in store.articles.recent("Herald", NOW - timedelta(days=9), 9)]


def carrying(store: Store, line: str) -> int:
    return sum(line in text.body for text in texts(store))


@pytest.mark.usefixtures("repeated")
def test_a_repeated_line_is_called_text_and_comes_back(client: TestClient, store: Store, config: Config) -> None:
    assert carrying(store, LINE) == 0
    outlet = client.get("/outlet?name=Herald").text
    for words in ("1 wait for a person", LINE, "Story 3", "4 articles"):
        assert words in outlet
    preview = client.get("/outlet/line", params={"name": "Herald", "line": LINE, "ruling": "text"}).text
    assert "It was taken off 4 pages" in preview
    ruled = client.get(post(client, "/outlet/line", name="Herald", line=LINE, ruling="text")).text
    for words in ("0 wait for a person", "it is text", "Ines"):
        assert words in ruled
    replay_articles(config, NOW)
    assert carrying(store, LINE) == 4
    post(client, "/outlet/line/undo", name="Herald", line=LINE)
    replay_articles(config, NOW)
    assert carrying(store, LINE) == 0


@pytest.mark.usefixtures("repeated")
def test_a_line_that_is_taken_off_is_asked_about_no_more(client: TestClient, store: Store) -> None:
    post(client, "/outlet/line", name="Herald", line=LINE, ruling="off")
    outlet = client.get("/outlet?name=Herald").text
    assert "0 wait for a person" in outlet
    assert "taken off while it recurs" in outlet


@pytest.mark.usefixtures("repeated")
def test_a_pinned_line_goes_wherever_it_stands(client: TestClient, store: Store, config: Config) -> None:
    assert carrying(store, SINGLE) == 1
    post(client, "/outlet/line", name="Herald", line=SINGLE, ruling="pinned")
    replay_articles(config, NOW)
    assert carrying(store, SINGLE) == 0
    assert min(store.templates.load(["Herald"])["Herald"][0].values()) >= 2


@pytest.mark.usefixtures("repeated")
def test_outlets_are_found_by_name(client: TestClient) -> None:
    assert "1 outlet" in client.get("/outlets").text
    assert "No outlet has these words" in client.get("/outlets?q=mail").text
    assert client.get("/outlet?name=Mail").status_code == 404
    assert client.get("/outlet").status_code == 400
