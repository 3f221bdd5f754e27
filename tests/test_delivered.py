"""NewsML-G2 and ninjs: what is read of an item, and its road from a folder to a story and out of it again."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline import steps
from pipeline.config import Config, load
from pipeline.errors import ConfigError, FeedError
from pipeline.feeds import parse_feed
from pipeline.model import ParsedFeed, VersionKind
from pipeline.store.reads import views
from tests.delivered import TEXT, newsml, ninjs
from tests.store.samples import stored_article

NOW = datetime(2025, 8, 25, tzinfo=UTC)


def parse(body: bytes) -> ParsedFeed:
    return parse_feed(body, url="file:///wire", now=NOW)


@pytest.mark.parametrize(
    "body",
    [newsml(), newsml(envelope=True), ninjs(1), ninjs(2), ninjs(3), b"[" + ninjs(3) + b"]",
     b'{"items":[' + ninjs(2) + b"]}"],
    ids=["newsml-g2", "news message", "ninjs 1", "ninjs 2", "ninjs 3", "list of ninjs", "envelope of ninjs"],
)  # fmt: skip
def test_an_item_is_read(body: bytes) -> None:
    (entry,) = parse(body).entries
    assert entry.delivered is not None
    assert (entry.title, entry.lang) == ("Oslo closes its northern quay over cracks", "en-GB")
    assert (entry.delivered.agency, entry.delivered.version, entry.delivered.withdrawn) == ("Reuters", "1", False)
    assert entry.content.count("<p>") == 3
    assert "make room for them &amp; their cargo" in entry.content
    assert (entry.authors[0].endswith("Ann Writer"), entry.key) == (True, entry.url)
    assert entry.published is not None


@pytest.mark.parametrize("status", ["canceled", "withheld"])
def test_what_must_not_be_used_is_a_withdrawal(status: str) -> None:
    for body in (newsml(2, status=status, text=()), ninjs(2, 2, status=status, text=()), ninjs(3, 2, status=status)):
        (entry,) = parse(body).entries
        assert entry.delivered is not None
        assert (entry.delivered.withdrawn, entry.delivered.mark) == (True, VersionKind.WITHDRAWAL)


def test_a_later_version_is_an_update_or_what_its_signal_says() -> None:
    corrected = newsml(3, extra='<signal qcode="sig:correction"/>')
    marks = [parse(body).entries[0].delivered for body in (newsml(1), newsml(2), corrected)]
    assert [delivery.mark.value for delivery in marks if delivery] == ["original", "update", "correction"]


def test_versions_share_a_guid_and_have_names_of_their_own() -> None:
    first, second = parse(newsml(1)).entries[0], parse(newsml(2)).entries[0]
    assert first.delivered is not None
    assert second.delivered is not None
    assert first.delivered.guid == second.delivered.guid
    assert len({first.key, second.key}) == len({first.url, second.url}) == 2
    (http,) = parse(newsml(guid="http://agency.example/items/1")).entries
    assert http.url == "urn:item:http://agency.example/items/1:1"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (newsml(kind="picture"), "1 items are no text (picture)"),
        (newsml(text=()), "1 items have no text"),
        (newsml(guid=""), "1 items have no guid"),
        (ninjs(3, type="video"), "1 items are no text (video)"),
        (ninjs(2, uri=""), "1 items have no guid"),
    ],
)
def test_what_is_no_text_is_counted(body: bytes, problem: str) -> None:
    feed = parse(body)
    assert (feed.entries, feed.problems) == ((), (problem,))


def test_half_an_item_is_refused() -> None:
    with pytest.raises(FeedError, match="not well-formed"):
        parse(newsml()[:-400])


def test_a_package_lists_pages_and_carries_items() -> None:
    package = """<newsMessage xmlns="http://iptc.org/std/nar/2006-10-01/"><itemSet>
      <packageItem guid="p" version="1"><groupSet><group>
      <itemRef href="https://o.example/story" contenttype="text/html"><headline>A page</headline></itemRef>
      <itemRef residref="urn:elsewhere"/><itemRef residref="urn:here"/></group></groupSet></packageItem>
      <newsItem guid="urn:here" version="1"><contentSet>
      <inlineData>One paragraph.\nAnother.</inlineData></contentSet></newsItem>
      </itemSet></newsMessage>"""
    feed = parse(package.encode())
    assert [(entry.url, entry.title) for entry in feed.entries] == [
        ("https://o.example/story", "A page"),
        ("urn:here:1", ""),
    ]
    assert feed.entries[1].content == "<p>One paragraph.</p>\n<p>Another.</p>"
    assert feed.problems == ("1 references of packages lead to no page",)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "wire").mkdir()
    return tmp_path / "wire"


@pytest.fixture
def config(folder: Path, tmp_path: Path) -> Config:
    (tmp_path / "feeds.toml").write_text(f'[[feed]]\noutlet = "The Wire"\nurl = "{folder.as_uri()}"\nlang = "en"\n')
    return load(tmp_path / "feeds.toml", {"COPYDESK_HOME": str(tmp_path / "home")})


def passes(config: Config, hours: int = 0) -> dict[str, int]:
    at = datetime.now(UTC) + timedelta(hours=hours)
    return dict(steps.run_once(config, at)[0].counts)


def test_from_a_folder_to_a_story_and_out_of_it_again(config: Config, folder: Path) -> None:
    (folder / "q1-v1.xml").write_bytes(newsml(1))
    (folder / "half.xml.part").write_bytes(newsml(1, guid="urn:half")[:900])
    assert passes(config)["new"] == 1
    with steps.open_for(config) as store:
        (story,) = views.stories(store, 9)
        (_, _, (copy,)) = views.one_story(store, story.id)
        article = stored_article(store, copy.article_id).article
    assert (story.agency, story.title) == ("Reuters", "Oslo closes its northern quay over cracks")
    assert article.body == (TEXT[0].partition(" - ")[2], *TEXT[1:])
    assert article.dateline is not None
    assert article.byline == ("By Ann Writer",)
    (folder / "copy-of-v1.xml").write_bytes(newsml(1))
    (folder / "q1-v2.xml").write_bytes(newsml(2, status="canceled", text=()))
    assert passes(config, 3)["new"] == 1
    assert passes(config, 6)["not-modified"] == 1
    with steps.open_for(config) as store:
        (story,) = views.stories(store, 9)
    assert (story.withdrawn, story.copies) == (True, 2)


def test_an_update_is_a_version_of_its_story(config: Config, folder: Path) -> None:
    (folder / "v1.json").write_bytes(ninjs(2, 1))
    passes(config)
    (folder / "v2.json").write_bytes(
        ninjs(2, 2, text=(*TEXT, "A fourth crack was found on Monday, the authority said."))
    )
    passes(config, 3)
    with steps.open_for(config) as store:
        (story,) = views.stories(store, 9)
        body = views.one_story(store, story.id)[1][-1].body
    assert (story.copies, len(body)) == (2, 4)


def test_a_withdrawal_before_the_item_makes_no_story(config: Config, folder: Path) -> None:
    (folder / "v2.json").write_bytes(ninjs(3, 2, status="canceled", text=()))
    (folder / "v1.json").write_bytes(ninjs(3, 1))
    assert passes(config)["new"] == 0
    with steps.open_for(config) as store:
        assert views.stories(store, 9) == []


def test_a_broken_file_is_told_and_read_when_it_is_whole(config: Config, folder: Path) -> None:
    (folder / "a.xml").write_bytes(newsml()[:-400])
    (folder / "b.json").write_bytes(ninjs())
    assert passes(config)["new"] == 1
    with steps.open_for(config) as store:
        assert "a.xml: not well-formed" in views.feed_rows(store)[0].last_detail
    (folder / "a.xml").write_bytes(newsml())
    assert passes(config, 3)["new"] == 1


def test_links_out_of_the_folder_are_not_followed(config: Config, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_bytes(ninjs())
    (folder / "link.json").symlink_to(tmp_path / "secret.json")
    (folder / ".hidden.json").write_bytes(ninjs())
    assert passes(config)["new"] == 0


def test_a_file_of_any_name_is_told(config: Config, folder: Path) -> None:
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff\xfe.xml")).write_bytes(b"<html>")
    (folder / "b.json").write_bytes(ninjs())
    assert passes(config)["new"] == 1
    with steps.open_for(config) as store:
        assert views.feed_rows(store)[0].last_detail == ".xml: HTML instead of a feed"


def test_a_folder_that_is_not_there_is_told(config: Config, folder: Path) -> None:
    folder.rmdir()
    assert passes(config)["not-found"] == 1


@pytest.mark.parametrize(
    "line", ['url = "file://host/x"', 'url = "/etc"', 'url = "https://o.example/f"\nzone = "Mars/One"']
)
def test_a_feed_names_a_folder_in_full_and_a_zone_that_is_one(tmp_path: Path, line: str) -> None:
    (tmp_path / "feeds.toml").write_text(f'[[feed]]\noutlet = "O"\n{line}\n')
    with pytest.raises(ConfigError):
        load(tmp_path / "feeds.toml", {})
