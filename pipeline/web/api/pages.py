"""Whose store it is, whose story a page is, the whole store in one view, and what became of an agency's stories."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated

from fastapi import Body, FastAPI, Query, Response
from fastapi.responses import StreamingResponse

from pipeline.read import PagePlace, Snapshot, StoreInfo
from pipeline.read.store_reader import PastReader
from pipeline.records import pickup_record
from pipeline.store.reads.pickup import pickups
from pipeline.web.api.answers import MOST, Instant, Place, json_answer, open_reader, stories_at, to_json
from pipeline.web.api.changes import LINES
from pipeline.web.api.problems import answers
from pipeline.web.parameters import PRINTABLE
from pipeline.web.site import Site
from pipeline.web.streams import in_chunks

# Characters of an address at most.
LONGEST_URL = 4096
Url = Annotated[str, Body(max_length=LONGEST_URL, pattern=PRINTABLE)]
Urls = Annotated[list[Url], Body(embed=True, min_length=1, max_length=MOST)]
Agency = Annotated[str, Query(min_length=1, max_length=200, pattern=PRINTABLE)]


@dataclass(frozen=True, slots=True)
class PickupRow:
    """A copy of an agency's story, as docs/records.md has it."""

    story: int
    story_title: str
    status: str
    article: int
    outlet: str
    url: str
    published: str | None
    minutes: float | None
    relation: str
    headline_changed: bool | None
    share_kept: float | None
    words_added: int | None
    credit: str | None
    agency: str
    paragraphs_dropped: int | None
    corrected_after: float | None
    still_up: bool | None
    title: str
    canonical: bool


def add_route(api: FastAPI, site: Site) -> None:
    """Serve ``/info``, ``/find``, ``/snapshot`` and ``/pickup``."""

    @api.get("/info", responses=answers(StoreInfo, 409, 410))
    def show_info(at: Place = "") -> Response:
        """Whose store it is, and where its log ends, or ended ``at`` a moment or a cursor."""
        reader = open_reader(site)
        info, stories = reader.info(), stories_at(reader, at)
        return json_answer(replace(info, cursor=stories.cursor()) if isinstance(stories, PastReader) else info)

    @api.post("/find", responses=answers(list[PagePlace]))
    def find_pages(urls: Urls) -> Response:
        """Whose story each page is, and who else has it."""
        return json_answer(open_reader(site).find(urls))

    @api.get("/snapshot", response_class=Response, responses=answers(None, 409, 410, forms=(LINES,)))
    def read_snapshot(since: Place = "") -> Response:
        """The store in one view, or what changed behind a cursor, as NDJSON: `info`, kills, stories, `end`."""
        return StreamingResponse(_snapshot_lines(site, since), media_type=LINES)

    @api.get("/pickup", responses=answers(list[PickupRow]))
    def show_pickup(agency: Agency, since: Instant | None = None, until: Instant | None = None) -> Response:
        """What outlets made of an agency's stories, a row a copy."""
        return StreamingResponse(_pickup_rows(site, agency, since, until), media_type="application/json")


def _snapshot_lines(site: Site, since: str) -> Iterator[bytes]:
    """Return the lines of a snapshot, which is opened before the first is asked for: its errors are told as such."""
    stack = ExitStack()
    view = stack.enter_context(open_reader(site).snapshot(since))
    return in_chunks(_lines_of(view, stack))


def _lines_of(view: Snapshot, stack: ExitStack) -> Iterator[bytes]:
    with stack:
        yield to_json({"info": view.info}) + b"\n"
        for kill in view.kills:
            yield to_json({"kill": kill}) + b"\n"
        for state in view.states:
            yield to_json({"story": state}) + b"\n"
        # Without this line the snapshot was cut off.
        yield b'{"end":true}\n'


def _pickup_rows(site: Site, agency: str, since: datetime | None, until: datetime | None) -> Iterator[bytes]:
    rows = pickups(site.open_store(), agency, since, until)
    lines = (to_json(pickup_record(row)) for row in rows)
    first = next(lines, b"")
    return in_chunks(_json_list(first, lines))


def _json_list(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield b"[" + first
    for line in rest:
        yield b",\n" + line
    yield b"]"
