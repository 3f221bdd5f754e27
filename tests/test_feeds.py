"""Feeds of every format, and what is none."""

# ruff: noqa: E501 - feeds have long lines

from __future__ import annotations

import gzip
import io
import tarfile
import warnings
from datetime import UTC, datetime

import feedparser
import pytest

from pipeline.errors import FeedError
from pipeline.feeds import parse_feed
from pipeline.model import ParsedFeed
from tests.corpus import corpus

NOW = datetime(2025, 8, 25, tzinfo=UTC)
RSS = """<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>The &lt;b&gt;Feed&lt;/b&gt;</title>
<item><title>One &amp;amp; two</title><link>/story/1?utm_source=rss#top</link><pubDate>Sun, 24 Aug 2025 08:40:00 IST</pubDate>
<dc:creator>Ann</dc:creator><description>&lt;p&gt;Some text&lt;/p&gt;</description></item>
<item><title>Bad</title><link>javascript:alert(1)</link></item>
<item><title>Far</title><guid isPermaLink="false">g3</guid><link>https://o.example/3</link><pubDate>Sun, 24 Aug 2031 08:40:00 GMT</pubDate></item>
</channel></rss>"""


def parse(body: str | bytes, country: str = "", media_type: str = "application/xml") -> ParsedFeed:
    raw = body.encode() if isinstance(body, str) else body
    return parse_feed(raw, url="https://o.example/feed", media_type=media_type, country=country, now=NOW)


def test_rss() -> None:
    feed = parse(RSS, "IN")
    first, far = feed.entries
    assert (feed.format, feed.title) == ("rss20", "The Feed")
    assert (first.url, first.title, first.summary) == (
        "https://o.example/story/1?utm_source=rss",
        "One & two",
        "Some text",
    )
    assert (first.key, first.authors) == ("//o.example/story/1", ("Ann",))
    assert first.published is not None
    assert first.published.value == datetime(2025, 8, 24, 3, 10, tzinfo=UTC)
    assert (far.key, far.published) == ("g3", None)
    assert feed.problems == (
        "1 dates lie in the future or before 1990 and are left out",
        "1 entries have no usable link",
    )


@pytest.mark.parametrize(("country", "hour"), [("IN", 3), ("IL", 6), ("IE", 7)])
def test_a_zone_name_means_what_it_means_in_its_country(country: str, hour: int) -> None:
    published = parse(RSS, country).entries[0].published
    assert published is not None
    assert published.value.astimezone(UTC).hour == hour


def test_json_feed() -> None:
    body = """{"version": "https://jsonfeed.org/version/1.1", "title": "J", "items": [
      {"id": "1", "url": "https://o.example/1", "title": "T", "content_html": "<p>x</p>", "date_published": "2025-08-24T08:40:00+02:00"},
      {"id": "2"}, "odd"]}"""
    feed = parse(body)
    assert (feed.format, [entry.key for entry in feed.entries]) == ("json11", ["1", "2"])
    assert feed.problems == ("1 entries have no usable link",)
    assert feed.entries[0].content == "<p>x</p>"


def test_news_sitemap() -> None:
    body = """<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
      xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>https://o.example/1</loc><news:news>
      <news:publication_date>2025-08-24</news:publication_date><news:title>T</news:title></news:news></url></urlset>"""
    (entry,) = parse(body).entries
    assert (entry.title, entry.published and entry.published.precision.value) == ("T", "day")


@pytest.mark.parametrize(
    "body",
    ["", "   ", "<html><body>Moved</body></html>", "{}", "[1]", "{broken", "plain words", b"\x00\x01\x02", "<urlset/>",
     "<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'/>"],
)  # fmt: skip
def test_what_is_no_feed_is_said(body: str | bytes) -> None:
    with pytest.raises(FeedError, match=r"https://o\.example/feed"):
        parse(body)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_odd_encodings_are_read(encoding: str) -> None:
    title = "Übermäßig — 東京"
    declared = "" if encoding.startswith("utf-8") else f'<?xml version="1.0" encoding="{encoding}"?>'
    rss = f"{declared}<rss version='2.0'><channel><item><title>{title}</title><link>https://o.example/1</link></item></channel></rss>"
    json_feed = f'{{"items": [{{"id": "1", "url": "https://o.example/1", "title": "{title}"}}]}}'
    sitemap = f"{declared}<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><url><loc>https://o.example/1</loc><title>{title}</title></url></urlset>"
    for text in (rss, json_feed, sitemap):
        for body in (text.encode(encoding), gzip.compress(text.encode(encoding))):
            assert [entry.title for entry in parse(body).entries] == [title], text[:40]


def test_what_no_database_keeps_is_left_out() -> None:
    body = '{"items": [{"id": "a\\u0000b", "url": "https://o.example/1", "title": "x\\ud83dy \\ud83d\\ude00"}]}'
    (entry,) = parse(body.encode().replace(b"\\\\u", b"\\u")).entries
    assert (entry.key, entry.title) == ("ab", "xy \U0001f600")


def test_a_guid_that_several_entries_share_names_none_of_them() -> None:
    rows = "".join(
        f"<item><guid isPermaLink='false'>g</guid><link>https://o.example/{n}</link></item>" for n in range(3)
    )
    feed = parse(f"<rss version='2.0'><channel>{rows}</channel></rss>")
    assert [entry.key for entry in feed.entries] == ["//o.example/0", "//o.example/1", "//o.example/2"]


def test_the_outlets_own_address_beats_that_of_a_counting_service() -> None:
    body = """<rss version="2.0" xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"><channel><item>
      <link>https://counter.example/~r/1</link><feedburner:origLink>https://o.example/1</feedburner:origLink></item></channel></rss>"""
    assert [entry.url for entry in parse(body).entries] == ["https://o.example/1"]


def test_entities_do_not_grow() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    body = (
        bomb
        + "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><url><loc>https://o.example/&b;</loc></url></urlset>"
    )
    assert all("aaaa" not in entry.url for entry in parse(body).entries)


def test_no_entry_is_lost_that_feedparser_finds() -> None:
    warnings.simplefilter("ignore")
    read = 0
    for archive in sorted(corpus("feeds").glob("*.tar.gz")):
        with tarfile.open(archive) as files:
            for member in [member for member in files if member.isfile()][::8]:
                body = files.extractfile(member).read()  # type: ignore[union-attr]
                try:
                    found = len(parse(body).entries)
                except FeedError:
                    found = 0
                theirs = feedparser.parse(io.BytesIO(body)).entries
                assert found >= sum(str(row.get("link", "")).startswith("http") for row in theirs), member.name
                read += 1
    assert read > 300
