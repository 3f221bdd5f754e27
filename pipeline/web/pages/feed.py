"""The page of one feed: how it stands and why, its polls, and where each of its last entries stands."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BeforeValidator

from pipeline.errors import AlreadyDecided
from pipeline.log import get_logger
from pipeline.model import Subscription, SubscriptionState
from pipeline.store import Store
from pipeline.store.exchanges import last_exchange
from pipeline.store.reads.feed_list import entries_of, find_feed, polls_of, tallies_of
from pipeline.store.reads.tallies import history
from pipeline.web.parameters import LARGEST_ID, Id
from pipeline.web.rendering import render
from pipeline.web.site import Site, check_act, person_of
from pipeline.web.strips import STRIP_DAYS, first_day

log = get_logger(__name__)

POLLS = 30
ENTRIES = 50
MINUTE = 60.0


class Deed(StrEnum):
    """What was just done with the feed."""

    INTERVAL = "interval"
    PACE = "pace"
    TRY = "try"


EntryId = Annotated[int, Form(ge=1, le=LARGEST_ID)]
# Empty: at its own pace.
Minutes = Annotated[int | None, BeforeValidator(lambda value: value or None), Form(ge=1, le=10_080)]


def add_route(app: FastAPI, site: Site) -> None:
    """Serve the page at ``/feed/ID``, and its acts below."""
    _add_acts(app, site)

    @app.get("/feed/{feed_id}", response_class=HTMLResponse)
    def show_feed(
        request: Request,
        feed_id: Id,
        failed: bool = False,
        deed: Deed | None = None,
    ) -> HTMLResponse:
        store, now = site.open_store(), site.clock()
        feed = find_feed(store, feed_id)
        days = history(tallies_of(store, [feed], first_day(now))[feed.id], STRIP_DAYS, now.date())
        return render(
            request,
            "feed.html",
            feed=feed,
            days=days,
            polls=polls_of(store, feed_id, POLLS, failed_only=failed),
            entries=entries_of(store, feed_id, ENTRIES),
            failed=failed,
            deed=deed,
            hub=_subscription(store, feed_id),
            exchange=last_exchange(store, feed_id),
        )


def _add_acts(app: FastAPI, site: Site) -> None:
    @app.post("/feed/{feed_id}/interval")
    def set_interval(request: Request, feed_id: Id, minutes: Minutes = None) -> RedirectResponse:
        check_act(request)
        seconds = minutes * MINUTE if minutes else None
        site.open_store().feeds.fix_interval(feed_id, seconds, site.clock())
        log.info("interval_set", feed=feed_id, seconds=seconds, person=person_of(request).name)
        return _back(request, feed_id, Deed.INTERVAL if minutes else Deed.PACE)

    @app.post("/feed/{feed_id}/try")
    def try_again(request: Request, feed_id: Id, entry: EntryId) -> RedirectResponse:
        check_act(request)
        if not site.open_store().entries.try_again(entry, site.clock()):
            raise AlreadyDecided("it did not fail, or has its article since", concerns=f"entry {entry}")
        log.info("entry_retried", entry=entry, person=person_of(request).name)
        return _back(request, feed_id, Deed.TRY)


def _back(request: Request, feed_id: int, deed: Deed) -> RedirectResponse:
    return RedirectResponse(f"{request.scope.get('root_path', '')}/feed/{feed_id}?deed={deed.value}", 303)


def _subscription(store: Store, feed_id: int) -> Subscription | None:
    """Return the feed's subscription at a hub: the active one, else the one asked for last."""
    subscriptions = [hub for hub in store.hubs.all_subscriptions() if hub.feed_id == feed_id]
    return max(subscriptions, key=lambda hub: (hub.state is SubscriptionState.ACTIVE, hub.asked_at), default=None)
