"""The page of feeds: found by words and state, the worst first; paused, resumed, retired, polled, one or many."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated
from urllib.parse import urlencode

from fastapi import FastAPI, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from pipeline.log import get_logger
from pipeline.model import FeedFilter, FeedState, FeedStatus, Outcome
from pipeline.store import Store
from pipeline.store.reads.feed_list import count_feeds, list_feeds, matching_feeds, tallies_of
from pipeline.store.reads.tallies import history
from pipeline.web.parameters import LARGEST_ID, After, Unset, Words
from pipeline.web.rendering import render
from pipeline.web.site import Site, check_act, person_of
from pipeline.web.strips import STRIP_DAYS, first_day

log = get_logger(__name__)

ROWS = 50
# Ids in the address of an Undo; more are undone by their filter.
MOST_IDS = 200

FormIds = Annotated[list[Annotated[int, Form(ge=1, le=LARGEST_ID)]], Form(max_length=10_000)]


class Act(StrEnum):
    """What can be done with feeds at once; each has its opposite, but a poll."""

    POLL = "poll"
    PAUSE = "pause"
    RESUME = "resume"
    RETIRE = "retire"
    # What the page of new feeds did; nothing that is done here.
    ADD = "add"


UNDO = {Act.PAUSE: Act.RESUME, Act.RESUME: Act.PAUSE, Act.RETIRE: Act.RESUME}


def add_route(app: FastAPI, site: Site) -> None:
    """Serve the page at ``/feeds``, and its acts at ``/feeds/act``."""

    @app.get("/feeds", response_class=HTMLResponse)
    def show_feeds(
        request: Request,
        q: Words = "",
        state: Annotated[FeedStatus | None, Unset] = None,
        outcome: Annotated[Outcome | None, Unset] = None,
        after: After = 0,
        act: Act | None = None,
        number: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
        undo: Annotated[list[int], Query(max_length=MOST_IDS)] = [],  # noqa: B006 - FastAPI copies it
    ) -> HTMLResponse:
        store = site.open_store()
        wanted = FeedFilter(q, state, outcome, after)
        feeds = list_feeds(store, wanted, ROWS + 1)
        return render(
            request,
            "feeds.html",
            wanted=wanted,
            counts=count_feeds(store, q),
            feeds=feeds[:ROWS],
            more=len(feeds) > ROWS,
            strips=_strips(store, feeds[:ROWS], site),
            act=act,
            number=number,
            undo=undo,
            opposite=UNDO.get(act) if act else None,
            here=_address(request, wanted),
        )

    @app.post("/feeds/act")
    def act_on_feeds(
        request: Request,
        do: Annotated[Act, Form()],
        feed: FormIds = [],  # noqa: B006
        is_for_all: Annotated[bool, Form()] = False,
        q: Annotated[str, Form(max_length=200)] = "",
        state: Annotated[FeedStatus | None, Form()] = None,
        outcome: Annotated[Outcome | None, Form()] = None,
    ) -> RedirectResponse:
        check_act(request)
        store = site.open_store()
        wanted = FeedFilter(q, state, outcome)
        ids = matching_feeds(store, wanted) if is_for_all else feed
        changed = _act(store, do, ids, site)
        log.info("feeds_changed", act=do.value, feeds=changed, person=person_of(request).name)
        parameters = [
            ("act", do.value),
            ("number", changed),
            *(("undo", at) for at in ids[:MOST_IDS] if len(ids) <= MOST_IDS),
        ]
        return RedirectResponse(f"{_address(request, wanted)}&{urlencode(parameters)}", 303)


def _act(store: Store, act: Act, ids: list[int], site: Site) -> int:
    now = site.clock()
    if act is Act.POLL:
        return store.feeds.make_due(ids, now)
    if act is Act.RETIRE:
        return store.feeds.retire_all(ids)
    if act is Act.ADD:
        return 0
    return store.feeds.pause_all(ids, act is Act.PAUSE, now)


def _strips(store: Store, feeds: list[FeedState], site: Site) -> dict[int, object]:
    now = site.clock()
    rows = tallies_of(store, feeds, first_day(now))
    return {feed_id: history(row, STRIP_DAYS, now.date()) for feed_id, row in rows.items()}


def _address(request: Request, wanted: FeedFilter) -> str:
    values = {"q": wanted.words, "state": wanted.status or "", "outcome": wanted.outcome or ""}
    return f"{request.scope.get('root_path', '')}/feeds?{urlencode(values)}"
