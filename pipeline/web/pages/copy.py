"""The page of one copy: its text with every piece that was taken off, each with its kind and rule."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated
from urllib.parse import urlencode

from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from pipeline.log import get_logger
from pipeline.store.reads.whole_copy import whole_copy
from pipeline.web.page_text import characters_by_kind, page_lines
from pipeline.web.parameters import Id, Words
from pipeline.web.rendering import render
from pipeline.web.site import Site, check_act, person_of

log = get_logger(__name__)

# Characters of a line that is given back; a line that recurs is shorter.
MOST_LINE = 2000
# Of one that the page's address can name, for its Undo.
MOST_TOLD = 200


class LineChoice(StrEnum):
    """Which lines are shown."""

    ALL = "all"
    STORY = "kept"
    OFF = "off"


def add_route(app: FastAPI, site: Site) -> None:
    """Serve the page at ``/copy/ARTICLE``, and its act at ``/copy/ARTICLE/keep``."""

    @app.get("/copy/{article_id}", response_class=HTMLResponse)
    def show_copy(
        request: Request,
        article_id: Id,
        show: LineChoice = LineChoice.ALL,
        back: Words = "",
    ) -> HTMLResponse:
        copy = whole_copy(site.open_store(), article_id)
        article = copy.record.article
        lines = page_lines(article.body, article.spans)
        is_story_shown = {LineChoice.ALL: (True, False), LineChoice.STORY: (True,), LineChoice.OFF: (False,)}[show]
        return render(
            request,
            "copy.html",
            copy=copy,
            article=article,
            lines=[line for line in lines if (line.kind is None) in is_story_shown],
            kinds=characters_by_kind(lines),
            total=sum(len(line.text) for line in lines),
            show=show,
            back=back,
        )

    @app.post("/copy/{article_id}/keep")
    def keep_repeated_line(
        request: Request,
        article_id: Id,
        line: Annotated[str, Form(min_length=1, max_length=MOST_LINE)],
        undo: Annotated[bool, Form()] = False,
    ) -> RedirectResponse:
        # The steps bring extraction with them, which a server that mounts the page need not wait for at its start.
        from pipeline.steps.rulings import forget_line, keep_line

        check_act(request)
        outlet = whole_copy(site.open_store(), article_id).record.outlet
        if undo:
            forget_line(site.open_config(), outlet, line)
        else:
            keep_line(site.open_config(), outlet, line, site.clock(), person_of(request).name)
        log.info("line_kept", outlet=outlet, undone=undo, person=person_of(request).name)
        parameters = {} if undo or len(line) > MOST_TOLD else {"back": line}
        base = request.scope.get("root_path", "")
        return RedirectResponse(f"{base}/copy/{article_id}?{urlencode(parameters)}", 303)
