"""The change log: pages of it, as JSON or as lines, waited for, or as a stream of events; and the kills in force."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Annotated, Any

from fastapi import FastAPI, Header, Query, Request, Response
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from pipeline.model import ChangeKind
from pipeline.read import ChangePage, Kill, StoryState
from pipeline.read.reader import PAGE, Reader, State
from pipeline.records import change_record
from pipeline.web.api.answers import MOST, Limit, Place, json_answer, open_reader, page_link, to_json
from pipeline.web.api.event_stream import EVENTS, event_stream
from pipeline.web.api.problems import answers
from pipeline.web.site import Site

LINES = "application/x-ndjson"
# Seconds: a wait at most, and between two looks at the log.
LONGEST_WAIT = 60
LOOK_EVERY = 0.5
Kinds = Annotated[list[ChangeKind], Query(alias="kind", max_length=len(ChangeKind))]
Wait = Annotated[float, Query(ge=0, le=LONGEST_WAIT)]


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """A line of the change log, as docs/records.md has it; in NDJSON and events with the story's ``state``, where that
    was asked for."""

    seq: int
    tx: int
    at: datetime
    kind: ChangeKind
    story: int
    other_story: Annotated[int | None, Field(alias="other")]
    articles: tuple[int, ...]
    version: int | None
    revision: int
    status: str
    digest: str | None
    changed: tuple[str, ...]
    actor: Annotated[str, Field(alias="by")]
    reason: str
    tag: str
    cursor: str


@dataclass(frozen=True, slots=True)
class ChangeAnswer:
    """Lines of the change log to the end of a commit, the cursor behind them, and the stories that they name."""

    lines: tuple[ChangeLine, ...]
    cursor: str
    states: Mapping[int, StoryState]


def add_route(api: FastAPI, site: Site) -> None:
    """Serve ``/changes`` and ``/kills``."""

    @api.get("/changes", responses=answers(ChangeAnswer, 409, 410, forms=(LINES, EVENTS)))
    async def list_changes(
        request: Request,
        after: Place = "",
        kind: Kinds = [],  # noqa: B006
        limit: Limit = PAGE,
        state: State = "none",
        wait: Wait = 0,
        accept: Annotated[str, Header()] = "",
        last_event_id: Annotated[str, Header()] = "",
    ) -> Response:
        """Lines after a cursor: as JSON, as NDJSON or as a stream of events, by `Accept`. `wait` seconds for one."""
        reader = await run_in_threadpool(open_reader, site)
        query = ChangeQuery(reader, tuple(kind), limit, state)
        if EVENTS in accept:
            return await event_stream(query.page, last_event_id or after, changed_lines)
        page = await _waited_page(request, query, after, wait)
        headers = page_link(request, after=page.cursor) | {"Copydesk-Cursor": page.cursor}
        if LINES in accept:
            return Response(
                b"".join(line + b"\n" for _, line in changed_lines(page)), headers=headers, media_type=LINES
            )
        return json_answer(_page_record(page), headers=headers)

    @api.get("/kills", responses=answers(list[Kill]))
    def list_kills() -> Response:
        """Every order in force that a text is not to be used."""
        with open_reader(site).snapshot() as view:
            return json_answer(list(view.kills))


@dataclass(frozen=True, slots=True)
class ChangeQuery:
    """What of the log is asked for."""

    reader: Reader
    kinds: tuple[ChangeKind, ...] = ()
    limit: int = MOST
    state: State = "none"

    def page(self, after: str) -> ChangePage:
        """Return the page behind a cursor."""
        return self.reader.changes(after, kinds=self.kinds, limit=self.limit, state=self.state)


async def _waited_page(request: Request, query: ChangeQuery, after: str, wait: float) -> ChangePage:
    """Return the page behind a cursor, as soon as it has a line or the wait is over."""
    end = monotonic() + wait
    page = await run_in_threadpool(query.page, after)
    # Lines of other kinds move the cursor on, so that they are not read again.
    while not page.lines and monotonic() < end and not await request.is_disconnected():
        await asyncio.sleep(LOOK_EVERY)
        page = await run_in_threadpool(query.page, page.cursor)
    return page


def _page_record(page: ChangePage) -> dict[str, Any]:
    states = {str(number): state for number, state in page.states.items()}
    return {"lines": [change_record(line) for line in page.lines], "cursor": page.cursor, "states": states}


def changed_lines(page: ChangePage) -> Iterator[tuple[str, bytes]]:
    """Yield each line as JSON, with its story's state where the page has it, and its cursor; '' where the line's commit
    goes on: whoever begins again behind a cursor gets whole commits."""
    for place, line in enumerate(page.lines):
        follower = page.lines[place + 1] if place + 1 < len(page.lines) else None
        is_end = follower is None or follower.tx != line.tx
        states = {"state": page.states[line.story_id]} if line.story_id in page.states else {}
        yield line.cursor if is_end else "", to_json(change_record(line) | states)
