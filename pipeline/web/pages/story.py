"""The page of one story: its versions, newest first, and its copies in time order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import FastAPI, Path, Request
from fastapi.responses import HTMLResponse

from pipeline.store import Store
from pipeline.store.reads.whole_story import whole_story
from pipeline.web.rendering import render

# The databases' largest integer: a greater one ends in an error of the driver.
LARGEST_ID = 2**63 - 1

StoryId = Annotated[int, Path(ge=1, le=LARGEST_ID)]


def add_route(app: FastAPI, open_store: Callable[[], Store], _clock: Callable[[], datetime]) -> None:
    """Serve the page at ``/story/ID``."""

    @app.get("/story/{story_id}", response_class=HTMLResponse)
    def show_story(request: Request, story_id: StoryId) -> HTMLResponse:
        head, versions, copies, _, about = whole_story(open_store(), story_id)
        return render(request, "story.html", story=head, versions=versions[::-1], copies=copies, about=about)
