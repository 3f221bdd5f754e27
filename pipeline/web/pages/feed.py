"""The page of one feed: how it stands and why, its polls, and where each of its last entries stands."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse

from pipeline.model import Subscription, SubscriptionState
from pipeline.store import Store
from pipeline.store.reads.feed_list import entries_of, find_feed, polls_of, tallies_of
from pipeline.store.reads.tallies import history
from pipeline.web.parameters import Id
from pipeline.web.rendering import render
from pipeline.web.site import Site
from pipeline.web.strips import STRIP_DAYS, first_day

POLLS = 30
ENTRIES = 50


def add_route(app: FastAPI, site: Site) -> None:
    """Serve the page at ``/feed/ID``."""

    @app.get("/feed/{feed_id}", response_class=HTMLResponse)
    def show_feed(
        request: Request,
        feed_id: Id,
        failed: bool = False,
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
            hub=_subscription(store, feed_id),
        )


def _subscription(store: Store, feed_id: int) -> Subscription | None:
    """Return the feed's subscription at a hub: the active one, else the one asked for last."""
    subscriptions = [hub for hub in store.hubs.all_subscriptions() if hub.feed_id == feed_id]
    return max(subscriptions, key=lambda hub: (hub.state is SubscriptionState.ACTIVE, hub.asked_at), default=None)
