"""The page of what persons did with stories, by person and kind; what can be undone is undone on the story's page."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import FastAPI, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BeforeValidator

from pipeline.model import ChangeKind
from pipeline.store.reads.person_acts import person_acts
from pipeline.web.parameters import After, Words
from pipeline.web.rendering import render
from pipeline.web.site import Site

ROWS = 50
# What a person's act is, of all that a commit of theirs changes.
KINDS = (
    ChangeKind.STORY_MERGED, ChangeKind.STORY_SPLIT, ChangeKind.STORY_REVIVED, ChangeKind.STORY_WITHDRAWN,
    ChangeKind.STORY_RESTORED, ChangeKind.VERSION_ADDED, ChangeKind.TEXT_REMOVED,
)  # fmt: skip
Kind = Annotated[ChangeKind | None, Query(), BeforeValidator(lambda value: value or None)]


def add_route(app: FastAPI, site: Site) -> None:
    """Serve the page at ``/history``."""

    @app.get("/history", response_class=HTMLResponse)
    def show_history(request: Request, person: Words = "", kind: Kind = None, before: After = 0) -> HTMLResponse:
        acts = person_acts(site.open_store(), ROWS + 1, person=person.strip(), kind=kind, before=before)
        search = urlencode({"person": person, "kind": kind.value if kind else ""})
        return render(
            request,
            "history.html",
            acts=acts[:ROWS],
            more=len(acts) > ROWS,
            address=f"{request.scope.get('root_path', '')}/history?{search}",
            name=person,
            kind=kind,
            kinds=KINDS,
            before=before,
        )
