"""Answers of the API: records as JSON, and what a client holds already told by its ETag."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlencode

import msgspec
from fastapi import Query, Request, Response
from pydantic import AfterValidator, AwareDatetime

from pipeline.read import StoryHead, StoryReader
from pipeline.read.reader import Reader
from pipeline.read.store_reader import StoreReader
from pipeline.web.site import Site

JSON = "application/json"
# Rows of a page at most.
MOST = 1000
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def _in_utc(time: datetime) -> datetime:
    try:
        return time.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("a time of no year from 1 to 9999 in UTC") from error


Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]
Limit = Annotated[int, Query(ge=1, le=MOST)]
# A cursor, a moment or the end of a page: what is none of them is told as such.
Place = Annotated[str, Query(max_length=100)]


def open_reader(site: Site) -> Reader:
    """Return a reader of the site's store. Raises CopydeskError where it cannot be opened."""
    return StoreReader(site.open_store())


def stories_at(reader: Reader, at: str) -> StoryReader:
    """Return the stories as they are, or as they were at a moment (ISO 8601 with its offset) or at a cursor."""
    if not at:
        return reader
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return reader.at(at)
    return reader.at(_clamped(moment) if moment.tzinfo else at)


def _clamped(moment: datetime) -> datetime:
    """Return a moment that UTC has a date for: the calendar's ends stand for what is beyond them."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return FIRST if moment.year == 1 else LAST


def to_json(value: object) -> bytes:
    """Return a record as JSON in UTF-8; half of a surrogate pair, which UTF-8 cannot hold, becomes a question mark."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return json.dumps(msgspec.to_builtins(value), ensure_ascii=False).encode("utf-8", "replace")


def json_answer(
    value: object, status: int = 200, headers: Mapping[str, str] | None = None, media_type: str = JSON
) -> Response:
    """Return a record as an answer."""
    return Response(to_json(value), status, dict(headers or {}), media_type)


def story_answer(request: Request, head: StoryHead, value: object) -> Response:
    """Return what is read of a story, or 304 where the client has it of this revision already."""
    # A restored store counts revisions again from an earlier one; the time tells the two apart.
    tag = f'W/"{head.revision}-{head.updated.timestamp():.6f}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    held_tags = [name.strip() for name in request.headers.get("if-none-match", "").split(",")]
    if "*" in held_tags or tag in held_tags or tag.removeprefix("W/") in held_tags:
        return Response(status_code=304, headers=headers)
    return json_answer(value, headers=headers)


def page_link(request: Request, **parameters: str) -> dict[str, str]:
    """Return the header that leads to the next page: this address with these parameters, relative to itself."""
    stays = [(name, value) for name, value in request.query_params.multi_items() if name not in parameters]
    return {"Link": f'<?{urlencode([*stays, *parameters.items()])}>; rel="next"'}
