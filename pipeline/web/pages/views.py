"""The page of kept searches: each a page of stories and a feed; kept, told of, forgotten."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from pipeline.log import get_logger
from pipeline.model import VersionKind
from pipeline.web.pages.stories import Search, search_of
from pipeline.web.parameters import PRINTABLE, Day, Unset
from pipeline.web.rendering import render
from pipeline.web.site import Site, check_act, person_of

log = get_logger(__name__)

Name = Annotated[str, Form(min_length=1, max_length=100, pattern=PRINTABLE)]
Text = Annotated[str, Form(max_length=200, pattern=PRINTABLE)]


def add_route(app: FastAPI, site: Site) -> None:
    """Serve the page at ``/views``, and its acts at ``/views/save`` and ``/views/remove``."""

    @app.get("/views", response_class=HTMLResponse)
    def show_views(request: Request) -> HTMLResponse:
        views = [(view, search_of(view.filters).query()) for view in site.open_store().saved_views.all()]
        can_announce = bool(site.open_config().notify.notifier)
        return render(request, "views.html", views=views, can_announce=can_announce)

    @app.post("/views/save")
    def save_view(
        request: Request,
        name: Name,
        q: Text = "",
        agency: Text = "",
        outlet: Text = "",
        lang: Text = "",
        since: Annotated[Day, Form()] = None,
        until: Annotated[Day, Form()] = None,
        kind: Annotated[VersionKind | None, Unset, Form()] = None,
        is_announced: Annotated[bool, Form()] = False,
    ) -> RedirectResponse:
        check_act(request)
        filters = Search(q, agency, outlet, lang, since, until, kind).filtered(0)
        person = person_of(request).name
        site.open_store().saved_views.save(name, filters, person, site.clock(), is_announced=is_announced)
        log.info("view_saved", view=name, announced=is_announced, person=person)
        return _back(request)

    @app.post("/views/remove")
    def remove_view(request: Request, name: Name) -> RedirectResponse:
        check_act(request)
        site.open_store().saved_views.remove(name)
        log.info("view_removed", view=name, person=person_of(request).name)
        return _back(request)


def _back(request: Request) -> RedirectResponse:
    return RedirectResponse(f"{request.scope.get('root_path', '')}/views", 303)
