"""What a backfill reads: web archives, and corpora of documents as JSON lines or Parquet."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from pipeline.archive.captures import captures, is_web_archive
from pipeline.errors import UsageError, needs_extra
from pipeline.extract.many import CapturedPage
from pipeline.jsonl import Record, count_lines, document_of, read_documents, read_jsonl

with needs_extra("parquet", concerns="backfill"):
    import pyarrow.parquet as pq

# Rows of a Parquet file that are read at a time.
ROWS = 1000
COLUMNS = ("id", "outlet", "published", "title", "text")


class SourceKind(StrEnum):
    """What a source holds."""

    PAGES = "pages"
    DOCUMENTS = "documents"
    DOCUMENT_TABLE = "table of documents"


@dataclass(frozen=True, slots=True)
class Source:
    """A file to read. ``name`` tells it from the others in the names of what comes of it."""

    path: Path
    kind: SourceKind

    @property
    def name(self) -> str:
        """Return a short hash of the file's path, size and time of change."""
        state = self.path.stat()
        text = f"{self.path.resolve()}\n{state.st_size}\n{state.st_mtime_ns}"
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def open_source(path: Path) -> Source:
    """Return a source with its kind, by the file's name and its first line. Raises UsageError."""
    if is_web_archive(path):
        return Source(path, SourceKind.PAGES)
    if path.suffix == ".parquet":
        missing = sorted(set(COLUMNS) - set(pq.ParquetFile(path).schema_arrow.names))
        if missing:
            raise UsageError(f"lacks {', '.join(missing)}", concerns=str(path), todo=f"columns: {', '.join(COLUMNS)}")
        return Source(path, SourceKind.DOCUMENT_TABLE)
    if path.suffix not in (".jsonl", ".ndjson"):
        raise UsageError(
            "no kind of archive", concerns=str(path), todo="give .warc, .warc.gz, .wacz, .jsonl or .parquet"
        )
    if "html_path" in next(read_jsonl(path, ()), {}):
        raise UsageError("a list of pages", concerns=str(path), todo="give what copydesk extract-many makes of it")
    return Source(path, SourceKind.DOCUMENTS)


def count_records(source: Source) -> int:
    """Return how many documents a source has; 0 for a web archive, which would have to be read."""
    if source.kind is SourceKind.PAGES:
        return 0
    if source.kind is SourceKind.DOCUMENT_TABLE:
        return int(pq.ParquetFile(source.path).metadata.num_rows)
    return count_lines(source.path)


def documents_of(source: Source) -> Iterator[Record]:
    """Yield the documents of a corpus. Raises UsageError."""
    if source.kind is SourceKind.DOCUMENTS:
        yield from read_documents(source.path)
        return
    for batch in pq.ParquetFile(source.path).iter_batches(batch_size=ROWS, columns=list(COLUMNS)):
        for number, row in enumerate(batch.to_pylist(), 1):
            published = row["published"]
            row["published"] = published.isoformat() if hasattr(published, "isoformat") else published
            yield document_of(row, f"{source.path}, row {number}")


def pages_of(source: Source, outlets: Mapping[str, str], max_bytes: int) -> Iterator[CapturedPage]:
    """Yield the pages of a web archive; ``outlets``: host -> outlet, of hosts that have another name than their own."""
    for capture in captures(source.path, max_bytes):
        host = (urlsplit(capture.url).hostname or "").removeprefix("www.")
        outlet = outlets.get(host, host)
        yield CapturedPage(capture.url, capture.url, outlet, capture.captured_at, capture.charset, capture.body)


def host_outlets(feeds: Mapping[str, str]) -> dict[str, str]:
    """Return host -> outlet of the feeds (address -> outlet)."""
    return {(urlsplit(url).hostname or "").removeprefix("www."): outlet for url, outlet in feeds.items()}
