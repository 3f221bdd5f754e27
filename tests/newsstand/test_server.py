"""The stand itself: its feeds, its pages, its clock and its truth."""

from __future__ import annotations

import gzip
import html
import json
import re
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from newsstand.bulletins import road_bulletins
from newsstand.outlets import carriers, items, load_outlets, published
from newsstand.server import RunningNewsstand, StandClock, running_newsstand
from newsstand.stories import WrongStory, load_stories
from pipeline.config import MatchConfig, load
from pipeline.feeds import parse_feed
from pipeline.match.corpus import cluster_documents
from pipeline.match.evaluate import b_cubed


@pytest.fixture(scope="module")
def stand() -> Iterator[RunningNewsstand]:
    with running_newsstand(hour=72, slow=0) as running:
        yield running


def fetch(url: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    request = urllib.request.Request(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read()


def feeds(stand: RunningNewsstand, tmp_path: Path) -> dict[str, str]:
    stand.write_config(tmp_path / "feeds.toml", tmp_path / "home")
    return {feed.outlet: feed.url for feed in load(tmp_path / "feeds.toml", {}).feeds}


def test_the_stories_are_as_many_and_as_varied_as_promised() -> None:
    stories = load_stories()
    kinds, marks = Counter(story.kind for story in stories), Counter(v.mark for s in stories for v in s.versions)
    assert len(stories) >= 40
    assert len({story.agency for story in stories}) == 3
    assert {story.lang for story in stories} >= {"en", "fr", "hi", "ru", "ar", "ja"}
    assert kinds["bulletin"] >= 12
    assert kinds["brief"] >= 4
    assert kinds["followup"] >= 3
    assert marks["update"] >= 4
    assert marks["correction"] >= 1
    assert marks["withdrawal"] >= 1


def test_every_story_reaches_outlets_and_one_keeps_it_whole() -> None:
    outlets = load_outlets()
    for story in load_stories():
        outlets_of_story = carriers(story, outlets)
        assert len(outlets_of_story) >= 2
        assert (outlets_of_story[0].brief, outlets_of_story[0].extend, outlets_of_story[0].trim) == (0, 0, 0)


def test_each_feed_reads_as_what_it_is(stand: RunningNewsstand, tmp_path: Path) -> None:
    formats = {}
    for outlet, url in feeds(stand, tmp_path).items():
        status, headers, body = fetch(url)
        if outlet not in ("Locked Gazette", "Moved Courant"):
            feed = parse_feed(body, url=url, media_type=headers["Content-Type"], now=datetime.now(UTC))
            formats[outlet] = feed.format
            assert len(feed.entries) >= 5
            times = [entry.published.value for entry in feed.entries if entry.published]
            assert len(times) == len(feed.entries)
            assert max(times) <= datetime.now(UTC)
        else:
            assert status == 403 or b"<html>" in body
    assert set(formats.values()) == {"rss20", "rss10", "atom10", "json11", "sitemap"}


def test_an_unchanged_feed_answers_304_and_gzip_is_served(stand: RunningNewsstand, tmp_path: Path) -> None:
    url = feeds(stand, tmp_path)["Halden Post"]
    _, headers, body = fetch(url)
    assert fetch(url, If_None_Match=headers["ETag"])[0] == 304
    packed = fetch(url, Accept_Encoding="gzip")
    assert packed[1]["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed[2]) == body


def test_every_page_carries_what_the_truth_says(stand: RunningNewsstand) -> None:
    truth = stand.truth()
    filed = {story["id"]: story for story in truth["stories"]}
    verbatim_pages = [page for page in truth["pages"] if page["relation"] == "verbatim"]
    assert len(verbatim_pages) > 80
    for page in verbatim_pages[::3]:
        _, _, body = fetch(page["url"])
        page_text = re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body.decode())))
        version = filed[page["story"]]["versions"][page["version"] - 1]
        for paragraph in version["body"]:
            assert paragraph.replace('"', "") in page_text.translate({ord(c): None for c in '"“”'}), page["url"]


def test_hours_bring_stories(tmp_path: Path) -> None:
    with running_newsstand(hour=10, slow=0) as stand:
        before = {page["url"] for page in stand.truth()["pages"]}
        stand.advance(20)
        after = {page["url"] for page in stand.truth()["pages"]}
        assert before < after
        stand.advance(1000)
        assert stand.truth()["hour"] == 72


def test_a_corpus_is_served_as_captured(tmp_path: Path) -> None:
    (tmp_path / "html").mkdir()
    rows = [
        {
            "id": "a1",
            "url": "https://o.example/1",
            "outlet": "O Paper",
            "title": "One & two",
            "date": "2025-08-24",
            "body": "x",
        },
        {"id": "b1", "url": "https://p.example/1", "title": "", "body": "x"},
    ]
    (tmp_path / "truth.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    for row in rows:
        (tmp_path / "html" / f"{row['id']}.html.gz").write_bytes(gzip.compress(b"\xff<p>as captured</p>"))
    with running_newsstand(corpus=tmp_path) as stand:
        assert {page["id"] for page in stand.truth()["pages"]} == {"a1", "b1"}
        assert all(fetch(page["url"])[2] == b"\xff<p>as captured</p>" for page in stand.truth()["pages"])
        urls = feeds(stand, tmp_path)
        assert set(urls) == {"O Paper", "p.example"}
        (entry,) = parse_feed(fetch(urls["O Paper"])[2], url=urls["O Paper"], now=datetime.now(UTC)).entries
        assert (entry.title, str(entry.published and entry.published.value.date())) == ("One & two", "2025-08-24")


@pytest.mark.parametrize(
    "text", ["[[story]]\nid = 'x'\nagency = 'NOBODY'\nlang = 'en'\nkind = 'story'\nversion = []\n", "[[story\n"]
)
def test_a_wrong_story_is_said(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.toml").write_text(text, encoding="utf-8")
    with pytest.raises(WrongStory, match="x"):
        load_stories(tmp_path)


def test_the_stand_goes_on_publishing_when_its_written_stories_are_over() -> None:
    started = datetime(2026, 3, 2, 8, tzinfo=UTC)
    times = [started]
    clock = StandClock(48, 60, lambda: times[0])
    stories, outlets = list(road_bulletins()), load_outlets()
    bulletins = [item for outlet in outlets for item in items(outlet, stories, outlets, clock.epoch)]
    counts = []
    for hours in (0.0, 0.4, 0.5, 1.0, 2.0, 24.0):
        times[0] = started + timedelta(hours=hours)
        assert clock.time <= times[0]
        counts.append(len(published(bulletins, clock.time)))
    assert counts[0] == 0
    assert counts == sorted(set(counts))
    assert len({story.versions[0].body for story in stories}) == len(stories)


def test_a_page_with_line_breaks_has_them_as_markup(stand: RunningNewsstand) -> None:
    pages = [row["url"] for row in stand.truth()["pages"] if row["outlet"] == "Belsk Observer"]
    text = fetch(pages[0])[2].decode()
    assert "<br><br>" in text
    assert "&lt;br" not in text


def test_no_two_endless_bulletins_are_one_story() -> None:
    stories, outlets, epoch = list(road_bulletins())[:100], load_outlets(), datetime(2026, 3, 1, tzinfo=UTC)
    pages = sorted(
        (page for o in outlets for page in items(o, stories, outlets, epoch)), key=lambda page: page.published
    )
    documents = [
        {"id": page.guid, "outlet": page.guid.partition(":")[0], "published": page.published.isoformat(),
         "title": page.title, "text": "\n".join(page.paragraphs)} for page in pages
    ]  # fmt: skip
    groups = {str(record["id"]): str(record["story"]) for record in cluster_documents(documents, MatchConfig())}
    score = b_cubed({page.guid: str(page.story) for page in pages}, groups)
    assert (score.precision, score.recall) == (1.0, 1.0)
