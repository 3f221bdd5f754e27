"""``copydesk init``, ``run`` and ``feeds ...`` on a site of our own."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.config import load
from tests.cli.process import copydesk
from tests.serving import serving

RSS = b"<rss version='2.0'><channel><title>The Outlet</title><item><link>https://o.example/1</link></item></channel></rss>"


@pytest.fixture
def site() -> Iterator[tuple[dict[str, bytes], int]]:
    bodies: dict[str, bytes] = {}
    with serving(bodies) as port:
        yield bodies, port


def write_config(folder: Path, port: int, *paths: str) -> None:
    feeds = "".join(f'[[feed]]\noutlet = "O"\nurl = "http://127.0.0.1:{port}{path}"\n' for path in paths)
    text = f'[fetch]\nhost_gap = 0\nallow = ["127.0.0.1:{port}"]\n{feeds}'
    (folder / "feeds.toml").write_text(text, encoding="utf-8")


def test_a_new_folder(tmp_path: Path) -> None:
    result = copydesk("init", "news", home=tmp_path)
    assert (result.returncode, "news/feeds.toml: set contact" in result.stdout) == (0, True)
    assert len(load(tmp_path / "news" / "feeds.toml", {}).feeds) > 5
    (tmp_path / "news" / "feeds.toml").write_text("# mine\n", encoding="utf-8")
    second_result = copydesk("init", "news", home=tmp_path)
    assert (second_result.returncode, "is there already" in second_result.stderr) == (2, True)
    assert (tmp_path / "news" / "feeds.toml").read_text(encoding="utf-8") == "# mine\n"


def test_listing_feeds_writes_nothing(tmp_path: Path, site: tuple[dict[str, bytes], int]) -> None:
    write_config(tmp_path, site[1], "/a", "/b")
    rows = [json.loads(line) for line in copydesk("feeds", "list", "--json", home=tmp_path).stdout.splitlines()]
    assert [(row["id"], row["outcome"]) for row in rows] == [(None, None), (None, None)]
    assert "not polled yet" in copydesk("feeds", "list", home=tmp_path, COLUMNS="200").stdout
    assert [path.name for path in tmp_path.iterdir()] == ["feeds.toml"]


def test_a_run_in_which_every_feed_failed_is_a_failure(tmp_path: Path, site: tuple[dict[str, bytes], int]) -> None:
    bodies, port = site
    write_config(tmp_path, port, "/a", "/b")
    result = copydesk("run", "--once", home=tmp_path)
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1] == "copydesk: every feed that was polled failed; see copydesk feeds list"
    bodies["/c"] = RSS
    write_config(tmp_path, port, "/a", "/b", "/c")
    assert copydesk("run", "--once", home=tmp_path).returncode == 0
    assert copydesk("run", "--once", home=tmp_path).returncode == 0, "nothing was due"


def test_a_resumed_feed_is_polled_with_the_next_run(tmp_path: Path, site: tuple[dict[str, bytes], int]) -> None:
    bodies, port = site
    bodies["/a"] = RSS
    write_config(tmp_path, port, "/a")
    for words in (("run", "--once"), ("feeds", "pause", "1"), ("feeds", "resume", "1"), ("run", "--once")):
        assert copydesk(*words, home=tmp_path).returncode == 0
    with sqlite3.connect(tmp_path / "home" / "copydesk.db") as db:
        assert db.execute("SELECT count(*) FROM poll").fetchone() == (2,)


def test_an_absent_feed_cannot_be_paused(tmp_path: Path, site: tuple[dict[str, bytes], int]) -> None:
    bodies, port = site
    bodies["/a"] = RSS
    write_config(tmp_path, port, "/a")
    copydesk("run", "--once", home=tmp_path)
    for words, says in ((("feeds", "pause", "7"), "feed 7: no such feed"), (("story", "7"), "story 7: no such story")):
        result = copydesk(*words, home=tmp_path)
        assert (result.returncode, result.stdout) == (1, "")
        assert says in result.stderr


def test_a_feed_beside_a_front_page_that_is_not_there(tmp_path: Path, site: tuple[dict[str, bytes], int]) -> None:
    bodies, port = site
    bodies["/feed.xml"] = RSS
    address = f"127.0.0.1:{port}"
    result = copydesk("feeds", "add", f"http://{address}/", "--allow", address, "--json", home=tmp_path)
    assert (result.returncode, json.loads(result.stdout)["via"]) == (0, "a usual place")
    config = load(tmp_path / "feeds.toml", {})
    assert (config.fetch.allow, config.feeds[0].url) == ((address,), f"http://{address}/feed.xml")
    assert copydesk("run", "--once", home=tmp_path).returncode == 0


def test_a_site_without_a_feed_says_how_its_page_answered(tmp_path: Path, site: tuple[dict[str, bytes], int]) -> None:
    address = f"127.0.0.1:{site[1]}"
    result = copydesk("feeds", "add", f"http://{address}/", "--allow", address, home=tmp_path)
    assert (result.returncode, "not-found" in result.stderr) == (1, True)
    assert not (tmp_path / "feeds.toml").exists()
