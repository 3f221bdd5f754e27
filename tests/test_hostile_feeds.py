"""Feeds made to choke their reader: each ends in its own child, and the rest of its batch is read."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline import steps
from pipeline.config import load
from pipeline.errors import FeedError
from pipeline.feeds import apart
from pipeline.feeds.apart import FeedJob, feed_children, read_apart
from pipeline.model import Outcome
from pipeline.process_pool import Children, TimeLimits
from pipeline.store.reads import views
from tests.serving import serving

NOW = datetime(2025, 8, 25, tzinfo=UTC)
ITEM = "<item><title>T</title><link>https://o.example/%d</link></item>"


def rss(inside: str) -> bytes:
    return f"<rss version='2.0'><channel><title>F</title>{inside}</channel></rss>".encode()


def attributes(count: int) -> str:
    return " ".join(f"a{n}='b'" for n in range(count))


GOOD = rss(ITEM % 1)
ENTITIES = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
# What is refused, and the words it is refused with.
REFUSED = {
    "100,000 attributes": (rss(f"<item {attributes(100_000)}/>"), "100000 attributes on one tag"),
    "20,000 attributes": (rss(f"<item {attributes(20_000)}/>"), "20000 attributes on one tag"),
    "200,000 comments opened": (rss("<!--" * 200_000), "200000 comments"),
    "200,000 comments": (rss("<!-- -->" * 200_000), "200000 comments"),
    "nested 100,000 deep": (rss("<a>" * 100_000), "deep"),
    "nested 100,000 deep and closed": (rss("<a>" * 100_000 + "</a>" * 100_000), "deep"),
    "sitemap nested 100,000 deep": (b"<urlset xmlns='http://x'>" + b"<url>" * 100_000, "deep"),
    "50,000 namespaces": (rss("".join(f"<x{n}:y xmlns:x{n}='u'/>" for n in range(50_000))), "namespaces"),
    "60 MB": (rss((ITEM % 1) * 1_000_000), "more than 50000000 bytes"),
    "gzip of 100 MB": (gzip.compress(bytes(100_000_000), 1), "more than 50000000 bytes"),
    "half a gzip": (gzip.compress(GOOD)[:-9], "ends early"),
    "JSON nested 100,000 deep": (b'{"items":' + b"[" * 100_000, "not JSON"),
    "JSON with a number of a million figures": (b'{"items":[],"a":' + b"9" * 1_000_000 + b"}", "not JSON"),
}
# What is read, in time, whatever it gives.
READ = {
    "entities in entities": b'<!DOCTYPE x [<!ENTITY e0 "aaaaaaaaaa">' + ENTITIES.encode() + b"]>" + rss("<item><title>&e11;</title><link>https://o.example/1</link></item>"),
    "20,000 comments opened": rss("<!--" * 20_000),
    "20,000 comments opened, then ended": rss("<!--" * 20_000 + "-->" * 20_000 + ITEM % 1),
    "20,000 comments": rss("<!-- -->" * 20_000 + ITEM % 1),
    "20,000 comments, ill-formed": rss("<!-- -->" * 20_000 + ITEM % 1 + "&bad; <br>"),
    "900 attributes": rss(f"<item {attributes(900)}>{(ITEM % 1)[6:]}"),
    "CDATA in CDATA": rss("<![CDATA[" * 50_000),
    "declarations": rss("<!" * 50_000),
    "a feed in gzip": gzip.compress(GOOD),
}  # fmt: skip


@pytest.fixture(scope="module")
def children() -> Iterator[Children]:
    with feed_children() as pool:
        yield pool


def job(body: bytes) -> FeedJob:
    return FeedJob(body, "https://o.example/feed", NOW)


@pytest.mark.parametrize("kind", REFUSED)
def test_what_no_feed_has_is_refused_and_said(children: Children, kind: str) -> None:
    body, says = REFUSED[kind]
    with pytest.raises(FeedError, match=says):
        read_apart(children, job(body)).result()
    assert len(read_apart(children, job(GOOD)).result().entries) == 1


@pytest.mark.parametrize("kind", READ)
def test_what_only_looks_bad_is_read(children: Children, kind: str) -> None:
    feed = read_apart(children, job(READ[kind])).result()
    assert len(feed.entries) <= 1
    assert all(len(entry.title) < 1001 for entry in feed.entries)


def test_what_is_foreseen_by_no_rule_ends_by_time(children: Children, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "LIMITS", TimeLimits(1.0, 60.0))
    hidden = rss("<item " + " ".join(f"a{n}='>'" for n in range(20_000)) + "/>")
    with pytest.raises(FeedError, match="took too long"):
        read_apart(children, job(hidden)).result()
    assert len(read_apart(children, job(GOOD)).result().entries) == 1


def test_what_needs_more_memory_than_a_child_has_ends() -> None:
    with feed_children(memory=240_000_000) as small:
        greedy = small.run(bytearray, TimeLimits(5.0, 60.0), lambda error: FeedError(type(error).__name__), 500_000_000)
        with pytest.raises(FeedError, match="MemoryError"):
            greedy.result()
        with pytest.raises(FeedError, match="too many for a child's memory"):
            read_apart(small, job(rss("<item><title>" + "x" * 45_000_000 + "</title></item>"))).result()
        assert len(read_apart(small, job(GOOD)).result().entries) == 1


def test_the_rest_of_a_batch_is_polled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "LIMITS", TimeLimits(2.0, 60.0))
    bodies = {f"/bad{n}": body for n, (body, _) in enumerate(REFUSED.values()) if len(body) < 5_000_000}
    bodies["/hidden"] = rss("<item " + " ".join(f"a{n}='>'" for n in range(20_000)) + "/>")
    bodies |= {f"/good{n}": GOOD for n in range(3)}
    with serving(bodies) as port:
        feeds = "".join(f'[[feed]]\noutlet = "O{p}"\nurl = "http://127.0.0.1:{port}{p}"\n' for p in bodies)
        (tmp_path / "feeds.toml").write_text(f'[fetch]\nhost_gap = 0\nallow = ["127.0.0.1:{port}"]\n{feeds}')
        config = load(tmp_path / "feeds.toml", {"COPYDESK_HOME": str(tmp_path / "home")})
        report = steps.poll_feeds(config, [n for batch in steps.due_feeds(config, NOW) for n in batch], NOW)
    assert (report.succeeded, report.counts["new"], report.failed) == (3, 3, len(bodies) - 3)
    with steps.open_for(config) as store:
        rows = {row.spec.outlet: row for row in views.feed_rows(store)}
    assert {row.last_outcome for name, row in rows.items() if name.startswith("O/bad")} == {Outcome.NOT_A_FEED}
    assert "hostile" in rows["O/bad0"].last_detail
