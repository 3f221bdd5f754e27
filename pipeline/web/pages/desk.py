"""The first page: whether all is well, what is wrong with its remedy, what came in the last day, the newest stories."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse

from pipeline.model import EntryFilter, EntryStand, FeedFilter, FeedStatus, StoryFilter
from pipeline.store.flow import first_hour
from pipeline.store.reads import views
from pipeline.store.reads.day import agencies_since, count_since
from pipeline.store.reads.feed_list import count_feeds, late_polls, list_feeds
from pipeline.store.reads.flow import flow_since, list_entries
from pipeline.store.reads.story_list import list_stories
from pipeline.web.bands import flow_bands
from pipeline.web.pages.outcomes import feed_warnings
from pipeline.web.rendering import render
from pipeline.web.site import Site

# Rows of each part.
STORIES, FAULTS, FAILED_ENTRIES, DOUBTS = 12, 8, 8, 8
HOURS = 24
DAY = timedelta(hours=HOURS)
# Before all that is stored.
FIRST = datetime(1970, 1, 1, tzinfo=UTC)


def add_route(app: FastAPI, site: Site) -> None:
    """Serve the page at ``/``."""

    @app.get("/", response_class=HTMLResponse)
    def show_desk(request: Request) -> HTMLResponse:
        store, now = site.open_store(), site.clock()
        silent, flow = feed_warnings(store, now).silent, flow_since(store, first_hour(now, HOURS))
        return render(
            request,
            "desk.html",
            now=now,
            feeds=count_feeds(store),
            late=late_polls(store, now),
            day=count_since(store, now - DAY),
            flow=flow,
            bands=flow_bands((flow.listed, flow.new, flow.articles, flow.copies, flow.stories)),
            failing=list_feeds(store, FeedFilter(status=FeedStatus.FAILING), FAULTS),
            silent=silent[:FAULTS],
            silent_number=len(silent),
            doubts=views.doubtful(store, DOUBTS),
            failed=[row.entry for row in list_entries(store, EntryFilter(FIRST, EntryStand.FAILED), FAILED_ENTRIES)],
            stories=list_stories(store, StoryFilter(), STORIES),
            agencies=agencies_since(store, now - DAY),
        )
