"""Rows of pages, inside a transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from pipeline.model import PageRecord
from pipeline.store.schema.tables import page
from pipeline.store.statements import insert_numbered
from pipeline.text.url import url_key


def insert_pages(db: Connection, fetched: Mapping[int, PageRecord]) -> dict[int, int]:
    """Store pages and return entry -> the id of its page; an entry's same bytes are stored once."""
    stored_pages = select(page.c.entry_id, page.c.digest, page.c.id).where(page.c.entry_id.in_(list(fetched)))
    by_digest = {(row.entry_id, row.digest): row.id for row in db.execute(stored_pages)}
    stored = {entry_id: by_digest.get((entry_id, page_record.digest)) for entry_id, page_record in fetched.items()}
    fresh = [entry_id for entry_id, at in stored.items() if at is None]
    rows = [_page_columns(entry_id, fetched[entry_id]) for entry_id in fresh]
    page_ids = insert_numbered(db, page.c.id, rows)
    return {entry_id: at for entry_id, at in stored.items() if at} | dict(zip(fresh, page_ids, strict=True))


def _page_columns(entry_id: int, fetched: PageRecord) -> dict[str, Any]:
    place = fetched.archive
    return {
        "entry_id": entry_id,
        "url": fetched.url,
        "final_url": fetched.final_url,
        "fetched_at": fetched.fetched_at,
        "status": fetched.status,
        "media_type": fetched.media_type,
        "charset": fetched.charset,
        "digest": fetched.digest,
        "bytes": fetched.bytes,
        "archive_file": place.file if place else None,
        "archive_offset": place.offset if place else None,
        "archive_length": place.length if place else None,
        "etag": fetched.validators.etag,
        "last_modified": fetched.validators.last_modified,
        "final_key": final_key(fetched.url, fetched.final_url),
    }


def final_key(url: str, final_url: str) -> str | None:
    """Return the key of the address that a redirect led to; None where it names the page of the entry's own."""
    key = url_key(final_url) if final_url else ""
    return key if key and key != url_key(url) else None
