"""The first page: counts, feeds with the failing ones first, and the newest stories."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import FastAPI, Query, Request
from fastapi.responses import HTMLResponse

from pipeline import words
from pipeline.model import Copy, EntryStatus, FeedState, Story, Subscription, SubscriptionState
from pipeline.store import Store
from pipeline.store.reads import views
from pipeline.web.rendering import render

# Rows of each table.
STORIES = 20
FAILED_ENTRIES = 20
DOUBTS = 20

PageNumber = Annotated[int, Query(ge=1, le=100_000)]
# PostgreSQL takes no NUL in a text.
Agency = Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of stories with their copies; ``agency`` is the filter, None for all."""

    stories: list[Story]
    copies: dict[int, list[Copy]]
    agency: str | None
    number: int
    more: bool


def add_route(app: FastAPI, open_store: Callable[[], Store], clock: Callable[[], datetime]) -> None:
    """Serve the page at ``/``."""

    @app.get("/", response_class=HTMLResponse)
    def show_desk(request: Request, page: PageNumber = 1, agency: Agency = None) -> HTMLResponse:
        store = open_store()
        return render(
            request,
            "desk.html",
            counts=views.counts(store),
            feeds=_failing_first(views.feed_rows(store)),
            quiet=_silent_feeds(store, clock()),
            hubs=_subscription_by_feed(store),
            agencies=views.by_agency(store),
            doubts=views.doubtful(store, DOUBTS),
            failed=views.entry_rows(store, FAILED_ENTRIES, EntryStatus.FAILED),
            listing=_listing(store, page, agency),
        )


def _silent_feeds(store: Store, now: datetime) -> dict[int, str]:
    # Brings the steps with it, which a server that mounts the page need not wait for at its start.
    from pipeline.steps.alerts import silent_feeds

    return silent_feeds(store, now)


def _listing(store: Store, number: int, agency: str | None) -> Listing:
    rows = views.stories(store, STORIES + 1, offset=(number - 1) * STORIES, agency=agency)
    stories = rows[:STORIES]
    copies = views.copies_of(store, [story.id for story in stories])
    return Listing(stories, copies, agency, number, len(rows) > STORIES)


def _subscription_by_feed(store: Store) -> dict[int, Subscription]:
    """Return each feed's subscription at a hub: the active one, else the one asked for last."""
    subscriptions = sorted(
        store.hubs.all_subscriptions(),
        key=lambda subscription: (subscription.state is SubscriptionState.ACTIVE, subscription.asked_at),
    )
    return {subscription.feed_id: subscription for subscription in subscriptions}


def _failing_first(feeds: list[FeedState]) -> list[FeedState]:
    order = {"bad": 0, "idle": 1, "good": 2}
    return sorted(feeds, key=lambda feed: (order[words.feed_state(feed)], -feed.failures, feed.spec.outlet))
