"""The page of stories: the newest first, found by words, agency, outlet, language, days and state; and as a table."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated
from urllib.parse import urlencode

from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse

from pipeline.csv_rows import STORY_COLUMNS
from pipeline.model import Story, StoryFilter, VersionKind
from pipeline.read.store_reader import StoreReader
from pipeline.records import story_record
from pipeline.store import Store
from pipeline.store.reads.day import agency_names
from pipeline.store.reads.snippets import snippets_of
from pipeline.store.reads.story_list import every_story, list_stories
from pipeline.store.reads.views import first_outlets
from pipeline.web.parameters import After, Day, Unset, Words
from pipeline.web.rendering import render
from pipeline.web.site import Site
from pipeline.web.story_feed import FeedForm, site_root, story_feed
from pipeline.web.streams import csv_answer, file_answer

ROWS = 50
NO_AGENCY = "-"
# Rows of a table that is taken away.
MOST_ROWS = 100_000
ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)


class Form(StrEnum):
    """What the answer is."""

    PAGE = "html"
    CSV = "csv"
    JSON = "json"
    ATOM = "atom"
    JSON_FEED = "feed"


FEEDS = {Form.ATOM: FeedForm.ATOM, Form.JSON_FEED: FeedForm.JSON_FEED}


@dataclass(frozen=True, slots=True)
class Search:
    """The search as the address says it; the agency NO_AGENCY is that of stories that name none."""

    q: str
    agency: str
    outlet: str
    lang: str
    since: date | None
    until: date | None
    kind: VersionKind | None

    def filtered(self, after: int) -> StoryFilter:
        """Return the filter of the store: whole days of UTC, the last one included."""
        since = _midnight(self.since) if self.since else None
        until = _midnight(self.until) + timedelta(days=1) if self.until and self.until < date.max else None
        agency = {NO_AGENCY: "", "": None}.get(self.agency, self.agency)
        return StoryFilter(self.q, agency, self.outlet, self.lang, since, until, self.kind, after)

    def query(self) -> str:
        """Return the query of an address that means this search."""
        return urlencode({name: value for name, value in asdict(self).items() if value})


def search_of(filters: StoryFilter) -> Search:
    """Return the search that an address says, of a filter that it was made to."""
    agency = {"": NO_AGENCY, None: ""}.get(filters.agency, filters.agency or "")
    since = filters.since.astimezone(UTC).date() if filters.since else None
    until = (filters.until.astimezone(UTC) - timedelta(microseconds=1)).date() if filters.until else None
    return Search(filters.words, agency, filters.outlet, filters.lang, since, until, filters.kind)


def add_route(app: FastAPI, site: Site) -> None:
    """Serve the page at ``/stories``."""

    @app.get("/stories")
    def show_stories(
        request: Request,
        q: Words = "",
        agency: Words = "",
        outlet: Words = "",
        lang: Words = "",
        since: Day = None,
        until: Day = None,
        kind: Annotated[VersionKind | None, Unset] = None,
        after: After = 0,
        form: Form = Form.PAGE,
    ) -> Response:
        store = site.open_store()
        search = Search(q, agency, outlet, lang, since, until, kind)
        wanted = search.filtered(after)
        if form is Form.PAGE and (story_id := _story_of_address(store, q)):
            return RedirectResponse(f"{request.scope.get('root_path', '')}/story/{story_id}", 303)
        if form in FEEDS:
            page = f"{site_root(request)}/stories?{search.query()}"
            return story_feed(request, store, search.filtered(0), FEEDS[form], page)
        if form is not Form.PAGE:
            return _table(every_story(store, wanted, MOST_ROWS), form)
        stories = list_stories(store, wanted, ROWS + 1)
        page_stories = stories[:ROWS]
        ids = [story.id for story in page_stories]
        return render(
            request,
            "stories.html",
            search=search,
            query=search.query(),
            days=_by_day(page_stories),
            outlets=first_outlets(store, ids),
            snippets=snippets_of(store, q, ids) if q.strip() else {},
            last=page_stories[-1].id if page_stories else 0,
            more=len(stories) > ROWS,
            after=after,
            agencies=agency_names(store),
            kinds=list(VersionKind),
            is_address=bool(ADDRESS.fullmatch(q.strip())),
        )


def _story_of_address(store: Store, words: str) -> int | None:
    """Return the story of the page whose address was put into the search; None where it is none, or in no story."""
    if not ADDRESS.fullmatch(words.strip()):
        return None
    # One address may be that of several pages: of an article that moved, and of what stands there now.
    places = StoreReader(store).find([words.strip()])
    return next((place.head.story for place in places if place.head), None)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _by_day(stories: list[Story]) -> list[tuple[date, list[Story]]]:
    days: dict[date, list[Story]] = {}
    for story in stories:
        days.setdefault(story.first_seen.astimezone(UTC).date(), []).append(story)
    return list(days.items())


def _table(stories: Iterator[Story], form: Form) -> Response:
    if form is Form.CSV:
        return csv_answer(STORY_COLUMNS, map(story_record, stories), "stories.csv")
    return file_answer(_json_lines(stories), "stories.jsonl", "application/x-ndjson")


def _json_lines(stories: Iterator[Story]) -> Iterator[bytes]:
    for story in stories:
        yield f"{json.dumps(story_record(story))}\n".encode()
