"""Stories as they are, or as they were: pages of them, one, its versions, and how two versions differ."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import FastAPI, Query, Request, Response
from fastapi import Path as InPath

from pipeline.model import StoryStatus
from pipeline.read import CopyPlace, StoryFilter, StoryPage, StoryState, VersionText
from pipeline.read.reader import PAGE, Order
from pipeline.read.version_diff import VersionDiff, compare_versions
from pipeline.web.api.answers import (
    Instant,
    Limit,
    Place,
    json_answer,
    open_reader,
    page_link,
    stories_at,
    story_answer,
)
from pipeline.web.api.problems import answers
from pipeline.web.parameters import Id, Words
from pipeline.web.site import Site

# The largest number that both databases take as one of a version.
LARGEST_NUMBER = 2**31 - 1
Number = Annotated[int, InPath(ge=1, le=LARGEST_NUMBER)]
NumberAsked = Annotated[int | None, Query(ge=1, le=LARGEST_NUMBER)]
Status = Literal["live", "merged", "withdrawn", "removed", "any"]
# Problems of what is asked of one story.
OF_STORY = (308, 404, 409, 410)


def add_route(api: FastAPI, site: Site) -> None:
    """Serve ``/stories`` and what is below it."""
    _add_pages(api, site)
    _add_story(api, site)
    _add_parts(api, site)
    _add_diff(api, site)


def _add_pages(api: FastAPI, site: Site) -> None:
    @api.get("/stories", responses=answers(StoryPage, 409, 410))
    def list_stories(
        request: Request,
        since: Instant | None = None,
        until: Instant | None = None,
        agency: Words | None = None,
        lang: Words | None = None,
        outlet: Words | None = None,
        section: Words | None = None,
        words: Words | None = None,
        status: Status = "live",
        order: Order = "first_seen",
        after: Place = "",
        limit: Limit = PAGE,
        at: Place = "",
    ) -> Response:
        """Stories, the newest first; `since` and `until` bound the time of `order`."""
        wanted = None if status == "any" else StoryStatus(status)
        filters = StoryFilter(since, until, agency, lang, outlet, section, wanted, words)
        page = stories_at(open_reader(site), at).stories(filters, order=order, after=after, limit=limit)
        return json_answer(page, headers=page_link(request, after=page.after) if page.after else {})


def _add_story(api: FastAPI, site: Site) -> None:
    @api.get("/stories/{story_id}", responses=answers(StoryState, 304, *OF_STORY))
    def read_story(request: Request, story_id: Id, at: Place = "") -> Response:
        """A story with its versions, copies and provenance."""
        state = stories_at(open_reader(site), at).story(story_id)
        return story_answer(request, state.head, state)


def _add_parts(api: FastAPI, site: Site) -> None:
    @api.get("/stories/{story_id}/versions", responses=answers(list[VersionText], 304, *OF_STORY))
    def list_versions(request: Request, story_id: Id, at: Place = "") -> Response:
        """All versions of a story, the oldest first."""
        state = stories_at(open_reader(site), at).story(story_id)
        return story_answer(request, state.head, state.versions)

    @api.get("/stories/{story_id}/copies", responses=answers(list[CopyPlace], 304, *OF_STORY))
    def list_copies(request: Request, story_id: Id, at: Place = "") -> Response:
        """All copies of a story, in time order."""
        state = stories_at(open_reader(site), at).story(story_id)
        return story_answer(request, state.head, state.copies)

    @api.get("/stories/{story_id}/versions/{number}", responses=answers(VersionText, *OF_STORY))
    def read_version(story_id: Id, number: Number, at: Place = "") -> Response:
        """One version's text."""
        return json_answer(stories_at(open_reader(site), at).text(story_id, number))


def _add_diff(api: FastAPI, site: Site) -> None:
    @api.get("/stories/{story_id}/diff", responses=answers(VersionDiff, *OF_STORY))
    def read_diff(story_id: Id, old: NumberAsked = None, new: NumberAsked = None, at: Place = "") -> Response:
        """How two versions differ: without `new` the one in force, without `old` the one before it."""
        diff = compare_versions(stories_at(open_reader(site), at), story_id, old, new)
        return json_answer(asdict(diff))
