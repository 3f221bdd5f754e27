"""WARC files that any tool of the field can read."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from pipeline.archive.warc import Archive
from pipeline.errors import NotStored
from pipeline.model import ArchiveRef
from tests.store.samples import NOW

HEADERS = (("Content-Type", "text/html; charset=latin-1"), ("Content-Encoding", "gzip"), ("X-Odd", "\u20ac"))


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    with Archive(str(tmp_path / "warc")) as archive:
        refs = [archive.write(f"https://o.example/{n}", NOW, 200, HEADERS, b"<p>%d</p>" % n) for n in range(3)]
        text = archive.write_resource("https://o.example/feed#1", NOW, "text/html", b"whole text")
        assert [archive.read(ref) for ref in refs] == [b"<p>0</p>", b"<p>1</p>", b"<p>2</p>"]
        assert archive.read(text) == b"whole text"


def test_the_file_is_plain_warc(tmp_path: Path) -> None:
    with Archive(str(tmp_path)) as archive:
        archive.write("https://o.example/1", NOW, 200, HEADERS, b"x")
    (file,) = tmp_path.glob("*.warc.gz")
    with file.open("rb") as stream:
        (record,) = ArchiveIterator(stream, check_digests=True)
        assert record.rec_headers["WARC-Target-URI"] == "https://o.example/1"
        assert record.rec_headers["WARC-Date"] == "2025-08-24T12:00:00Z"
        assert record.http_headers.get_header("Content-Encoding") is None


@given(st.binary(max_size=2000))
def test_any_bytes_survive(tmp_path_factory: pytest.TempPathFactory, body: bytes) -> None:
    with Archive(str(tmp_path_factory.getbasetemp() / "any")) as archive:
        assert archive.read(archive.write("https://o.example/", NOW, 200, (), body)) == body


def test_a_deleted_file_is_said(tmp_path: Path) -> None:
    with Archive(str(tmp_path)) as archive:
        ref = archive.write("https://o.example/", NOW, 200, (), b"x")
        archive.close()
        archive.delete([ref.file, "never-was.warc.gz"])
        with pytest.raises(NotStored, match="no such archive file"):
            archive.read(ref)
        with pytest.raises(NotStored):
            archive.read(ArchiveRef("none", 0, 1))
