"""Adding feeds: found from an address or a front page, or imported as OPML, shown before they are stored."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Annotated

from fastapi import FastAPI, File, Form, Request, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from pipeline.config import feeds_file
from pipeline.errors import CopydeskError
from pipeline.log import get_logger
from pipeline.model import FeedSpec
from pipeline.store.reads.feed_list import listed_specs
from pipeline.web.parameters import PRINTABLE
from pipeline.web.rendering import render
from pipeline.web.site import Site, check_act, person_of

log = get_logger(__name__)

# Of an OPML file, in characters: some 5,000 feeds.
MOST_OPML = 2_000_000
# Feeds of an OPML file that the page shows.
PREVIEW = 50

Line = Annotated[str, Form(max_length=2000, pattern=PRINTABLE)]
Lines = Annotated[list[Annotated[str, Form(max_length=2000, pattern=PRINTABLE)]], Form(max_length=200)]
Text = Annotated[str, Form(max_length=MOST_OPML)]


def add_route(app: FastAPI, site: Site) -> None:
    """Serve the page at ``/feeds/add``, what would be added at ``/feeds/find`` and ``/feeds/opml``, and the list of
    feeds as OPML at ``/feeds.opml``."""
    _add_search(app, site)
    _add_opml(app, site)


def _add_search(app: FastAPI, site: Site) -> None:
    @app.get("/feeds/add", response_class=HTMLResponse)
    def show_form(request: Request) -> HTMLResponse:
        return render(request, "new_feeds.html", address="", found=None, problem="")

    @app.post("/feeds/find", response_class=HTMLResponse)
    def find(request: Request, address: Line) -> HTMLResponse:
        from pipeline.steps.feed_lists import declared_feed
        from pipeline.steps.find_feeds import find_feeds

        check_act(request)
        if not address.startswith(("http://", "https://")):
            address = f"https://{address}"
        config, problem = site.open_config(), ""
        try:
            feeds = find_feeds(config, address, (), site.clock())
        except CopydeskError as error:
            feeds, problem = [], str(error)
        listed = {feed.url for feed in config.feeds}
        rows = [(feed, declared_feed(feed, FeedSpec("", "")).outlet, feed.url in listed) for feed in feeds]
        return render(request, "new_feeds.html", address=address, found=rows, problem=problem)

    @app.post("/feeds/add")
    def add(
        request: Request, url: Lines, outlet: Line = "", country: Line = "", lang: Line = "", zone: Line = ""
    ) -> RedirectResponse:
        check_act(request)
        specs = [FeedSpec(address, outlet or address, country.upper(), lang, zone=zone) for address in url]
        return _store(request, site, specs)


def _add_opml(app: FastAPI, site: Site) -> None:
    @app.get("/feeds.opml")
    def export() -> Response:
        from pipeline.steps.feed_lists import written_feed_list

        content = written_feed_list(listed_specs(site.open_store()))
        headers = {"Content-Disposition": 'attachment; filename="feeds.opml"'}
        return Response(content, media_type="text/x-opml", headers=headers)

    @app.post("/feeds/opml", response_class=HTMLResponse)
    def look(request: Request, file: Annotated[UploadFile, File()]) -> HTMLResponse:
        check_act(request)
        content = file.file.read(MOST_OPML + 1)
        if len(content) > MOST_OPML:
            problem = f"The file has more than {MOST_OPML:,} bytes: use copydesk feeds import."
            return _show_opml(request, site, "", problem)
        return _show_opml(request, site, content.decode("utf-8", "replace"))

    @app.post("/feeds/import")
    def import_opml(request: Request, opml: Text) -> RedirectResponse:
        from pipeline.steps.feed_lists import read_feed_list

        check_act(request)
        return _store(request, site, read_feed_list(opml))


def _show_opml(request: Request, site: Site, opml: str, problem: str = "") -> HTMLResponse:
    from pipeline.steps.feed_lists import new_feeds, read_feed_list

    specs: Sequence[FeedSpec] = ()
    if not problem:
        try:
            specs = read_feed_list(opml)
        except CopydeskError as error:
            problem = str(error)
    fresh = new_feeds(site.open_config(), specs)
    return render(
        request, "opml.html", opml=opml, fresh=fresh[:PREVIEW], number=len(fresh), known=len(specs) - len(fresh),
        problem=problem,
    )  # fmt: skip


def _store(request: Request, site: Site, specs: Sequence[FeedSpec]) -> RedirectResponse:
    from pipeline.steps.feed_lists import list_feeds_at_once

    path = feeds_file(None, os.environ)
    added = list_feeds_at_once(path, specs, dict(os.environ), site.clock())
    log.info("feeds_added", feeds=len(added), person=person_of(request).name)
    base = request.scope.get("root_path", "")
    return RedirectResponse(f"{base}/feeds?state=new&act=add&number={len(added)}", 303)
