"""Files of many records: each bad line or page is told with its place, and nothing is written by halves."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli.corpus import READ_AHEAD_FROM, batches_of, read_batches_of
from pipeline.errors import ExtractError, UsageError
from pipeline.extract.many import page_path, read_page_file
from pipeline.jsonl import read_documents, read_jsonl, write_jsonl
from tests.cli.process import copydesk

GOOD = {"id": "a", "outlet": "o", "published": "2025-08-24T01:00:00Z", "title": "T", "text": "x"}
PARAGRAPHS = (
    "The harbour authority closed the northern quay on Tuesday after inspectors found cracks in its foundations.",
    "Ships were sent to the southern basin, where crews worked through the night to make room for their cargo.",
    "A spokeswoman said that engineers would examine the whole of the sea wall before the winter storms set in.",
)


def page(outlet: str) -> bytes:
    body = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
    time = '<meta property="article:published_time" content="2025-08-24T01:00:00Z">'
    head = f"<title>Quay closed - {outlet}</title>{time}"
    return (
        f"<html lang='en'><head>{head}</head><body><article><h1>Quay closed</h1>{body}</article></body></html>".encode()
    )


def write_lines(path: Path, *records: object) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"published": "yesterday"}, 'published is "yesterday", not a time'),
        ({"published": 1756000000}, "published is 1756000000, not a time"),
        ({"text": None}, "text is null, not a text"),
        ({"title": 3}, "title is 3, not a text"),
        ({"id": None}, "the id is no text and no number"),
        ({"id": ""}, "the id is no text and no number"),
        ({"id": "first"}, "the id first stands twice"),
    ],
)
def test_a_bad_document_is_told_with_its_line(tmp_path: Path, change: dict[str, Any], says: str) -> None:
    file = write_lines(tmp_path / "docs.jsonl", GOOD | {"id": "first"}, GOOD | change)
    with pytest.raises(UsageError, match=says) as caught:
        list(read_documents(file))
    assert caught.value.concerns == f"{file}:2"


@pytest.mark.parametrize("name", GOOD)
def test_a_missing_field_is_told(tmp_path: Path, name: str) -> None:
    record = {key: value for key, value in GOOD.items() if key != name}
    with pytest.raises(UsageError, match=f"lacks {name}"):
        list(read_documents(write_lines(tmp_path / "docs.jsonl", record)))


def test_a_document_without_a_time_is_one(tmp_path: Path) -> None:
    file = write_lines(tmp_path / "docs.jsonl", GOOD | {"published": None}, GOOD | {"id": 2, "published": ""})
    assert [document["id"] for document in read_documents(file)] == ["a", 2]


def test_nothing_is_written_of_a_corpus_with_a_bad_document(tmp_path: Path) -> None:
    write_lines(tmp_path / "docs.jsonl", GOOD, GOOD | {"id": "b", "text": None})
    run = copydesk("cluster", "docs.jsonl", "--out", "out.jsonl", home=tmp_path)
    assert (run.returncode, sorted(path.name for path in tmp_path.iterdir())) == (2, ["docs.jsonl"])
    assert run.stderr == "copydesk: docs.jsonl:2: text is null, not a text - correct that line; nothing was written\n"


def test_a_corpus_is_read_in_a_second_process_as_in_the_first(tmp_path: Path) -> None:
    texts = ["\n".join(PARAGRAPHS[:number]) for number in (1, 2, 3)] * 100
    documents = [GOOD | {"id": number, "text": f"{text} {number}."} for number, text in enumerate(texts)]
    file = write_lines(tmp_path / "docs.jsonl", *documents)
    batches = list(read_batches_of(file, READ_AHEAD_FROM))
    assert batches == list(batches_of(file))
    assert sorted(document.id for batch in batches for document in batch) == list(range(300))


def test_blank_lines_and_a_byte_order_mark_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text('\ufeff{"id": 1}\n\n{"id": 2}', encoding="utf-8")
    assert list(read_jsonl(tmp_path / "x.jsonl", ("id",))) == [{"id": 1}, {"id": 2}]


def test_records_are_written_whole_or_not_at_all(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    assert write_jsonl(out, [{"id": 1}, {"id": 1}], "id") == 1
    with pytest.raises(ZeroDivisionError):
        write_jsonl(out, ({"id": 1 // n} for n in (1, 0)), "id")
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]
    assert out.read_text(encoding="utf-8") == '{"id": 1}\n{"id": 1}\n'


# ---------------------------------------------------------------- pages on disk


def test_a_relative_path_stays_in_the_folder_of_its_list(tmp_path: Path) -> None:
    assert page_path("a/b.html", tmp_path) == tmp_path / "a" / "b.html"
    assert page_path("/srv/x.html", tmp_path) == Path("/srv/x.html")
    (tmp_path / "out").symlink_to("/etc")
    for name in ("../x.html", "a/../../x.html", "out/passwd", "x\0y"):
        with pytest.raises(ExtractError):
            page_path(name, tmp_path)


def test_gzip_is_unpacked_member_by_member_within_a_bound(tmp_path: Path) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(b"a" * 500) + gzip.compress(b"b" * 500) + bytes(8))
    assert read_page_file(path, 1000) == b"a" * 500 + b"b" * 500
    with pytest.raises(ExtractError, match="larger than"):
        read_page_file(path, 999)


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (gzip.compress(bytes(50_000_000)), "larger than"),
        (bytes(2000), "larger than"),
        (gzip.compress(b"whole")[:-6], "ends before its end"),
        (b"\x1f\x8b\x00\x00", "x.gz"),
    ],
    ids=["bomb", "large", "cut", "broken"],
)
def test_what_is_no_page_is_refused(tmp_path: Path, raw: bytes, says: str) -> None:
    (tmp_path / "x.gz").write_bytes(raw)
    with pytest.raises(ExtractError, match=says):
        read_page_file(tmp_path / "x.gz", 1000 if len(raw) < 3000 else 100_000)


def test_devices_fifos_and_the_system_are_no_pages(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to("/proc/self/environ")
    for path in (tmp_path / "fifo", tmp_path, tmp_path / "link", Path("/dev/zero"), tmp_path / "absent"):
        with pytest.raises(ExtractError):
            read_page_file(path, 1000)


def test_what_extract_many_writes_is_what_cluster_reads(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.html").write_bytes(page(name))
    rows = [{"id": n, "url": f"https://{n}.example/quay", "html_path": f"{n}.html"} for n in ("one", "two", "absent")]
    write_lines(tmp_path / "pages.jsonl", *rows, {"id": "out", "url": "https://o.example/", "html_path": "../x"})
    result = copydesk("extract-many", "pages.jsonl", "--out", "articles.jsonl", home=tmp_path)
    assert (result.returncode, result.stderr) == (0, "4 pages, 2 without an article: articles.jsonl\n")
    articles = [json.loads(line) for line in (tmp_path / "articles.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [article.get("error", "").rpartition(": ")[2] for article in articles] == [
        "", "", "No such file or directory", "leads out of the folder of the list - give its absolute path",
    ]  # fmt: skip
    assert articles[0]["body"] == list(PARAGRAPHS)
    assert copydesk("cluster", "articles.jsonl", "--out", "stories.jsonl", home=tmp_path).returncode == 0
    placed = [json.loads(line) for line in (tmp_path / "stories.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["story"] for row in placed if row["id"] in ("one", "two")] == ["one", "one"]


def test_extract_explains_each_line(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_bytes(page("The Example"))
    explained = copydesk(
        "extract", "page.html", "--url", "https://o.example/quay", "--explain", "--json", home=tmp_path
    )
    verdicts = [json.loads(line) for line in explained.stdout.splitlines()]
    assert [verdict["text"] for verdict in verdicts] == ["Quay closed", *PARAGRAPHS]
    assert [verdict["chosen"] for verdict in verdicts[1:]] == [True] * 3
    assert all(verdict["probability"] > 0.5 for verdict in verdicts[1:])
