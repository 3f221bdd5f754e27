"""The command line as its users meet it: exit codes, one clear line, JSON lines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.store import open_store
from tests.cli.process import copydesk
from tests.store.samples import NOW, one_story, stored_articles

PAGE = (
    "<html lang='en'><head><title>Quay closed - The Example</title></head><body><article><h1>Quay closed</h1>"
    "<p>OSLO (Reuters) - The harbour authority closed the northern quay on Tuesday after inspectors found cracks.</p>"
    "<p>Ships were sent to the southern basin, where crews worked through the night to make room.</p></article></body>"
    "</html>"
)


def test_a_page_as_json(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(PAGE, encoding="utf-8")
    result = copydesk("extract", "page.html", "--url", "https://o.example/quay", "--json", home=tmp_path)
    record = json.loads(result.stdout)
    assert (result.returncode, record["title"], record["agency"]) == (0, "Quay closed", "Reuters")
    assert record["dateline"] == {"place": "OSLO", "date": None, "text": "OSLO (Reuters) -"}
    assert len(record["body"]) == 2
    assert [span["kind"] for span in record["spans"]] == ["title", "dateline"]


def test_a_corpus_to_stories(tmp_path: Path) -> None:
    text = PAGE.partition("<p>")[2]
    docs = [
        {"id": f"d{n}", "outlet": f"o{n}", "published": f"2025-08-24T0{n}:00:00Z", "title": "T", "text": text}
        for n in range(3)
    ]
    (tmp_path / "docs.jsonl").write_text("\n".join(map(json.dumps, docs)), encoding="utf-8")
    result = copydesk("cluster", "docs.jsonl", "--out", "out.jsonl", home=tmp_path)
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert (result.returncode, [row["story"] for row in rows]) == (0, ["d0", "d0", "d0"])
    assert set(rows[0]) == {"id", "story", "relation", "score", "reason"}


def test_agency_lines(tmp_path: Path) -> None:
    (tmp_path / "lines.jsonl").write_text(json.dumps({"id": 1, "line": "Oslo, Aug 24 (AFP) - It"}), encoding="utf-8")
    assert copydesk("lines", "lines.jsonl", "--out", "out.jsonl", home=tmp_path).returncode == 0
    (span,) = json.loads((tmp_path / "out.jsonl").read_text(encoding="utf-8"))["spans"]
    assert (span["kind"], span["agency"], span["text"]) == ("dateline", "AFP", "Oslo, Aug 24 (AFP) -")


READING = (
    ("search", "x"), ("diff", "1"), ("views", "save", "x"), ("views", "remove", "x"), ("stories",), ("story", "1"),
    ("changes",), ("find", "x"),
    ("export", "jsonl", "--out", "x"), ("doubts",), ("outcomes",), ("pickup", "--agency", "A"), ("feeds", "duplicates"),
    ("feeds", "subscriptions"), ("feeds", "pause", "1"), ("feeds", "resume", "1"), ("merge", "1", "2"),
    ("split", "1", "2"), ("keep", "A", "B"), ("replay",), ("locks",), ("migrate",),
)  # fmt: skip


@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_where_there_is_no_store_none_is_made(tmp_path: Path, words: tuple[str, ...]) -> None:
    result = copydesk(*words, home=tmp_path)
    assert (result.returncode, result.stdout) == (1, "")
    assert "there is no store - go to the folder where its .copydesk is" in result.stderr
    assert list(tmp_path.iterdir()) == []


def store_story(store_url: str) -> None:
    """Store one story of one copy, for commands that read the store."""
    with open_store(store_url) as store:
        (article_id,) = stored_articles(store, 1)
        with store.lease.acquire():
            store.stories.apply(one_story(article_id), NOW)


@pytest.mark.parametrize("words", [("stories",), ("story", "1"), ("changes",)], ids=" ".join)
def test_a_stored_story_is_read(tmp_path: Path, words: tuple[str, ...]) -> None:
    store_url = f"sqlite:///{tmp_path / 'copydesk.db'}"
    store_story(store_url)
    result = copydesk(*words, "--json", home=tmp_path, COPYDESK_STORE=store_url)
    record = json.loads(result.stdout.splitlines()[0])
    assert (result.returncode, record.get("id", record.get("story"))) == (0, 1)


def test_a_pickup_of_an_agency_that_no_story_names_says_so(tmp_path: Path) -> None:
    store_url = f"sqlite:///{tmp_path / 'copydesk.db'}"
    store_story(store_url)
    result = copydesk("pickup", "--agency", "[b]X", "--json", home=tmp_path, COPYDESK_STORE=store_url)
    assert (result.returncode, result.stdout) == (0, "")
    assert result.stderr.startswith("no story names the agency [b]X; stories name ")


def test_a_page_is_found_and_all_stories_exported(tmp_path: Path) -> None:
    store_url = f"sqlite:///{tmp_path / 'copydesk.db'}"
    store_story(store_url)
    words = ("https://outlet.example/story/0", "https://outlet.example/none")
    result = copydesk("find", *words, "--json", home=tmp_path, COPYDESK_STORE=store_url)
    placed, unknown = map(json.loads, result.stdout.splitlines())
    assert (result.returncode, placed["story"], placed["copies"][0]["outlet"]) == (0, 1, "Outlet")
    assert (unknown["story"], unknown["outlet"], unknown["copies"]) == (None, None, [])
    lookup = copydesk("find", *words, home=tmp_path, COPYDESK_STORE=store_url)
    assert lookup.stdout.splitlines()[0] == "https://outlet.example/story/0: story 1, Title"
    assert copydesk("find", words[1], home=tmp_path, COPYDESK_STORE=store_url).returncode == 1
    exported = copydesk("export", "jsonl", "--out", "folder", home=tmp_path, COPYDESK_STORE=store_url)
    manifest = json.loads((tmp_path / "folder" / "manifest.json").read_text(encoding="utf-8"))
    assert (exported.returncode, exported.stdout.strip()) == (0, manifest["cursor"])
    refused = copydesk("export", "jsonl", "--out", "nowhere://x", home=tmp_path, COPYDESK_STORE=store_url)
    assert (refused.returncode, len(refused.stderr.splitlines())) == (2, 1)


def test_stories_are_searched_by_words_and_filters(tmp_path: Path) -> None:
    store_url = f"sqlite:///{tmp_path / 'copydesk.db'}"
    store_story(store_url)

    def searched(*words: str) -> list[int]:
        result = copydesk(*words, "--json", home=tmp_path, COPYDESK_STORE=store_url)
        assert result.returncode == 0, result.stderr
        return [json.loads(line)["id"] for line in result.stdout.splitlines()]

    assert searched("search", "title") == [1]
    assert searched("search", "title", "absent") == searched("search", "title of") == []
    assert searched("stories", "--outlet", "Outlet", "--since", "2025-08-24", "--until", "2025-08-24") == [1]
    assert searched("stories", "--until", "2025-08-23") == searched("stories", "--lang", "fi") == []


def test_a_view_is_kept_and_forgotten(tmp_path: Path) -> None:
    store_url = f"sqlite:///{tmp_path / 'copydesk.db'}"
    store_story(store_url)
    for words, listed in (
        (("save", "floods", "--words", "flood"), "floods: words flood\n"),
        (("remove", "floods"), ""),
    ):
        result = copydesk("views", *words, home=tmp_path, COPYDESK_STORE=store_url)
        assert (result.returncode, result.stderr) == (0, "")
        assert copydesk("views", "list", home=tmp_path, COPYDESK_STORE=store_url).stdout == listed


def test_two_versions_are_compared(tmp_path: Path) -> None:
    store_url = f"sqlite:///{tmp_path / 'copydesk.db'}"
    store_story(store_url)
    result = copydesk("diff", "1", "--json", home=tmp_path, COPYDESK_STORE=store_url)
    record = json.loads(result.stdout)
    assert (record["old"], record["new"], record["paragraphs"][0]) == (None, 1, [{"text": "Title", "mark": ""}])
    absent = copydesk("diff", "1", "7", home=tmp_path, COPYDESK_STORE=store_url)
    assert (absent.returncode, "version 7: no such version" in absent.stderr) == (1, True)


def test_a_feed_on_disk_is_checked(tmp_path: Path) -> None:
    (tmp_path / "feed.xml").write_text(
        "<rss version='2.0'><channel><title>F</title><item><link>https://o.example/1</link></item></channel></rss>",
        encoding="utf-8",
    )
    record = json.loads(copydesk("feeds", "check", "feed.xml", "--json", home=tmp_path).stdout)
    assert (record["outcome"], record["format"], len(record["entries"])) == ("ok", "rss20", 1)


def test_a_private_address_is_refused(tmp_path: Path) -> None:
    record = json.loads(copydesk("fetch", "http://127.0.0.1:9/", "--json", home=tmp_path).stdout)
    assert (record["outcome"], record["status"]) == ("guard", None)


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("run", "--once", "--feeds", "broken.toml"), 1, "broken.toml: not valid TOML"),
        (("run", "--once", "--feeds", "absent.toml"), 1, "absent.toml: no such file"),
        (("run", "--once"), 2, "there are no feeds"),
        (("cluster", "broken.toml", "--out", "x"), 2, "broken.toml:1: not JSON"),
        (("feeds", "check", "absent.xml"), 2, "absent.xml: no such file"),
        (("extract", "empty.html", "--url", "https://o.example/"), 1, "an empty page"),
    ],
)
def test_what_is_wrong_is_one_line(tmp_path: Path, words: tuple[str, ...], code: int, says: str) -> None:
    (tmp_path / "broken.toml").write_text("[[feed\n", encoding="utf-8")
    (tmp_path / "empty.html").write_text("", encoding="utf-8")
    result = copydesk(*words, home=tmp_path)
    assert (result.returncode, result.stdout) == (code, "")
    assert says in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_store_that_cannot_be_opened_is_said(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"no database at all" * 100)
    result = copydesk("stories", home=tmp_path, COPYDESK_STORE=f"sqlite:///{tmp_path / 'x.db'}")
    assert (result.returncode, len(result.stderr.strip().splitlines())) == (1, 1)
    assert "file is not a database" in result.stderr


def test_bad_usage_is_exit_2(tmp_path: Path) -> None:
    assert copydesk("extract", home=tmp_path).returncode == 2
    assert copydesk("nonsense", home=tmp_path).returncode == 2
