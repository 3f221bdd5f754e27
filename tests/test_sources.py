"""Finding, listing and comparing feeds; sitemaps that others list."""

# ruff: noqa: E501 - pages and tables have long lines

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import steps
from pipeline.config import add_feeds, load, with_feeds
from pipeline.errors import ConfigError, FeedError
from pipeline.feeds.discover import linked_feeds, listed_sitemaps
from pipeline.feeds.duplicates import duplicate_feeds
from pipeline.feeds.opml import read_opml, write_opml
from pipeline.model import CarriedEntries, FeedSpec, Outcome
from pipeline.steps.find_feeds import find_feeds, read_sources
from pipeline.store.reads import views
from tests.cli.process import copydesk
from tests.serving import serving

NOW = datetime(2025, 8, 25, 12, tzinfo=UTC)
RSS = b"<rss version='2.0'><channel><title>The Outlet</title><item><link>https://o.example/1</link></item></channel></rss>"


def sitemap(*names: str) -> bytes:
    rows = "".join(f"<url><loc>https://o.example/{name}</loc></url>" for name in names)
    return f"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{rows}</urlset>".encode()


def index(port: int, **modified: str) -> bytes:
    rows = "".join(
        f"<sitemap><loc>http://127.0.0.1:{port}/{name}</loc>{f'<lastmod>{at}</lastmod>' if at else ''}</sitemap>"
        for name, at in modified.items()
    )
    return f"<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{rows}</sitemapindex>".encode()


@pytest.fixture
def site() -> Iterator[tuple[dict[str, bytes], int]]:
    bodies: dict[str, bytes] = {}
    with serving(bodies) as port:
        yield bodies, port


def config(folder: Path, port: int, path: str) -> Path:
    file = folder / "feeds.toml"
    allow = f'[fetch]\nhost_gap = 0\nallow = ["127.0.0.1:{port}"]\n'
    file.write_text(f'{allow}[[feed]]\noutlet = "O"\nurl = "http://127.0.0.1:{port}{path}"\n')
    return file


def polled(file: Path, now: datetime) -> dict[str, int]:
    settings = load(file, {"COPYDESK_HOME": str(file.parent / "home")})
    return steps.poll_feeds(settings, [n for batch in steps.due_feeds(settings, now) for n in batch], now).counts


def detail(file: Path) -> str:
    with steps.open_for(load(file, {"COPYDESK_HOME": str(file.parent / "home")})) as store:
        return views.feed_rows(store)[0].last_detail


def test_the_newest_sitemaps_of_an_index_are_read(tmp_path: Path, site: tuple[dict[str, bytes], int]) -> None:
    bodies, port = site
    bodies |= {f"/s{n}.xml": sitemap(f"story-{n}") for n in range(8)} | {"/news.xml": gzip.compress(sitemap("news"))}
    dates = {f"s{n}.xml": f"2025-08-{10 + n}T00:00:00Z" for n in range(8)}
    bodies["/index.xml"] = index(port, **dates, **{"news.xml": "2025-08-01T00:00:00Z"})
    file = config(tmp_path, port, "/index.xml")
    assert polled(file, NOW) == {"new": 5, "ok": 1}
    with steps.open_for(load(file, {"COPYDESK_HOME": str(tmp_path / "home")})) as store:
        assert {row.url[18:] for row in views.entry_rows(store, 9)} == {
            "news",
            "story-7",
            "story-6",
            "story-5",
            "story-4",
        }
    bodies["/s7.xml"] = sitemap("story-7", "story-9")
    bodies["/index.xml"] = index(port, **dates | {"s7.xml": "2025-08-27T00:00:00Z"})
    assert polled(file, NOW + timedelta(days=3))["new"] == 1


def test_a_sitemap_that_fails_is_told_and_the_others_are_read(
    tmp_path: Path, site: tuple[dict[str, bytes], int]
) -> None:
    bodies, port = site
    bodies |= {"/index.xml": index(port, **{"a.xml": "", "b.xml": ""}), "/a.xml": sitemap("a")}
    file = config(tmp_path, port, "/index.xml")
    assert polled(file, NOW) == {"new": 1, "ok": 1}
    assert "b.xml: not-found" in detail(file)
    bodies |= {"/b.xml": sitemap("b")}
    assert polled(file, NOW + timedelta(days=2))["new"] == 1
    del bodies["/a.xml"], bodies["/b.xml"]
    assert polled(file, NOW + timedelta(days=4)) == {"new": 0, "not-found": 1}


def paged(port: int, number: int, rel: str = "next", last: int = 99) -> bytes:
    older = f'<atom:link rel="{rel}" href="http://127.0.0.1:{port}/f{number + 1}"/>' if number < last else ""
    return (
        f'<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>{older}<item><link>https://o.example/{number}</link></item>'
        f"<item><link>https://o.example/{number + 1}</link></item></channel></rss>"
    ).encode()


@pytest.mark.parametrize(
    ("rel", "last", "new"), [("next", 3, 5), ("prev-archive", 3, 5), ("next", 99, 7), ("prev", 99, 2)]
)
def test_a_first_poll_reads_older_pages_up_to_a_bound(
    tmp_path: Path, site: tuple[dict[str, bytes], int], rel: str, last: int, new: int
) -> None:
    bodies, port = site
    bodies |= {f"/f{n}": paged(port, n, rel, last) for n in range(12)}
    file = config(tmp_path, port, "/f0")
    file.write_text(file.read_text().replace("[fetch]", "[fetch]\nconcurrency = 1"))
    assert polled(file, NOW) == {"new": new, "ok": 1}
    # Not again: what is older is stored.
    bodies["/f0"] = paged(port, 20, rel)
    assert polled(file, NOW + timedelta(days=2)) == {"new": 2, "ok": 1}


def test_an_older_page_that_fails_is_told_and_a_circle_ends(tmp_path: Path, site: tuple[dict[str, bytes], int]) -> None:
    bodies, port = site
    bodies |= {"/f0": paged(port, 0), "/f1": paged(port, 1)}
    file = config(tmp_path, port, "/f0")
    assert polled(file, NOW) == {"new": 3, "ok": 1}
    assert f"http://127.0.0.1:{port}/f2: not-found" in detail(file)
    bodies["/g0"] = bodies["/f0"].replace(b"/f1", b"/g0")
    circle_file = config(tmp_path, port, "/g0")
    assert polled(circle_file, NOW) == {"new": 0, "ok": 1}


# ---------------------------------------------------------------- finding


@pytest.mark.parametrize(
    ("bodies", "path", "via"),
    [
        ({"/": RSS}, "/", "the address itself"),
        ({"/": b"<html><head><link rel='alternate' type='application/rss+xml' href='f.xml'></head><p>x</html>", "/f.xml": RSS}, "/f.xml", "a link of the page"),
        ({"/": b"<html><body><a href='/service/rss'>RSS</a></body></html>", "/service/rss": RSS}, "/service/rss", "a link of the page"),
        ({"/": b"<html><body>x</body></html>", "/feed.xml": RSS}, "/feed.xml", "a usual place"),
        ({"/": b"<html><body>x</body></html>", "/robots.txt": b"Sitemap: /news.xml", "/news.xml": sitemap("a")}, "/news.xml", "robots.txt"),
    ],
)  # fmt: skip
def test_a_sites_feed_is_found(tmp_path: Path, site: tuple[dict[str, bytes], int], bodies: dict[str, bytes], path: str, via: str) -> None:  # fmt: skip
    served, port = site
    served |= bodies
    settings = load(config(tmp_path, port, "/"), {})
    (candidate,) = find_feeds(settings, f"http://127.0.0.1:{port}/", (), NOW)
    assert (candidate.url, candidate.via) == (f"http://127.0.0.1:{port}{path}", via)


def test_links_of_a_page_are_addresses_and_comments_come_last() -> None:
    page = b"""<link rel="alternate" type="application/atom+xml" href="/comments/feed" title="Comments">
      <link rel="alternate" type="application/rss+xml" href="file:///etc/passwd"><link rel="alternate" href="/de" hreflang="de">
      <link rel="ALTERNATE feed" type="application/feed+json" href="//cdn.example/f.json"><a href="http://[bad/rss">x</a>"""
    assert linked_feeds(page, "https://o.example/") == ("https://cdn.example/f.json", "https://o.example/comments/feed")
    assert linked_feeds(b"", "https://o.example/") == ()


def test_sitemaps_of_robots_with_news_first() -> None:
    robots = "User-agent: *\nSitemap: https://o.example/all.xml\nSITEMAP:/news.xml\nsitemap: file:///etc"
    assert listed_sitemaps(robots, "https://o.example/") == ("https://o.example/news.xml", "https://o.example/all.xml")


def test_add_writes_the_feed_and_keeps_the_file(tmp_path: Path, site: tuple[dict[str, bytes], int]) -> None:
    bodies, port = site
    bodies |= {"/": b"<html><link rel=alternate type=application/rss+xml href=/f.xml></html>", "/f.xml": RSS}
    file = config(tmp_path, port, "/other")
    file.write_text("# my feeds\n" + file.read_text())
    words = ("feeds", "add", f"http://127.0.0.1:{port}/", "--country", "in", "--zone", "Asia/Kolkata", "--json")
    first = copydesk(*words, "--feeds", str(file), home=tmp_path)
    assert json.loads(first.stdout)["added"] is True
    second_run = copydesk(*words, "--feeds", str(file), home=tmp_path)
    assert json.loads(second_run.stdout)["added"] is False
    assert file.read_text().startswith("# my feeds\n")
    assert load(file, {}).feeds[1] == FeedSpec(
        f"http://127.0.0.1:{port}/f.xml", "The Outlet", "IN", zone="Asia/Kolkata"
    )


def test_what_is_no_site_or_zone_is_said(tmp_path: Path) -> None:
    for words, says in ((("file:///etc",), "not an http(s) address"), (("http://127.0.0.1:9/",), "guard")):
        result = copydesk("feeds", "add", *words, home=tmp_path)
        assert result.returncode in (1, 2)
        assert says in result.stderr
    assert not (tmp_path / "feeds.toml").exists()


def test_files_and_folders_are_checked_as_the_poller_reads_them(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.xml").write_bytes(RSS)
    (tmp_path / "in" / "b.xml").write_bytes(b"<html>")
    (tmp_path / "big.xml").write_bytes(bytes(11_000_000))
    settings = load(None, {"COPYDESK_HOME": str(tmp_path)})
    specs = [FeedSpec(str(tmp_path / name), "") for name in ("in", "big.xml")]
    folder, big = read_sources(settings, specs, (), NOW)
    assert folder.parsed is not None
    assert (len(folder.parsed.entries), folder.detail) == (1, "b.xml: HTML instead of a feed")
    assert (big.outcome, big.parsed) == (Outcome.TOO_LARGE, None)


def test_a_saved_file_is_read_as_from_its_address(tmp_path: Path) -> None:
    (tmp_path / "saved.xml").write_bytes(RSS.replace(b"https://o.example/1", b"2025/quay"))
    words = ("feeds", "check", "saved.xml", "--json")
    result = copydesk(*words, "--url", "https://o.example/feeds/all.xml", home=tmp_path)
    (record,) = map(json.loads, result.stdout.splitlines())
    assert (record["source"], record["entries"][0]["url"]) == ("saved.xml", "https://o.example/feeds/2025/quay")
    assert json.loads(copydesk(*words, home=tmp_path).stdout)["entries"] == []
    assert copydesk(*words, "--url", "o.example", home=tmp_path).returncode == 2


# ---------------------------------------------------------------- OPML and feeds.toml

OPML = b"""<opml version="1.0"><body><outline text="News"><outline type="rss" text="Post World" xmlUrl="https://post.example/world" htmlUrl="https://post.example/"/>
  <outline text="Post Sport" xmlUrl="https://www.post.example/sport" htmlUrl="https://www.post.example/" language="en-GB"/></outline>
  <outline title="Lone &amp; Co" xmlUrl="http://lone.example/f"/><outline xmlUrl="file:///etc/passwd"/><outline text="A note"/>
  <outline xmlUrl="http://lone.example/f"/></body></opml>"""


def test_opml_lists_feeds_and_one_sites_feeds_are_one_outlets() -> None:
    feeds = read_opml(OPML)
    assert [(feed.url, feed.outlet, feed.lang) for feed in feeds] == [
        ("https://post.example/world", "Post", ""),
        ("https://www.post.example/sport", "Post", "en-gb"),
        ("http://lone.example/f", "lone.example", ""),
    ]


@pytest.mark.parametrize("body", [b"<html/>", b"", b"plain", b"<opml>" + b"<outline>" * 100_000])
def test_what_is_no_opml_is_said(body: bytes) -> None:
    with pytest.raises(FeedError):
        read_opml(body)


NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp", "Cn", "Co")), min_size=1, max_size=30)
SPECS = st.builds(
    FeedSpec, st.integers(0, 10**6).map(lambda n: f"https://o.example/{n}"), NAMES.filter(lambda name: "<" not in name and "&" not in name),
    st.sampled_from(["", "IN", "US"]), st.sampled_from(["", "en"]), st.booleans(), st.booleans(), st.sampled_from(["", "Asia/Kolkata"]),
)  # fmt: skip


@given(st.lists(SPECS, max_size=5, unique_by=lambda feed: feed.url))
def test_exported_feeds_come_back_whole(feeds: list[FeedSpec]) -> None:
    assert sorted(read_opml(write_opml(feeds)), key=lambda feed: feed.url) == sorted(feeds, key=lambda feed: feed.url)


@given(st.lists(SPECS.map(lambda feed: feed), max_size=4, unique_by=lambda feed: feed.url), st.text(max_size=40))
def test_appended_feeds_are_read_as_written(feeds: list[FeedSpec], odd: str) -> None:
    import tomllib

    specs = [FeedSpec(feed.url, f"{feed.outlet}{odd}", feed.country) for feed in feeds]
    rows = tomllib.loads(with_feeds("# kept\nhome = 'x'\n", specs)).get("feed", [])
    assert [row["url"] for row in rows] == [feed.url for feed in specs]
    assert [row["outlet"].replace("\x7f", "") for row in rows] == [feed.outlet.replace("\x7f", "") for feed in specs]


def test_a_file_whose_feeds_are_no_tables_is_left_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "feeds.toml"
    file.write_text("feed = []\n")
    with pytest.raises(ConfigError, match="cannot be appended"):
        add_feeds(file, [FeedSpec("https://o.example/f", "O")])
    assert file.read_text() == "feed = []\n"


def test_opml_in_and_out_by_command(tmp_path: Path) -> None:
    (tmp_path / "in.opml").write_bytes(OPML)
    assert "3 feeds added, 0 were there" in copydesk("feeds", "import", "in.opml", home=tmp_path).stderr
    assert "0 feeds added, 3 were there" in copydesk("feeds", "import", "in.opml", home=tmp_path).stderr
    copydesk("feeds", "export", "--out", "out.opml", home=tmp_path)
    assert set(read_opml((tmp_path / "out.opml").read_bytes())) == set(read_opml(OPML))


# ---------------------------------------------------------------- duplicates


def carried(feed_id: int, *batches: tuple[float, range], final_url: str = "", self_url: str = "") -> CarriedEntries:
    """``batches``: hours after which these entries were first seen in the feed."""
    first_seen = {f"//o.example/{n}": NOW + timedelta(hours=hours) for hours, keys in reversed(batches) for n in keys}
    return CarriedEntries(feed_id, f"https://o.example/feed{feed_id}", final_url, self_url, first_seen)


def test_feeds_with_the_same_entries_are_one() -> None:
    feeds = [carried(2, (0, range(20))), carried(1, (0, range(19))), carried(3, (0, range(15, 40)))]
    (pair,) = duplicate_feeds(feeds)
    assert (pair.feed_id, pair.other_id, pair.reason) == (1, 2, "19 of 20 entries are the same")


def test_nine_entries_are_too_few() -> None:
    assert duplicate_feeds([carried(1, (0, range(9))), carried(2, (0, range(9)))]) == []


def test_a_section_is_not_its_main_feed() -> None:
    main = carried(1, (0, range(30)), (25, range(30, 60)))
    section = carried(2, (24, range(12)), (25, range(30, 40)))
    assert duplicate_feeds([main, section]) == []


def test_a_feed_that_was_added_later_is_found_by_what_came_since() -> None:
    feeds = [carried(1, (0, range(20)), (25, range(20, 32))), carried(2, (24, range(8, 20)), (25, range(20, 32)))]
    assert [pair.reason for pair in duplicate_feeds(feeds)] == ["12 of 12 entries are the same"]


def test_feeds_that_lead_to_one_address_are_one_unless_their_entries_differ() -> None:
    same = "https://www.o.example/all"
    assert len(duplicate_feeds([carried(1, (0, range(3)), final_url=same), carried(2, final_url=same)])) == 1
    address = "https://o.example/main"
    feeds = [carried(1, (0, range(20)), self_url=address), carried(2, (0, range(20, 40)), self_url=address)]
    assert duplicate_feeds(feeds) == []


def test_duplicates_by_command(tmp_path: Path, site: tuple[dict[str, bytes], int]) -> None:
    bodies, port = site
    bodies |= {"/a": sitemap(*map(str, range(12))), "/b": sitemap(*map(str, range(12)))}
    file = config(tmp_path, port, "/a")
    file.write_text(f'{file.read_text()}[[feed]]\noutlet = "P"\nurl = "http://127.0.0.1:{port}/b"\n')
    polled(file, datetime.now(UTC))
    result = copydesk("feeds", "duplicates", "--json", "--feeds", str(file), home=tmp_path)
    assert json.loads(result.stdout)["shared"] == 1.0
