"""WARC (ISO 28500) of chosen stories: the pages of their copies as they were archived, with an index in CDXJ."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

import fsspec
from warcio.archiveiterator import ArchiveIterator

from pipeline.errors import Removed, UsageError
from pipeline.export.files import CountedFile, Export, Heading, Manifest
from pipeline.export.jsonl import exporting
from pipeline.model import StoryStatus
from pipeline.read import Reader

PAGES, INDEX = "pages.warc.gz", "index.cdxj"
CAPTURES = ("response", "resource")
INFO = (
    "WARC/1.1\r\nWARC-Type: warcinfo\r\nWARC-Record-ID: <urn:uuid:{id}>\r\nWARC-Date: {date}\r\n"
    "WARC-Filename: {name}\r\nContent-Type: application/warc-fields\r\nContent-Length: {length}\r\n\r\n{fields}\r\n\r\n"
)


@dataclass(frozen=True, slots=True)
class Capture:
    """A record of the archive as it stands in the export: ``line`` is its line of the index."""

    member: bytes
    line: str


def export_warc(reader: Reader, archive: str, address: str, stories: Sequence[int]) -> Manifest:
    """Write every archived page of the stories' copies, whole records, their index, ``kills.jsonl`` and the manifest.

    ``archive`` is the fsspec folder of the archive. Pages whose text is withheld, and those that the archive no longer
    has, are left out. Raises UsageError where no story is named, NotFound, Moved or Removed for a story that is not to
    be read, and as ``exporting``.
    """
    numbers = sorted(set(stories))
    if not numbers:
        raise UsageError(
            "no story is named", concerns="--story", todo="name the stories, as copydesk stories shows them"
        )
    for number in numbers:
        if reader.story(number).head.status is not StoryStatus.LIVE:
            raise Removed("it was withdrawn: its pages are not to be used", concerns=f"story {number}")
    with exporting(reader, address, "warc", stories=numbers) as (view, export):
        _write(export, _Archive(archive), list(view.rows.archived_pages(numbers)))
    return export.finish()


def _write(export: Export, archive: _Archive, pages: Sequence[Any]) -> None:
    lines: list[str] = []

    def write_pages(file: CountedFile) -> int:
        dates = [page.fetched_at for page in pages]
        file.write(_warcinfo(export.heading, max(dates, default=datetime(1970, 1, 1, tzinfo=UTC))))
        for page in pages:
            if capture := archive.capture(page, file.tell()):
                file.write(capture.member)
                lines.append(capture.line)
        return len(lines)

    def write_index(file: CountedFile) -> int:
        file.write("".join(sorted(lines)).encode())
        return len(lines)

    export.write({PAGES: write_pages, INDEX: write_index})


class _Archive:
    """The archive's folder, whose records are gzip members that are copied as they are."""

    def __init__(self, folder: str) -> None:
        self._files, self._path = fsspec.url_to_fs(folder)

    def capture(self, page: Any, offset: int) -> Capture | None:
        """Return a page's record, to stand at ``offset`` of the export; None where the archive no longer has it."""
        begin = page.archive_offset
        try:
            place = f"{self._path.rstrip('/')}/{page.archive_file}"
            member = self._files.cat_file(place, start=begin, end=begin + page.archive_length)
        except FileNotFoundError:
            return None
        record = next(iter(ArchiveIterator(io.BytesIO(member))), None)
        if record is None or record.rec_type not in CAPTURES:
            return None
        return Capture(member, _index_line(record, page, offset, len(member)))


def _index_line(record: Any, page: Any, offset: int, length: int) -> str:
    url = record.rec_headers.get_header("WARC-Target-URI")
    at = re.sub(r"\D", "", record.rec_headers.get_header("WARC-Date"))[:14]
    payload = record.content_stream().read()
    fields = {
        "url": url,
        "mime": page.media_type or "unk",
        "status": str(page.status),
        "digest": f"sha1:{base64.b32encode(hashlib.sha1(payload, usedforsecurity=False).digest()).decode()}",
        "length": str(length),
        "offset": str(offset),
        "filename": PAGES,
    }
    return f"{surt(url)} {at} {json.dumps(fields)}\n"


def surt(url: str) -> str:
    """Return an address in the order in which indexes sort it: the host's labels from the last on, then the path, in
    small letters (Sort-friendly URI Reordering Transform); as it is where it has no host."""
    plain = re.sub(r"\s", lambda blank: quote(blank[0]), url)
    try:
        parts, port = urlsplit(plain), urlsplit(plain).port
    except ValueError:
        return plain.lower()
    host = re.sub(r"^www\d*\.", "", (parts.hostname or "").lower())
    if not host:
        return plain.lower()
    shown_port = f":{port}" if port not in (None, 80, 443) else ""
    query = f"?{parts.query}" if parts.query else ""
    return f"{','.join(reversed(host.split('.')))}{shown_port}){parts.path or '/'}{query}".lower()


def _warcinfo(heading: Heading, at: datetime) -> bytes:
    stories = ", ".join(map(str, heading.options["stories"]))
    fields = (
        f"software: copydesk\r\nformat: WARC File Format 1.1\r\ndescription: stories {stories} of {heading.store}\r\n"
    )
    record_id = uuid.uuid5(uuid.UUID(heading.store), f"{heading.cursor} {stories}")
    date = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    record = INFO.format(id=record_id, date=date, name=PAGES, length=len(fields), fields=fields)
    return gzip.compress(record.encode(), mtime=0)
