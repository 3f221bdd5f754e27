"""What a person rules on stories, each first shown, then done: copies split off, stories merged, merges undone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import FastAPI, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from pipeline.log import get_logger
from pipeline.model import Copy, Story
from pipeline.store.reads.views import one_story
from pipeline.web.parameters import LARGEST_ID, PRINTABLE, After, Id
from pipeline.web.rendering import render
from pipeline.web.site import Site, check_act, person_of, signed_reason

log = get_logger(__name__)

MOST_COPIES = 1000

Articles = Annotated[list[Annotated[int, Query(ge=1, le=LARGEST_ID)]], Query(max_length=MOST_COPIES)]
FormArticles = Annotated[list[Annotated[int, Form(ge=1, le=LARGEST_ID)]], Form(min_length=1, max_length=MOST_COPIES)]
FormId = Annotated[int, Form(ge=1, le=LARGEST_ID)]
Reason = Annotated[str, Form(max_length=500, pattern=PRINTABLE)]


def add_route(app: FastAPI, site: Site) -> None:
    """Serve ``/story/ID/split`` and ``/story/ID/merge``, to look at and to do, and ``/story/ID/unmerge``."""
    _add_split(app, site)
    _add_merge(app, site)


def _add_split(app: FastAPI, site: Site) -> None:
    @app.get("/story/{story_id}/split", response_class=HTMLResponse)
    def show_split(
        request: Request,
        story_id: Id,
        article: Articles = [],  # noqa: B006
    ) -> HTMLResponse:
        story, _, copies = one_story(site.open_store(), story_id)
        chosen = [copy for copy in copies if copy.article_id in set(article)]
        problem = (
            "" if 0 < len(chosen) < len(copies) else "Choose some of the copies, not all: some must go, some stay."
        )
        return _show(request, "split", story, copies, chosen, problem=problem)

    @app.post("/story/{story_id}/split")
    def split(request: Request, story_id: Id, article: FormArticles, reason: Reason = "") -> RedirectResponse:
        # The steps bring matching with them, which a server that mounts the page need not wait for at its start.
        from pipeline.steps.rulings import split_story

        check_act(request)
        new_story = split_story(site.open_config(), story_id, article, site.clock(), signed_reason(request, reason))
        log.info("story_split", story=story_id, other=new_story, articles=len(article), person=person_of(request).name)
        return _back(request, story_id, "split", new_story)


def _add_merge(app: FastAPI, site: Site) -> None:
    @app.get("/story/{story_id}/merge", response_class=HTMLResponse)
    def show_merge(request: Request, story_id: Id, other_id: After = 0) -> HTMLResponse:
        story, _, copies = one_story(site.open_store(), story_id)
        if not other_id:
            return _show(request, "merge", story, copies, [])
        other_story, _, other_copies = one_story(site.open_store(), other_id)
        problem = "That is the same story." if other_story.id == story.id else ""
        return _show(request, "merge", story, copies, other_copies, other_story, problem)

    @app.post("/story/{story_id}/merge")
    def merge(request: Request, story_id: Id, other_id: FormId, reason: Reason = "") -> RedirectResponse:
        from pipeline.steps.rulings import merge_stories

        check_act(request)
        merge_stories(site.open_config(), story_id, [other_id], site.clock(), signed_reason(request, reason))
        log.info("stories_merged", story=story_id, other=other_id, person=person_of(request).name)
        return _back(request, story_id, "merge", other_id)

    @app.post("/story/{story_id}/unmerge")
    def unmerge(request: Request, story_id: Id, other_id: FormId, reason: Reason = "") -> RedirectResponse:
        from pipeline.steps.rulings import unmerge_story

        check_act(request)
        target = unmerge_story(site.open_config(), other_id, site.clock(), signed_reason(request, reason))
        log.info("merge_undone", story=target, other=other_id, person=person_of(request).name)
        return _back(request, target, "undone", other_id)


def _show(
    request: Request,
    act: str,
    story: Story,
    copies: Sequence[Copy],
    chosen: Sequence[Copy],
    other_story: Story | None = None,
    problem: str = "",
) -> HTMLResponse:
    staying = [copy for copy in copies if copy not in chosen]
    return render(
        request,
        "ruling.html",
        act=act,
        story=story,
        staying=staying,
        chosen=chosen,
        other=other_story,
        problem=problem,
    )


def _back(request: Request, story_id: int, ruled: str, other_id: int) -> RedirectResponse:
    base = request.scope.get("root_path", "")
    return RedirectResponse(f"{base}/story/{story_id}?ruled={ruled}&other_id={other_id}", 303)
