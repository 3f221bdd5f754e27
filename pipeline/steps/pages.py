"""One page of a run: as it was fetched or as its feed carries it, archived, and read in a child."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from html import escape

from pipeline import traces
from pipeline.extract.job import ExtractJob
from pipeline.extract.sandbox import Sandbox
from pipeline.extract.template import Learned
from pipeline.model import ArchiveRef, Article, EntryState, FetchResult, PageHints, PageRecord
from pipeline.rights.reservations import Reservations, answer_reservations
from pipeline.steps.run import Run
from pipeline.store import Store


@dataclass(frozen=True, slots=True)
class Page:
    """A page at hand: its record, its bytes, what is reserved of it elsewhere, and what writes it to the archive."""

    record: PageRecord
    body: bytes
    reservations: Reservations
    archive: Callable[[], ArchiveRef]


def fetched_page(run: Run[Sandbox], entry: EntryState, result: FetchResult) -> Page:
    """Return the page that a fetch of the entry's address gave."""
    record = PageRecord(
        url=entry.url,
        final_url=result.final_url,
        fetched_at=run.clock(),
        status=result.status,
        media_type=result.media_type,
        charset=result.charset,
        digest=body_digest(result.body),
        bytes=len(result.body),
        validators=result.validators,
    )
    address = result.final_url or entry.url
    write = partial(run.archive.write, address, record.fetched_at, result.status, result.headers, result.body)
    return Page(record, result.body, answer_reservations(result), write)


async def delivered_page(run: Run[Sandbox], entry: EntryState) -> Page:
    """Return the text that a feed carries whole, as the page it stands for; nothing is fetched but its origin's
    reservations, and not even these of an item that its agency delivers."""
    record, body = page_in_feed(entry, run.clock())
    write = partial(run.archive.write_resource, entry.url, record.fetched_at, record.media_type, body)
    reservations = () if entry.delivered else (await run.client.reserved(entry.url),)
    return Page(record, body, reservations, write)


def page_in_feed(entry: EntryState, now: datetime) -> tuple[PageRecord, bytes]:
    """Return the record and the bytes of the page that an entry's own text stands for."""
    title = escape(entry.title)
    raw = (
        f"<html><head><title>{title}</title></head><body><article><h1>{title}</h1>{entry.content}</article></body>"
    ).encode()
    return PageRecord(entry.url, entry.url, now, 0, "text/html", "utf-8", body_digest(raw), len(raw)), raw


async def archive_page(run: Run[Sandbox], page: Page) -> Page:
    """Write the page to the archive; return it with its place there."""
    return replace(page, record=replace(page.record, archive=await run.write(page.archive)))


class PageReader:
    """Reads the pages of a run in its children, each by the template of its outlet."""

    def __init__(self, run: Run[Sandbox], templates: Mapping[str, Learned]) -> None:
        self._run, self._templates = run, templates

    async def read(self, entry: EntryState, page: Page) -> Article:
        """Return the page's article as it is to be stored. Raises ExtractError."""
        job = ExtractJob(
            page.body,
            entry.url,
            page_hints(entry, page.record.charset),
            self._templates.get(entry.outlet),
            page.reservations,
            entry.licence,
            self._run.config.rights,
            page.record.final_url,
        )
        with traces.span(traces.READ, {traces.ENTRY: entry.id}):
            return await asyncio.wrap_future(self._run.children.submit(job))


def load_templates(store: Store, outlets: Sequence[str]) -> dict[str, Learned]:
    """Return what the pages of each outlet repeat, of outlets of which that is known."""
    stored = store.templates.load(sorted(set(outlets)))
    return {outlet: Learned(*template) for outlet, template in stored.items() if any(template)}


def page_hints(entry: EntryState, charset: str = "") -> PageHints:
    """Return what the entry and its outlet say of a page before it is read."""
    return PageHints(
        outlet=entry.outlet,
        country=entry.country,
        title=entry.title,
        summary=entry.summary,
        published=entry.published,
        lang=entry.lang,
        charset=charset,
        zone=entry.zone,
        delivered=entry.delivered,
        authors=entry.authors,
    )


def body_digest(body: bytes) -> str:
    """Return the digest of a page's bytes, SHA-256 in hex."""
    return hashlib.sha256(body).hexdigest()
