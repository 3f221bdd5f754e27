"""What a person does with one story's text: notes on it, another copy's text chosen, the text removed for good."""

from __future__ import annotations

from typing import Annotated

from fastapi import BackgroundTasks, FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from pipeline.config import Config
from pipeline.log import get_logger
from pipeline.store.reads.views import one_story
from pipeline.web.parameters import LARGEST_ID, PRINTABLE, After, Id
from pipeline.web.rendering import render
from pipeline.web.site import Site, check_act, check_removal, person_of, signed_reason

log = get_logger(__name__)

Reason = Annotated[str, Form(min_length=1, max_length=500, pattern=PRINTABLE)]
NoteText = Annotated[str, Form(min_length=1, max_length=2000, pattern=PRINTABLE)]
FormId = Annotated[int, Form(ge=1, le=LARGEST_ID)]
# 0 leaves the choice to the rules again.
Choice = Annotated[int, Form(ge=0, le=LARGEST_ID)]


def add_route(app: FastAPI, site: Site) -> None:
    """Serve notes at ``/story/ID/note``, ``/story/ID/text`` and ``/story/ID/remove``."""
    _add_notes(app, site)
    _add_choice(app, site)
    _add_removal(app, site)


def _add_notes(app: FastAPI, site: Site) -> None:
    @app.post("/story/{story_id}/note")
    def add_note(request: Request, story_id: Id, text: NoteText) -> RedirectResponse:
        check_act(request)
        site.open_store().notes.add(story_id, text, person_of(request).name, site.clock())
        log.info("note_added", story=story_id, person=person_of(request).name)
        return _back(request, story_id, "noted")

    @app.post("/story/{story_id}/note/remove")
    def remove_note(request: Request, story_id: Id, note: FormId) -> RedirectResponse:
        check_act(request)
        site.open_store().notes.remove(note)
        log.info("note_removed", story=story_id, person=person_of(request).name)
        return _back(request, story_id, "note-gone")


def _add_choice(app: FastAPI, site: Site) -> None:
    @app.get("/story/{story_id}/text", response_class=HTMLResponse)
    def show_choice(request: Request, story_id: Id, article: After = 0) -> HTMLResponse:
        story, versions, copies = one_story(site.open_store(), story_id)
        chosen = next((copy for copy in copies if copy.article_id == article), None)
        version = versions[-1] if versions else None
        return render(request, "choose_text.html", story=story, version=version, copies=copies, chosen=chosen)

    @app.post("/story/{story_id}/text")
    def choose_text(request: Request, story_id: Id, article: Choice, reason: Reason) -> RedirectResponse:
        # The steps bring matching with them, which a server that mounts the page need not wait for at its start.
        from pipeline.steps.rulings import choose_story_text

        check_act(request)
        signed = signed_reason(request, reason)
        choose_story_text(site.open_config(), story_id, article or None, site.clock(), signed)
        log.info("text_chosen", story=story_id, article=article or None, person=person_of(request).name)
        return _back(request, story_id, "text" if article else "rules")


def _add_removal(app: FastAPI, site: Site) -> None:
    @app.get("/story/{story_id}/remove", response_class=HTMLResponse)
    def show_removal(request: Request, story_id: Id) -> HTMLResponse:
        story, versions, copies = one_story(site.open_store(), story_id)
        return render(request, "remove.html", story=story, versions=versions, copies=copies)

    @app.post("/story/{story_id}/remove")
    def remove(request: Request, tasks: BackgroundTasks, story_id: Id, reason: Reason) -> RedirectResponse:
        from pipeline.steps.kills import remove_rows

        check_removal(request)
        config = site.open_config()
        remove_rows(config, story_id, signed_reason(request, reason), site.clock())
        # Minutes where there is much: the answer does not wait for it.
        tasks.add_task(_finish, config)
        log.info("rows_removed", story=story_id, person=person_of(request).name)
        return _back(request, story_id, "removed")


def _finish(config: Config) -> None:
    from pipeline.steps.kills import finish_removals

    finish_removals(config)


def _back(request: Request, story_id: int, ruled: str) -> RedirectResponse:
    return RedirectResponse(f"{request.scope.get('root_path', '')}/story/{story_id}?ruled={ruled}", 303)
