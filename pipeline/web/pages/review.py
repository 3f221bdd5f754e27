"""The page of review: pairs of texts that the machine decided by a hair, one after another, answered by keyboard."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from pipeline.log import get_logger
from pipeline.model import PairAnswer, Question
from pipeline.store import Store
from pipeline.store.reads.review import count_labels, labels_given, open_questions
from pipeline.store.reads.views import story_of
from pipeline.store.reads.whole_copy import whole_copy
from pipeline.web.parameters import LARGEST_ID, After
from pipeline.web.rendering import render
from pipeline.web.side_by_side import shared_words, side_by_side
from pipeline.web.site import Site, check_act, person_of

log = get_logger(__name__)

FormId = Annotated[int, Form(ge=1, le=LARGEST_ID)]
Place = Annotated[int, Query(ge=0, le=LARGEST_ID)]
# Answers that the page lists.
ANSWERS = 12


def add_route(app: FastAPI, site: Site) -> None:
    """Serve the page at ``/review``, its answers at ``/review/answer``, and taking one back at ``/review/back``."""

    @app.get("/review", response_class=HTMLResponse)
    def show_review(request: Request, article: After = 0, story: After = 0, label: After = 0) -> HTMLResponse:
        store = site.open_store()
        questions = open_questions(store)
        place = _place(questions, article, story)
        return render(
            request,
            "review.html",
            question=questions[place] if questions else None,
            pair=_pair(store, questions[place]) if questions else None,
            place=place,
            open_number=len(questions),
            before=questions[place - 1] if place else None,
            later=questions[place + 1] if place + 1 < len(questions) else None,
            answered=count_labels(store),
            labels=labels_given(store, ANSWERS),
            undoable=label,
        )

    @app.post("/review/answer")
    def answer(
        request: Request, article: FormId, story: FormId, say: Annotated[PairAnswer, Form()]
    ) -> RedirectResponse:
        # The steps bring matching with them, which a server that mounts the page need not wait for at its start.
        from pipeline.steps.review import answer_question

        check_act(request)
        later = _later(open_questions(site.open_store()), article, story)
        person = person_of(request).name
        label = answer_question(site.open_config(), article, story, say, person, site.clock())
        log.info("pair_answered", article=article, story=story, answer=say.value, person=person)
        return RedirectResponse(_address(request, later, label.id), 303)

    @app.post("/review/back")
    def take_back(request: Request, label: FormId) -> RedirectResponse:
        from pipeline.steps.review import take_back_answer

        check_act(request)
        person = person_of(request).name
        pair = take_back_answer(site.open_config(), label, person, site.clock())
        log.info("answer_taken_back", article=pair.article_id, story=pair.story_id, person=person)
        base = request.scope.get("root_path", "")
        return RedirectResponse(f"{base}/review?article={pair.article_id}&story={pair.story_id}", 303)


def _place(questions: list[Question], article: int, story: int) -> int:
    """Return the place of the question that the address names; the first where there is none such any more."""
    pairs = [(question.article_id, question.story_id) for question in questions]
    return pairs.index((article, story)) if (article, story) in pairs else 0


def _later(questions: list[Question], article: int, story: int) -> Question | None:
    place = _place(questions, article, story)
    return questions[place + 1] if place + 1 < len(questions) else None


def _address(request: Request, question: Question | None, label: int) -> str:
    pair = f"article={question.article_id}&story={question.story_id}&" if question else ""
    return f"{request.scope.get('root_path', '')}/review?{pair}label={label}"


def _pair(store: Store, question: Question) -> dict[str, object]:
    """Return both texts with their rows side by side: first the story's, then the one asked about."""
    first, second = (whole_copy(store, number) for number in (question.other_id, question.article_id))
    texts = first.record.article.body, second.record.article.body
    return {
        "first": first,
        "second": second,
        "story": story_of(store, question.story_id),
        "titles": side_by_side([first.record.article.title], [second.record.article.title]),
        "rows": side_by_side(*texts),
        "share": shared_words(*texts),
    }
