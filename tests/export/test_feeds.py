"""Feeds as readers of feeds read them: followed to the last archive they have exactly the live stories."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import feedparser
import pytest
from lxml import etree
from sqlalchemy import text

from pipeline import read
from pipeline.errors import UsageError
from pipeline.export.feeds import CURRENT, export_feeds
from pipeline.feeds import parse_feed
from pipeline.store import Store
from tests.export.formats import files_of
from tests.export.test_files import fill
from tests.read.test_reader import SECRET, merge, place_stories
from tests.store.samples import NOW

DELETED = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"


def link(feed: Any, rel: str) -> str:
    return next((row["href"] for row in feed.feed.get("links", ()) if row["rel"] == rel), "")


def follow_atom(folder: Path, path: str) -> tuple[dict[str, str], set[str]]:
    """Return the titles of all entries by their ids, and the ids of those that are to be dropped."""
    entries, deleted, pages = dict[str, str](), set[str](), 0
    place: Path | None = folder / path
    while place:
        feed = feedparser.parse(place.read_bytes())
        assert not feed.bozo
        entries = {entry.id: entry.title for entry in feed.entries} | entries
        deleted |= {element.get("ref") for element in etree.fromstring(place.read_bytes()).iter(DELETED)}
        older, pages = link(feed, "prev-archive"), pages + 1
        if pages > 1:
            assert (place.parent / link(feed, "current")).resolve() == folder / path
        place = (place.parent / older).resolve() if older else None
    return entries, deleted


def follow_json(folder: Path, path: str) -> dict[str, str]:
    entries: dict[str, str] = {}
    place: Path | None = folder / path
    while place:
        feed = json.loads(place.read_bytes())
        entries = {item["id"]: item["title"] for item in feed["items"]} | entries
        place = (place.parent / feed["next_url"]).resolve() if "next_url" in feed else None
    return entries


def heads_of(reader: read.Reader, live: bool = True) -> list[read.StoryHead]:
    heads = reader.stories(read.StoryFilter(status=None), limit=1000).stories
    return [head for head in heads if (head.status == "live") == live]


def test_archives_lead_to_exactly_the_live_stories(store: Store, reader: read.Reader, tmp_path: Path) -> None:
    fill(store, 21, acts=60)
    export_feeds(reader, str(tmp_path))
    live = {head.uri: head.title for head in heads_of(reader)}
    entries, deleted = follow_atom(tmp_path, "all.atom")
    assert entries == live == follow_json(tmp_path, "all.json")
    assert deleted == {head.uri for head in heads_of(reader, live=False)}
    agency, _ = follow_atom(tmp_path, "agency/ians.atom")
    assert agency == {head.uri: head.title for head in heads_of(reader) if "IANS" in head.agency.split("+")}
    lang, _ = follow_atom(tmp_path, "language/en.atom")
    assert lang == {head.uri: head.title for head in heads_of(reader) if head.lang == "en"}


def test_words_choose_stories(store: Store, reader: read.Reader, tmp_path: Path) -> None:
    place_stories(store, 2, "The northern quay was closed.")
    place_stories(store, 1, "The quay is open.", start=2)
    export_feeds(reader, str(tmp_path), words=["Quay NORTHERN", "none of it"])
    paths = {
        name.partition("/")[2]: name
        for name in files_of(tmp_path)
        if name.startswith("words/") and name.count("/") == 1
    }
    answered_path, missed_path = (
        next(path for name, path in paths.items() if name.startswith(word) and name.endswith("atom"))
        for word in ("quay", "none")
    )
    assert sorted(follow_atom(tmp_path, answered_path)[0].values()) == ["Title 1", "Title 2"]
    assert follow_atom(tmp_path, missed_path) == ({}, set())
    with pytest.raises(UsageError, match="has no word"):
        export_feeds(reader, str(tmp_path), words=["…"])


def test_an_entry_changes_with_version_and_status_alone(store: Store, reader: read.Reader, tmp_path: Path) -> None:
    place_stories(store, 3)

    def updated(out: str) -> dict[str, str]:
        export_feeds(reader, str(tmp_path / out))
        feed = feedparser.parse((tmp_path / out / "all.atom").read_bytes())
        return {entry.id.rpartition("#")[2]: entry.updated for entry in feed.entries}

    before = updated("before")
    with store.engine.begin() as db:
        db.execute(text("UPDATE story SET updated_at = '2030-01-01 00:00:00'"))
    assert updated("copied") == before
    with store.engine.begin() as db:
        db.execute(text("UPDATE version SET created_at = '2031-01-01 00:00:00' WHERE story_id = 1"))
        db.execute(text("UPDATE change SET kind = 'story-restored', at = '2032-01-01 00:00:00' WHERE story_id = 2"))
    assert updated("later") == {**before, "1": "2031-01-01T00:00:00+00:00", "2": "2032-01-01T00:00:00+00:00"}


def test_what_is_killed_or_merged_is_named_and_has_no_text(store: Store, reader: read.Reader, tmp_path: Path) -> None:
    place_stories(store, 3, SECRET)
    merge(store, 2, 1)
    with store.engine.begin() as db:
        db.execute(text("UPDATE story SET withdrawn = true WHERE id IN (2, 3)"))
    out = tmp_path / "out"
    export_feeds(reader, str(out))
    assert SECRET.encode() not in b"".join(files_of(out).values())
    elements = list(etree.parse(out / "all.atom").getroot().iter(DELETED))
    reasons = {element.get("ref").rpartition("#")[2]: element[0].text.partition(" ")[0] for element in elements}
    assert reasons == {"1": "merged", "2": "withdrawn", "3": "withdrawn"}
    assert len(json.loads((out / "all.json").read_bytes())["_deleted"]) == 3


def test_the_feed_to_subscribe_to_stays_short(
    store: Store, reader: read.Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.export.feeds.CURRENT", 3)
    place_stories(store, 40)
    export_feeds(reader, str(tmp_path), base="https://desk.example/feeds/")
    feed = feedparser.parse((tmp_path / "all.atom").read_bytes())
    assert [entry.title for entry in feed.entries] == ["Title 40", "Title 39", "Title 38"]
    assert link(feed, "self") == "https://desk.example/feeds/all.atom"
    assert link(feed, "prev-archive") == "https://desk.example/feeds/all/2025-08-26.atom"
    assert CURRENT == 100


def test_our_own_reader_takes_them_in(store: Store, reader: read.Reader, tmp_path: Path) -> None:
    place_stories(store, 2, "The first paragraph.", "The second.")
    export_feeds(reader, str(tmp_path))
    for name in ("all.atom", "all.json"):
        feed = parse_feed((tmp_path / name).read_bytes(), url=f"https://desk.example/{name}", now=NOW)
        assert [(entry.title, entry.url) for entry in feed.entries] == [
            ("Title 2", "https://outlet.example/story/2"), ("Title 1", "https://outlet.example/story/1"),
        ]  # fmt: skip
