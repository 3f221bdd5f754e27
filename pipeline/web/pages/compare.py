"""The page of two articles side by side, with the runs of words that both have."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from fastapi import FastAPI, Query, Request
from fastapi.responses import HTMLResponse

from pipeline.model import Moment
from pipeline.store.reads.whole_copy import whole_copy
from pipeline.web.parameters import LARGEST_ID
from pipeline.web.rendering import render
from pipeline.web.side_by_side import shared_words, side_by_side
from pipeline.web.site import Site

ArticleId = Annotated[int, Query(ge=1, le=LARGEST_ID)]


class RowChoice(StrEnum):
    """Which paragraphs are shown."""

    ALL = "all"
    DIFFERENCES = "differences"
    SAME = "same"


def add_route(app: FastAPI, site: Site) -> None:
    """Serve the page at ``/compare``."""

    @app.get("/compare", response_class=HTMLResponse)
    def show_compare(
        request: Request, first: ArticleId, second: ArticleId, show: RowChoice = RowChoice.ALL
    ) -> HTMLResponse:
        store = site.open_store()
        copies = whole_copy(store, first), whole_copy(store, second)
        articles = [copy.record.article for copy in copies]
        rows = side_by_side(articles[0].body, articles[1].body)
        is_shown = {RowChoice.ALL: (True, False), RowChoice.DIFFERENCES: (False,), RowChoice.SAME: (True,)}[show]
        return render(
            request,
            "compare.html",
            first=copies[0],
            second=copies[1],
            titles=side_by_side([articles[0].title], [articles[1].title]),
            lines=[row for row in rows if row.is_shared in is_shown],
            share=shared_words(articles[0].body, articles[1].body),
            apart=_time_between(articles[0].published, articles[1].published),
            show=show,
        )


def _time_between(first: Moment | None, second: Moment | None) -> timedelta | None:
    return abs(first.value - second.value) if first and second else None
