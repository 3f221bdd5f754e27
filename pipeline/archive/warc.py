"""Pages as they came, in WARC files (ISO 28500), one gzip member a record, so that each can be read alone."""

from __future__ import annotations

import io
import os
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import fsspec
from isal import igzip
from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from pipeline.errors import NotStored, StoreError
from pipeline.model import ArchiveRef

# Coding and length headers told of the bytes on the wire; what is archived is what they decoded to.
LEVEL = 2
WIRE_ONLY = {"content-encoding", "transfer-encoding", "content-length"}


class Archive:
    """A folder of WARC files, local or any that fsspec reaches. Each writer has a file of its own."""

    def __init__(self, folder: str) -> None:
        self._fs, self._root = fsspec.core.url_to_fs(folder)
        self._file: Any = None
        self._name = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End this writer's file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def write(
        self, url: str, fetched_at: datetime, status: int, headers: Sequence[tuple[str, str]], body: bytes
    ) -> ArchiveRef:
        """Keep a page as a ``response`` record; it is on disk when this returns. Raises StoreError."""
        stored_headers = [(name, value) for name, value in headers if name.lower() not in WIRE_ONLY]
        http = StatusAndHeaders(
            f"{status} OK", [*stored_headers, ("Content-Length", str(len(body)))], protocol="HTTP/1.1"
        )
        return self._append("response", url, fetched_at, body, http_headers=http)

    def write_resource(self, url: str, fetched_at: datetime, media_type: str, body: bytes) -> ArchiveRef:
        """Keep a text that came inside a feed as a ``resource`` record."""
        return self._append("resource", url, fetched_at, body, warc_content_type=media_type)

    def _append(self, kind: str, url: str, fetched_at: datetime, body: bytes, **options: Any) -> ArchiveRef:
        buffer = io.BytesIO()
        writer = WARCWriter(buffer, gzip=False)
        date = fetched_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        record = writer.create_warc_record(
            url, kind, payload=io.BytesIO(body), length=len(body), warc_headers_dict={"WARC-Date": date}, **options
        )
        writer.write_record(record)
        # warcio itself compresses by zlib at level 9, a quarter of a run's time. ISA-L at its level 2 takes a
        # quarter of zlib's time at level 1 (.09 s against .39 s on 162 pages), and 12.8 MB against 13.1.
        return self._write_out(igzip.compress(buffer.getvalue(), compresslevel=LEVEL, mtime=0))

    def _write_out(self, member: bytes) -> ArchiveRef:
        try:
            file = self._open()
            offset = file.tell()
            file.write(member)
            file.flush()
            if hasattr(file, "fileno"):
                os.fsync(file.fileno())
        except OSError as error:
            raise StoreError(error.strerror or str(error), concerns=self._root, todo="check the archive") from error
        return ArchiveRef(self._name, offset, len(member))

    def _open(self) -> Any:
        if self._file is None:
            self._fs.makedirs(self._root, exist_ok=True)
            self._name = f"pages-{datetime.now(UTC):%Y%m%d%H%M%S}-{uuid.uuid4().hex[:8]}.warc.gz"
            self._file = self._fs.open(f"{self._root}/{self._name}", "wb")
        return self._file

    def read(self, ref: ArchiveRef) -> bytes:
        """Return the body stored there. Raises NotStored where the file is gone or holds something else."""
        try:
            with self._fs.open(f"{self._root}/{ref.file}", "rb") as file:
                file.seek(ref.offset)
                member = file.read(ref.length)
        except OSError as error:
            raise NotStored("no such archive file", concerns=ref.file) from error
        for record in ArchiveIterator(io.BytesIO(member)):
            return bytes(record.content_stream().read())
        raise NotStored("no record there", concerns=f"{ref.file} at {ref.offset}")

    def delete(self, files: Sequence[str]) -> None:
        """Remove files that nothing refers to any more; one that is gone already is no error."""
        for name in files:
            path = f"{self._root}/{name}"
            if self._fs.exists(path):
                self._fs.rm(path)
