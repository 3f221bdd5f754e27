"""Changes as server-sent events (HTML Living Standard, 9.2), whose ids are cursors: a browser's EventSource, or any
client that sends ``Last-Event-ID``, goes on where it was cut off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from time import monotonic

from fastapi import HTTPException, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from pipeline.errors import CopydeskError
from pipeline.read import ChangePage

EVENTS = "text/event-stream"
# Seconds: between two looks at the log, between two signs of life, and until a stream ends, whose client asks again
# and is let in again or not.
LOOK_EVERY = 1.0
SIGN_EVERY = 15.0
LONGEST_STREAM = 3600.0
# Streams of one process at the same time: each looks at the log once a second.
MOST_STREAMS = 100

ReadPage = Callable[[str], ChangePage]
Events = Callable[[ChangePage], Iterator[tuple[str, bytes]]]


class _Streams:
    """How many streams are open."""

    def __init__(self) -> None:
        self.count = 0


STREAMS = _Streams()


async def event_stream(read_page: ReadPage, after: str, events: Events) -> Response:
    """Return a stream of what is behind a cursor, '' for the beginning, and of what comes then.

    Raises as ``read_page`` does before anything is sent; a failure later ends the stream, and its client asks again.
    """
    if STREAMS.count >= MOST_STREAMS:
        raise HTTPException(503, "too many streams are open", headers={"Retry-After": "30"})
    page = await run_in_threadpool(read_page, after)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_events(read_page, page, events), media_type=EVENTS, headers=headers)


async def _events(read_page: ReadPage, page: ChangePage, events: Events) -> AsyncIterator[bytes]:
    end, quiet_since = monotonic() + LONGEST_STREAM, monotonic()
    STREAMS.count += 1
    try:
        yield b"retry: 3000\n\n"
        while monotonic() < end:
            for cursor, line in events(page):
                yield (f"id: {cursor}\n".encode() if cursor else b"") + b"event: change\ndata: " + line + b"\n\n"
                quiet_since = monotonic()
            if not page.lines:
                await asyncio.sleep(LOOK_EVERY)
            if monotonic() - quiet_since > SIGN_EVERY:
                yield b": still here\n\n"
                quiet_since = monotonic()
            page = await run_in_threadpool(read_page, page.cursor)
    except CopydeskError:
        # The client begins again at its last event, and is told then what is wrong.
        return
    finally:
        STREAMS.count -= 1
