"""A story withdrawn by a person, first shown, then done with a reason; and a withdrawal undone."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from pipeline.log import get_logger
from pipeline.store.reads.views import one_story
from pipeline.web.parameters import PRINTABLE, Id
from pipeline.web.rendering import render
from pipeline.web.site import Site, check_act, person_of, signed_reason

log = get_logger(__name__)

Reason = Annotated[str, Form(min_length=1, max_length=500, pattern=PRINTABLE)]


def add_route(app: FastAPI, site: Site) -> None:
    """Serve ``/story/ID/withdraw``, to look at and to do, and ``/story/ID/restore``."""

    @app.get("/story/{story_id}/withdraw", response_class=HTMLResponse)
    def show_withdrawal(request: Request, story_id: Id) -> HTMLResponse:
        story, _, copies = one_story(site.open_store(), story_id)
        return render(request, "withdraw.html", story=story, copies=copies)

    @app.post("/story/{story_id}/withdraw")
    def withdraw(request: Request, story_id: Id, reason: Reason) -> RedirectResponse:
        # The steps bring the archive with them, which a server that mounts the page need not wait for at its start.
        from pipeline.steps.kills import withdraw_story

        check_act(request)
        withdraw_story(site.open_config(), story_id, signed_reason(request, reason), site.clock())
        log.info("story_withdrawn", story=story_id, person=person_of(request).name)
        return RedirectResponse(_address(request, story_id, "withdrawn"), 303)

    @app.post("/story/{story_id}/restore")
    def restore(request: Request, story_id: Id, reason: Reason) -> RedirectResponse:
        from pipeline.steps.kills import restore_story

        check_act(request)
        restore_story(site.open_config(), story_id, signed_reason(request, reason), site.clock())
        log.info("story_restored", story=story_id, person=person_of(request).name)
        return RedirectResponse(_address(request, story_id, "restored"), 303)


def _address(request: Request, story_id: int, ruled: str) -> str:
    return f"{request.scope.get('root_path', '')}/story/{story_id}?ruled={ruled}"
