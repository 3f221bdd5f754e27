"""What a person does with stories by the API: merge, split and undo, withdraw and restore, remove for good."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import BackgroundTasks, Body, FastAPI, Header, Request, Response
from pydantic import Field

from pipeline.config import Config
from pipeline.log import get_logger
from pipeline.web.api.answers import JSON, to_json
from pipeline.web.api.problems import answers
from pipeline.web.parameters import LARGEST_ID, PRINTABLE, Id
from pipeline.web.site import Site, check_act, check_removal, person_of, signed_reason

log = get_logger(__name__)

# Stories, or copies, that one request names at most.
MOST_NAMED = 1000
BodyId = Annotated[int, Body(ge=1, le=LARGEST_ID)]
Ids = Annotated[list[BodyId], Body(embed=True, min_length=1, max_length=MOST_NAMED)]
Reason = Annotated[str, Body(embed=True, min_length=1, max_length=500, pattern=PRINTABLE)]
Key = Annotated[str, Header(alias="Idempotency-Key", max_length=200, pattern=PRINTABLE)]


@dataclass(frozen=True, slots=True)
class ActOutcome:
    """What was done: the story that it was done with, and the other one of a split or an undone merge."""

    story: int
    other_story: Annotated[int | None, Field(alias="other")] = None

    def to_json(self) -> bytes:
        """Return it as the API answers it."""
        return to_json({"story": self.story, "other": self.other_story})


ACTS = answers(ActOutcome, 404, 409)


def add_route(api: FastAPI, site: Site) -> None:
    """Serve ``/stories/ID/merge``, ``split``, ``unmerge``, ``withdraw``, ``restore`` and ``remove``."""
    _add_rulings(api, site)
    _add_withdrawals(api, site)
    _add_removal(api, site)


def _add_rulings(api: FastAPI, site: Site) -> None:
    # The steps bring matching with them, which a server need not wait for at its start.
    @api.post("/stories/{story_id}/merge", responses=ACTS)
    def merge(request: Request, story_id: Id, sources: Ids, reason: Reason, key: Key = "") -> Response:
        """Merge other stories into this one."""
        from pipeline.steps.rulings import merge_stories

        def act() -> ActOutcome:
            merge_stories(site.open_config(), story_id, sources, site.clock(), signed_reason(request, reason))
            log.info("stories_merged", story=story_id, other=sources, person=person_of(request).name)
            return ActOutcome(story_id)

        check_act(request)
        return _once(request, site, key, (sources, reason), act)

    @api.post("/stories/{story_id}/split", responses=ACTS)
    def split(request: Request, story_id: Id, articles: Ids, reason: Reason, key: Key = "") -> Response:
        """Move copies of this story to a new one."""
        from pipeline.steps.rulings import split_story

        def act() -> ActOutcome:
            signed = signed_reason(request, reason)
            new_story = split_story(site.open_config(), story_id, articles, site.clock(), signed)
            log.info(
                "story_split", story=story_id, other=new_story, articles=len(articles), person=person_of(request).name
            )
            return ActOutcome(story_id, new_story)

        check_act(request)
        return _once(request, site, key, (articles, reason), act)

    @api.post("/stories/{story_id}/unmerge", responses=ACTS)
    def unmerge(request: Request, story_id: Id, reason: Reason, key: Key = "") -> Response:
        """Undo the merge that this story went by: its copies are its own again."""
        from pipeline.steps.rulings import unmerge_story

        def act() -> ActOutcome:
            target = unmerge_story(site.open_config(), story_id, site.clock(), signed_reason(request, reason))
            log.info("merge_undone", story=target, other=story_id, person=person_of(request).name)
            return ActOutcome(story_id, target)

        check_act(request)
        return _once(request, site, key, reason, act)


def _add_withdrawals(api: FastAPI, site: Site) -> None:
    @api.post("/stories/{story_id}/withdraw", responses=ACTS)
    def withdraw(request: Request, story_id: Id, reason: Reason, key: Key = "") -> Response:
        """Withdraw this story: no text of it is to be used."""
        from pipeline.steps.kills import withdraw_story

        def act() -> ActOutcome:
            withdraw_story(site.open_config(), story_id, signed_reason(request, reason), site.clock())
            log.info("story_withdrawn", story=story_id, person=person_of(request).name)
            return ActOutcome(story_id)

        check_act(request)
        return _once(request, site, key, reason, act)

    @api.post("/stories/{story_id}/restore", responses=ACTS)
    def restore(request: Request, story_id: Id, reason: Reason, key: Key = "") -> Response:
        """Undo a person's withdrawal."""
        from pipeline.steps.kills import restore_story

        def act() -> ActOutcome:
            restore_story(site.open_config(), story_id, signed_reason(request, reason), site.clock())
            log.info("story_restored", story=story_id, person=person_of(request).name)
            return ActOutcome(story_id)

        check_act(request)
        return _once(request, site, key, reason, act)


def _add_removal(api: FastAPI, site: Site) -> None:
    @api.post("/stories/{story_id}/remove", responses=ACTS)
    def remove(request: Request, tasks: BackgroundTasks, story_id: Id, reason: Reason, key: Key = "") -> Response:
        """Remove this story's text for good; the bytes of files follow, in minutes where there is much."""
        from pipeline.steps.kills import remove_rows

        config = site.open_config()

        def act() -> ActOutcome:
            remove_rows(config, story_id, signed_reason(request, reason), site.clock())
            tasks.add_task(_finish_removals, config)
            log.info("rows_removed", story=story_id, person=person_of(request).name)
            return ActOutcome(story_id)

        check_removal(request)
        answer = _once(request, site, key, reason, act)
        answer.background = tasks
        return answer


def _finish_removals(config: Config) -> None:
    from pipeline.steps.kills import finish_removals

    finish_removals(config)


def _once(request: Request, site: Site, key: str, payload: object, act: Callable[[], ActOutcome]) -> Response:
    """Act, and answer what was done; the same request under the same key is answered alike, and done once."""
    if not key:
        return Response(act().to_json(), media_type=JSON)
    person, keys = person_of(request).name, site.open_store().request_keys
    digest = hashlib.sha256(repr((request.scope["path"], payload)).encode("utf-8", "replace")).hexdigest()
    answer = keys.begin(person, key, digest, site.clock())
    if answer is None:
        try:
            answer = act().to_json().decode()
        except BaseException:
            keys.forget(person, key)
            raise
        keys.finish(person, key, answer)
    return Response(answer, media_type=JSON)
