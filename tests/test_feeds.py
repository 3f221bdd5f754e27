"""Feeds of every format, and what is none."""

# ruff: noqa: E501 - feeds have long lines

from __future__ import annotations

import gzip
import io
import tarfile
import time
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime

import feedparser
import pytest

from pipeline.errors import CopydeskError, FeedError
from pipeline.feeds import parse_feed
from pipeline.feeds.apart import feed_children
from pipeline.model import ParsedFeed
from pipeline.process_pool import TimeLimits
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


# What feedparser reads: hours or days off, or nothing. The outlet is in India where no zone is told.
WRONG_BY_FEEDPARSER = {
    "Sun, 24 Aug 2025 08:40:00 IST": "2025-08-24T03:10",
    "Sun, 24 Aug 2025 08:40:00 KST": "2025-08-23T23:40",
    "Sun, 24 Aug 2025 08:40:00 JST": "2025-08-23T23:40",
    "Sun, 24 Aug 2025 08:40:00 CEST": "2025-08-24T06:40",
    "Sun, 24 Aug 2025 08:40:00 AEST": "2025-08-23T22:40",
    "Sun, 24 Aug 25 08:40:00 IST": "2025-08-24T03:10",
    "Sunday, 24-Aug-25 08:40:00 GMT": "2025-08-24T08:40",
    "2025-08-24T08:40:00": "2025-08-24T03:10",
    "2025-08-24T08:40": "2025-08-24T03:10",
    "2025-08-24 08:40:00 +0530": "2025-08-24T03:10",
    "20250824T084000Z": "2025-08-24T08:40",
    "Sun Aug 24 08:40:00 2025": "2025-08-24T03:10",
    "Sun Aug 24 08:40:00 IST 2025": "2025-08-24T03:10",
    "Sun, 24 Aug 2025 08:40:00 GMT+5:30": "2025-08-24T03:10",
    "Sun, 24 Aug 2025 8:40 PM EDT": "2025-08-25T00:40",
    "Sat, 23 Aug 2025 24:00:00 GMT": "2025-08-24T00:00",
    "24/08/2025 08:40": "2025-08-24T03:10",
    "08/09/2024 10:00": "2024-09-08T04:30",
    "Aug 24, 2025 8:40 am": "2025-08-24T03:10",
    "1756024800": "2025-08-24T08:40",
    "So, 24 Aug 2025 08:40:00 +0200": "2025-08-24T06:40",
    "So, 24. August 2025 08:40:00 +0200": "2025-08-24T06:40",
    "dim., 24 août 2025 08:40:00 +0200": "2025-08-24T06:40",
    "dom, 24 ago 2025 08:40:00 -0300": "2025-08-24T11:40",
    "domingo, 24 de agosto de 2025 08:40:00 -0300": "2025-08-24T11:40",
    "Вс, 24 авг 2025 08:40:00 +0300": "2025-08-24T05:40",
    "воскресенье, 24 августа 2025, 08:40": "2025-08-24T03:10",
}


def dated(text: str) -> str:
    return RSS.replace("Sun, 24 Aug 2025 08:40:00 IST", text)


@pytest.mark.parametrize("text", WRONG_BY_FEEDPARSER)
def test_dates_are_right_where_feedparsers_are_wrong(text: str) -> None:
    right = datetime.fromisoformat(WRONG_BY_FEEDPARSER[text]).replace(tzinfo=UTC)
    theirs = feedparser.parse(io.BytesIO(dated(text).encode())).entries[0].get("published_parsed")
    assert theirs is None or datetime(*theirs[:6], tzinfo=UTC) != right
    published = parse(dated(text), "IN").entries[0].published
    assert published is not None
    assert published.value == right


@pytest.mark.parametrize(
    "text", ["2025-08-23T24:00:00Z", "Sun, 24 Aug 2025 00:00:00 GMT", "Sat, 23 Aug 2025 19:00 EST"]
)
def test_dates_that_feedparser_reads_are_read_alike(text: str) -> None:
    published = parse(dated(text), "IN").entries[0].published
    assert published is not None
    assert published.value == datetime(2025, 8, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["Sun, 24 Aug 2031 08:40:00 GMT", "2025-08-26T00:01:00Z", "Thu, 01 Jan 1970 00:00:00 GMT"]
)
def test_dates_that_cannot_be_are_left_out(text: str) -> None:
    assert parse(dated(text), "IN").entries[0].published is None
    assert parse(dated("2025-08-25T23:59:00Z"), "IN").entries[0].published is not None


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


RSS_OF_ONE = (
    '<?xml version="1.0" encoding="{}"?><rss version="2.0"><channel><title>T</title>'
    "<item><title>{}</title><link>https://courier.example/1</link></item></channel></rss>"
)


@pytest.mark.parametrize(
    ("declared", "codec", "title"),
    [
        ("euc-kr", "cp949", "여객선이 다시 똠방각하"),
        ("shift_jis", "cp932", "①フェリー再開 髙橋"),
        ("win-1251", "cp1251", "Паром снова ходит"),
        ("iso-8859-1", "cp1252", "“Ferry” – sails again"),
        ("utf-16", "utf-8", "Fähre fährt wieder"),
    ],
)
def test_a_label_means_what_browsers_take_it_for(declared: str, codec: str, title: str) -> None:
    feed = parse(RSS_OF_ONE.format(declared, title).encode(codec))
    assert [entry.title for entry in feed.entries] == [title]
    assert feed.problems == ()


def test_one_broken_byte_costs_one_character_and_is_told() -> None:
    body = RSS_OF_ONE.format("utf-8", "Fähre fährt wieder").encode().replace("ä".encode(), b"\xc3", 1)
    feed = parse(body)
    assert [entry.title for entry in feed.entries] == ["F\ufffdhre fährt wieder"]
    assert feed.problems == ("1 characters that its encoding does not have",)


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


def swept() -> Iterator[tuple[str, bytes]]:
    for archive in sorted(corpus("feeds").glob("*.tar.gz")):
        with tarfile.open(archive) as files:
            for member in files:
                if member.isfile():
                    yield f"{archive.name}: {member.name}", files.extractfile(member).read()  # type: ignore[union-attr]


def named_in_archives() -> int:
    archives = corpus("feeds").glob("*.tar.gz")
    return sum(member.isfile() for archive in archives for member in tarfile.open(archive).getmembers())


def linked(body: bytes) -> int:
    """Entries with a link that feedparser finds."""
    rows = feedparser.parse(io.BytesIO(body), sanitize_html=False, resolve_relative_uris=False).entries
    return sum(str(row.get("link", "")).startswith("http") for row in rows)


def count_entries(body: bytes) -> tuple[int, float]:
    """Entries that we find, and the CPU seconds that took; what is no feed has none. Anything else is raised."""
    warnings.simplefilter("ignore")
    began = time.process_time()
    try:
        entries = len(parse(body).entries)
    except FeedError:
        entries = 0
    return entries, time.process_time() - began


def ended(error: BaseException | None) -> CopydeskError:
    return CopydeskError(f"{type(error).__name__}: {error}")


def test_every_file_is_read_in_time_and_no_entry_lost_that_feedparser_finds() -> None:
    warnings.simplefilter("ignore")
    with feed_children(2) as children:
        under_way = [
            (name, body, children.run(count_entries, TimeLimits(60.0, 600.0), ended, body)) for name, body in swept()
        ]
        ends = {name: future.exception() for name, _, future in under_way}
    assert {name: error for name, error in ends.items() if error} == {}
    reads = {name: (*future.result(), linked(body)) for name, body, future in under_way}
    assert {name: seconds for name, (_, seconds, _) in reads.items() if seconds > 5} == {}
    assert {name: (ours, theirs) for name, (ours, _, theirs) in reads.items() if ours < theirs} == {}
    assert len(reads) == len(under_way) == named_in_archives() > 0
