"""Pages in web archives that others wrote: WARC files (ISO 28500), plain or gzipped, and WACZ packages of them."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from pathlib import Path
from typing import IO, Any

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from pipeline.errors import StoreError

WARC, WACZ = (".warc", ".warc.gz"), ".wacz"
PAGES = ("text/html", "application/xhtml+xml")


@dataclass(frozen=True, slots=True)
class Capture:
    """A page as an archive has it; ``charset`` as its answer named it."""

    url: str
    captured_at: datetime
    charset: str
    body: bytes


def is_web_archive(path: Path) -> bool:
    """Return whether the file's name is that of a WARC file or a WACZ package."""
    return path.name.lower().endswith((*WARC, WACZ))


def captures(path: Path, max_bytes: int) -> Iterator[Capture]:
    """Yield the pages of an archive: whole answers with status 200, and resources, of HTML. One of more than
    ``max_bytes`` is cut one byte behind them. Raises StoreError where the file is damaged."""
    try:
        for stream in _warc_streams(path):
            for record in ArchiveIterator(stream):
                if capture := _capture(record, max_bytes):
                    yield capture
    except (ArchiveLoadFailed, zipfile.BadZipFile, EOFError, OSError) as error:
        raise StoreError(f"the archive cannot be read: {error}", concerns=str(path), todo="check the file") from error


def _warc_streams(path: Path) -> Iterator[IO[bytes]]:
    if not path.name.lower().endswith(WACZ):
        with path.open("rb") as file:
            yield file
        return
    with zipfile.ZipFile(path) as package:
        for name in sorted(package.namelist()):
            if name.startswith("archive/") and name.endswith(WARC):
                with package.open(name) as file:
                    yield file


def _capture(record: Any, max_bytes: int) -> Capture | None:
    headers = record.rec_headers
    if record.rec_type == "response" and record.http_headers and record.http_headers.get_statuscode() == "200":
        media = Message()
        media["content-type"] = record.http_headers.get_header("content-type", "")
    elif record.rec_type == "resource":
        media = Message()
        media["content-type"] = headers.get_header("Content-Type", "")
    else:
        return None
    if media.get_content_type() not in PAGES:
        return None
    body = record.content_stream().read(max_bytes + 1)
    charset = str(media.get_content_charset() or "")
    return Capture(str(headers.get_header("WARC-Target-URI")), _date(headers.get_header("WARC-Date")), charset, body)


def _date(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
