"""Pages looked at again, over real HTTP, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import schedule, steps
from pipeline.config import Config, load
from pipeline.model import StepReport, Story, Version, VersionKind
from pipeline.store.reads import views

NOW = datetime.now(UTC)
STORY = (
    "The harbour authority closed the northern quay after inspectors found cracks in two of its old pillars.",
    "Ships were sent to the southern basin, where crews worked through the night to make room for all of them.",
    "Repairs will take until spring, the authority said, and cost about four million crowns in the first year.",
    "Fishing boats may use the small pier near the lighthouse until then, if they leave it before noon each day.",
)
ETAG = 'W/"kept: byte, for byte"'


@dataclass
class Site:
    """Pages by path with an ETag each; None for 410. ``requests`` holds (path, If-None-Match) of each request."""

    port: int = 0
    pages: dict[str, str | None] = field(default_factory=dict)
    etags: dict[str, str] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)


@contextmanager
def standing(site: Site) -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            sent_etag = self.headers.get("If-None-Match", "")
            site.requests.append((self.path, sent_etag))
            body, etag = site.pages.get(self.path, ""), site.etags.get(self.path, "")
            same = body and etag and sent_etag == etag
            self.send_response(410 if body is None else 404 if not body else 304 if same else 200)
            raw = b"" if same else (body or "").encode()
            self.send_header("Content-Length", str(len(raw)))
            self.send_header("Content-Type", "text/html; charset=utf-8")
            if etag:
                self.send_header("ETag", etag)
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_words: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    site.port = server.server_address[1]
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()


def page(*text: str, title: str = "Cracks close the northern quay", nonce: str = "") -> str:
    body = "".join(f"<p>{paragraph}</p>" for paragraph in text)
    head = f"<html><head><title>{title}</title></head><body><!-- {nonce} -->"
    return f"{head}<article><h1>{title}</h1>{body}</article></body></html>"


@pytest.fixture
def site() -> Iterator[Site]:
    with standing(Site()) as served_site:
        served_site.pages["/quay"], served_site.etags["/quay"] = page(*STORY), ETAG
        served_site.pages["/rss"] = (
            "<rss version='2.0'><channel><title>O</title><item><title>Cracks close the northern quay</title>"
            f"<link>http://127.0.0.1:{served_site.port}/quay</link></item></channel></rss>"
        )
        yield served_site


@pytest.fixture
def config(site: Site, store_url: str, tmp_path: Path) -> Config:
    file = tmp_path / "feeds.toml"
    file.write_text(
        f'home = "{tmp_path}"\nstore = "{store_url}"\n[fetch]\nhost_gap = 0\nrobots = false\n'
        f'allow = ["127.0.0.1:{site.port}"]\n[[feed]]\noutlet = "O"\nurl = "http://127.0.0.1:{site.port}/rss"\n'
    )
    loaded = load(file, {})
    steps.run_once(loaded, NOW)
    return loaded


def revisit(config: Config, hours: float) -> StepReport:
    return steps.revisit_pages(config, NOW + timedelta(hours=hours))


def story(config: Config) -> tuple[Story, list[Version]]:
    with steps.open_for(config) as store:
        [head] = views.stories(store, 9)
        return head, views.one_story(store, head.id)[1]


def test_a_page_is_looked_at_three_times_and_304_changes_nothing(config: Config, site: Site) -> None:
    assert revisit(config, 0.5).counts == {}
    site.requests.clear()
    assert [revisit(config, hours).counts for hours in (1.1, 1.2, 6.1, 24.1, 48)] == [
        {"unchanged": 1},
        {},
        {"unchanged": 1},
        {"unchanged": 1},
        {},
    ]
    assert site.requests == [("/quay", ETAG)] * 3
    assert [version.number for version in story(config)[1]] == [1]


def test_the_same_bytes_and_the_same_text_in_another_frame_are_no_edit(config: Config, site: Site) -> None:
    site.etags["/quay"] = '"another"'
    assert revisit(config, 1.1).counts == {"unchanged": 1}
    site.pages["/quay"], site.etags["/quay"] = page(*STORY, nonce="2"), '"third"'
    assert revisit(config, 6.1).counts == {"same-text": 1}
    assert site.requests[-1] == ("/quay", '"another"')
    assert revisit(config, 24.1).counts == {"unchanged": 1}
    assert site.requests[-1] == ("/quay", '"third"')
    with steps.open_for(config) as store:
        assert views.table_counts(store)["page"] == 2
    assert [version.number for version in story(config)[1]] == [1]


def test_an_edit_is_a_new_version_of_the_same_story(config: Config, site: Site) -> None:
    edited = (*STORY[:2], STORY[2].replace("four million", "nine million"), STORY[3])
    site.pages["/quay"], site.etags["/quay"] = page(*edited), '"2"'
    report = revisit(config, 1.1)
    assert (report.succeeded, report.counts) == (1, {"edited": 1})
    head, versions = story(config)
    assert (head.copies, [version.kind for version in versions]) == (1, [VersionKind.ORIGINAL, VersionKind.UPDATE])
    assert [version.body for version in versions] == [STORY, edited]
    with steps.open_for(config) as store:
        [record] = store.articles.recent("O", NOW - timedelta(days=2), 9)
        assert record.article.body == edited
        [visited] = store.revisits.load([record.entry_id])
        assert visited.validators.etag == '"2"'
    steps.place_articles(config, NOW + timedelta(hours=2))
    assert len(story(config)[1]) == 2


def test_a_correction_and_a_withdrawal_are_told_as_such(config: Config, site: Site) -> None:
    corrected = (*STORY[:2], STORY[2].replace("four million", "six million"), STORY[3])
    site.pages["/quay"], site.etags["/quay"] = page(*corrected, title="CORRECTION: Cracks close the quay"), '"2"'
    assert revisit(config, 1.1).counts == {"correction": 1}
    notice = "WITHDRAWN: Cracks close the northern quay"
    site.pages["/quay"], site.etags["/quay"] = page(*STORY, title=notice), '"3"'
    assert revisit(config, 6.1).counts == {"withdrawal": 1}
    head, versions = story(config)
    kinds = [VersionKind.ORIGINAL, VersionKind.CORRECTION, VersionKind.WITHDRAWAL]
    assert [version.kind for version in versions] == kinds
    assert head.withdrawn


def test_a_page_that_is_gone_keeps_its_article(config: Config, site: Site) -> None:
    site.pages["/quay"] = ""
    report = revisit(config, 1.1)
    assert (report.failed, report.counts) == (1, {"not-found": 1})
    site.pages["/quay"] = None
    assert revisit(config, 6.1).counts == {"gone": 1}
    assert revisit(config, 24.1).counts == {}
    assert [version.body for version in story(config)[1]] == [STORY]


def test_what_the_feed_calls_edited_is_looked_at_at_once(config: Config, site: Site) -> None:
    assert site.pages["/rss"]
    site.pages["/rss"] = site.pages["/rss"].replace("<title>Cracks", "<title>More cracks")
    site.pages["/quay"], site.etags["/quay"] = page(*STORY[:3], title="More cracks close the quay"), '"2"'
    steps.run_once(config, NOW + timedelta(minutes=40))
    assert [version.title for version in story(config)[1]][1:] == ["More cracks close the quay"]
    with steps.open_for(config) as store:
        assert store.revisits.due(NOW + timedelta(minutes=40)) == []


def test_the_archive_holds_each_page_that_said_something_else(config: Config, site: Site) -> None:
    def files() -> int:
        return sum(path.stat().st_size for path in Path(config.archive).rglob("*") if path.is_file())

    before = files()
    revisit(config, 1.1)
    assert files() == before
    site.pages["/quay"], site.etags["/quay"] = page(*STORY, nonce="2"), '"2"'
    revisit(config, 6.1)
    assert files() > before


@given(
    st.lists(st.tuples(st.integers(0, 99), st.sampled_from("abc"))),
    st.dictionaries(st.sampled_from("abc"), st.integers(0, 5)),
    st.integers(0, 5),
)
def test_no_host_is_asked_more_often_than_its_share(
    due: list[tuple[int, str]], revisited: dict[str, int], most: int
) -> None:
    numbered = [(n, host) for n, (_, host) in enumerate(due)]
    chosen = schedule.revisits_now(numbered, revisited, most)
    for host in "abc":
        listed = [n for n, entry_host in numbered if entry_host == host]
        mine = [n for n in chosen if n in listed]
        assert mine == listed[: max(most - revisited.get(host, 0), 0)]


@given(st.lists(st.floats(0.1, 100)), st.floats(0, 200))
def test_the_next_look_lies_ahead(hours: list[float], passed: float) -> None:
    now = NOW + timedelta(hours=passed)
    next_visit = schedule.next_revisit(NOW, now, hours)
    ahead = [NOW + timedelta(hours=hour) for hour in hours if NOW + timedelta(hours=hour) > now]
    assert next_visit == min(ahead, default=None)


def test_a_feed_that_falls_silent_is_warned_of() -> None:
    times = [NOW - timedelta(hours=hour) for hour in (60, 50, 40, 30)]
    assert schedule.silence(times, NOW - timedelta(hours=1)) == ""
    assert schedule.silence(times, NOW + timedelta(hours=20)) == "nothing new for 50 h, usually every 10.0 h"
    assert schedule.silence(times[:3], NOW + timedelta(days=9)) == ""
