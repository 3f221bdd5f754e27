"""The pages of chosen stories, whole, found by the index; none of a story or page that is not to be used."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text, update
from warcio.archiveiterator import ArchiveIterator

from pipeline import read
from pipeline.archive.warc import Archive
from pipeline.errors import UsageError
from pipeline.export.files import CountedFile, Folder
from pipeline.export.warc import export_warc, surt
from pipeline.store import Store
from pipeline.store.schema.tables import page
from tests.export.formats import files_of
from tests.read.test_reader import SECRET, merge, place_stories
from tests.store.samples import NOW


def archive_pages(store: Store, folder: Path, count: int) -> None:
    """So many stories, with an archived page each."""
    place_stories(store, count)
    with Archive(str(folder)) as archive, store.engine.begin() as db:
        for number in range(1, count + 1):
            headers = [("Content-Type", "text/html"), ("Content-Encoding", "gzip")]
            body = f"<p>Page {number}.</p>{SECRET if number == 2 else ''}".encode()
            ref = archive.write(f"https://www.outlet.example/Story/{number}?b=1", NOW, 200, headers, body)
            place = {"archive_file": ref.file, "archive_offset": ref.offset, "archive_length": ref.length}
            db.execute(update(page).where(page.c.entry_id == number).values(**place))


def test_records_are_whole_and_found_by_the_index(store: Store, reader: read.Reader, tmp_path: Path) -> None:
    archive, out = tmp_path / "archive", tmp_path / "out"
    archive_pages(store, archive, 4)
    export_warc(reader, str(archive), str(out), [3, 1, 3])
    stored = (out / "pages.warc.gz").read_bytes()
    kinds = [record.rec_type for record in ArchiveIterator(io.BytesIO(stored))]
    assert kinds == ["warcinfo", "response", "response"]
    lines = (out / "index.cdxj").read_text(encoding="utf-8").splitlines()
    assert [line.split(" ", 2)[:2] for line in lines] == [
        ["example,outlet)/story/1?b=1", "20250824120000"], ["example,outlet)/story/3?b=1", "20250824120000"],
    ]  # fmt: skip
    for number, line in zip((1, 3), lines, strict=True):
        fields = json.loads(line.split(" ", 2)[2])
        begin = int(fields["offset"])
        member = io.BytesIO(stored[begin : begin + int(fields["length"])])
        record = next(iter(ArchiveIterator(member, check_digests="raise")))
        payload = record.content_stream().read()
        assert payload == f"<p>Page {number}.</p>".encode()
        assert fields["digest"] == "sha1:" + base64.b32encode(hashlib.sha1(payload).digest()).decode()
        assert (fields["status"], fields["mime"], fields["filename"]) == ("200", "text/html", "pages.warc.gz")
        assert record.rec_headers.get_header("WARC-Target-URI") == fields["url"]
    before = files_of(out)
    export_warc(reader, str(archive), str(out), [1, 3])
    assert files_of(out) == before


@contextmanager
def dying(dies_at: int) -> Iterator[None]:
    """Let the so-many-th touch of a file fail."""
    touches, place, write = count(1), Folder._place, CountedFile.write

    def touch() -> None:
        if next(touches) == dies_at:
            raise OSError("no space")

    def dying_place(folder: Folder, name: str) -> str:
        touch()
        return place(folder, name)

    def dying_write(file: CountedFile, content: bytes) -> int:
        touch()
        return write(file, content)

    with mock.patch.object(Folder, "_place", dying_place), mock.patch.object(CountedFile, "write", dying_write):
        yield


def test_an_export_that_died_anywhere_and_ran_again_is_the_same_bytes(
    store: Store, reader: read.Reader, tmp_path: Path
) -> None:
    archive, out = str(tmp_path / "archive"), tmp_path / "out"
    archive_pages(store, tmp_path / "archive", 3)
    export_warc(reader, archive, str(tmp_path / "whole"), [1, 3])
    for dies_at in range(1, 200):
        with suppress(OSError), dying(dies_at):
            export_warc(reader, archive, str(out), [1, 3])
            break
        export_warc(reader, archive, str(out), [1, 3])
        assert files_of(out) == files_of(tmp_path / "whole")
        shutil.rmtree(out)
    assert 20 < dies_at < 199


def test_what_is_not_to_be_used_is_not_written(store: Store, reader: read.Reader, tmp_path: Path) -> None:
    archive, out = str(tmp_path / "archive"), str(tmp_path / "out")
    archive_pages(store, tmp_path / "archive", 5)
    merge(store, 4, 5)
    with store.engine.begin() as db:
        db.execute(text("UPDATE story SET withdrawn = true WHERE id = 2"))
        db.execute(text("UPDATE article SET withheld = 'noarchive' WHERE id = 3"))
    for number, error in ((2, read.Removed), (5, read.Moved), (99, read.NotFound)):
        with pytest.raises(error):
            export_warc(reader, archive, out, [number])
    with pytest.raises(UsageError, match="no story"):
        export_warc(reader, archive, out, [])
    assert not Path(out).exists()
    export_warc(reader, archive, out, [1, 3])
    assert len((tmp_path / "out" / "index.cdxj").read_bytes().splitlines()) == 1


def test_a_page_that_the_archive_no_longer_has_is_left_out(store: Store, reader: read.Reader, tmp_path: Path) -> None:
    archive_pages(store, tmp_path / "archive", 2)
    for file in (tmp_path / "archive").iterdir():
        file.unlink()
    manifest = export_warc(reader, str(tmp_path / "archive"), str(tmp_path / "out"), [1])
    assert {file.name: file.rows for file in manifest.files}["pages.warc.gz"] == 0


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://WWW.Outlet.example/A/b?Q=1#top", "example,outlet)/a/b?q=1"),
        ("http://outlet.example", "example,outlet)/"),
        ("http://outlet.example:8080/x y", "example,outlet:8080)/x%20y"),
        ("urn:item:1:2", "urn:item:1:2"),
    ],
)
def test_addresses_in_the_order_of_indexes(url: str, key: str) -> None:
    assert surt(url) == key


@given(st.text())
def test_any_address_is_one_word(url: str) -> None:
    assert len(surt(f"https://{url}").split()) == 1
    assert len(surt(url).split()) == bool(url)
