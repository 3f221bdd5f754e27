"""Kept searches: listed, kept, forgotten, and each as a feed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Body, FastAPI, Request, Response
from fastapi import Path as InPath

from pipeline.log import get_logger
from pipeline.model import SavedView, StoryFilter, VersionKind
from pipeline.store.saved_views import filter_json
from pipeline.web.api.answers import Instant, json_answer
from pipeline.web.api.problems import answers
from pipeline.web.pages.stories import search_of
from pipeline.web.parameters import PRINTABLE
from pipeline.web.site import Site, check_act, person_of
from pipeline.web.story_feed import FORMS, FeedForm, site_root, story_feed

log = get_logger(__name__)

Name = Annotated[str, InPath(min_length=1, max_length=100, pattern=PRINTABLE)]
Text = Annotated[str, Body(max_length=200, pattern=PRINTABLE)]
MaybeText = Annotated[str | None, Body(max_length=200, pattern=PRINTABLE)]


@dataclass(frozen=True, slots=True)
class ViewAnswer:
    """A kept search: ``filters`` by name, ``announced``: each new story is told once, by whom and when it was kept."""

    name: str
    filters: dict[str, str]
    announced: bool
    person: str
    saved: datetime


def add_route(api: FastAPI, site: Site) -> None:
    """Serve ``/views`` and what is below it."""

    @api.get("/views", responses=answers(list[ViewAnswer]))
    def list_views() -> Response:
        """Every kept search, by name."""
        return json_answer([_answer(view) for view in site.open_store().saved_views.all()])

    @api.put("/views/{name}", responses=answers(ViewAnswer, 404))
    def save_view(
        request: Request,
        name: Name,
        words: Text = "",
        agency: MaybeText = None,
        outlet: Text = "",
        lang: Text = "",
        kind: Annotated[VersionKind | None, Body()] = None,
        since: Annotated[Instant | None, Body()] = None,
        until: Annotated[Instant | None, Body()] = None,
        announced: Annotated[bool, Body()] = False,
    ) -> Response:
        """Keep a search, in place of another of this name; stories from now on are told."""
        check_act(request)
        filters, person = StoryFilter(words, agency, outlet, lang, since, until, kind), person_of(request).name
        view = site.open_store().saved_views.save(name, filters, person, site.clock(), is_announced=announced)
        log.info("view_saved", view=name, announced=announced, person=person)
        return json_answer(_answer(view))

    @api.delete("/views/{name}", responses=answers(ViewAnswer, 404))
    def remove_view(request: Request, name: Name) -> Response:
        """Forget a kept search."""
        check_act(request)
        views = site.open_store().saved_views
        view = views.find(name)
        views.remove(name)
        log.info("view_removed", view=name, person=person_of(request).name)
        return json_answer(_answer(view))

    @api.get("/views/{name}/feed", responses=answers(None, 404, forms=[media for _, media in FORMS.values()]))
    def read_feed(request: Request, name: Name, form: FeedForm = FeedForm.ATOM) -> Response:
        """The newest stories of a kept search as a feed, each once."""
        store = site.open_store()
        view = store.saved_views.find(name)
        page = f"{site_root(request)}/stories?{search_of(view.filters).query()}"
        return story_feed(request, store, view.filters, form, page, view.name)


def _answer(view: SavedView) -> ViewAnswer:
    return ViewAnswer(view.name, filter_json(view.filters), view.is_announced, view.person, view.saved_at)
