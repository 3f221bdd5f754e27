"""Templates to pages: every value escaped, an undefined name an error."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from pipeline import words
from pipeline.model import Outcome
from pipeline.read.word_diff import version_diff
from pipeline.web.site import person_of


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("pipeline.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters.update(
        link=words.link,
        mark=words.mark,
        ended=words.day_outcomes,
        announced=words.subscription,
        day=words.day,
        moment=words.moment,
        when=words.utc_minutes,
        iso=words.iso,
        outcome=words.outcome,
        relation=words.relation,
        tie=words.tie,
        origins=words.origins,
        version=words.version,
        doubt=words.doubt,
        feed_state=words.feed_state,
        thousands=words.thousands,
        percent=words.percent,
        change_words=words.change,
        kind_words=words.CHANGES.__getitem__,
        span=words.duration,
        entry_status=words.entry_status,
        diff=version_diff,
        question_words=words.question,
        answer_words=words.answer,
        line_words=words.line_ruling,
        dropped=words.dropped,
        page_kind=words.page_kind,
        reason_words=words.entry_reason,
        stand_words=words.stand,
    )
    environment.globals.update(
        share_removed=words.share_removed, share=words.share, plural=words.plural, Outcome=Outcome
    )
    return environment


ENVIRONMENT = _environment()


def render(request: Request, template: str, code: int = 200, **values: object) -> HTMLResponse:
    """Return ``template`` filled with ``values``; ``base`` is where the application is mounted."""
    text = ENVIRONMENT.get_template(template).render(
        base=request.scope.get("root_path", ""),
        person=person_of(request),
        **values,
    )
    # A title may hold half of a surrogate pair, which UTF-8 cannot.
    return HTMLResponse(text.encode("utf-8", "replace"), status_code=code)
