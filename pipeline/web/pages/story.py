"""The page of one story: its text with its support, its copies in time order, its versions, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from fastapi import FastAPI, Request, Response

from pipeline import words
from pipeline.csv_rows import PICKUP_COLUMNS
from pipeline.model import Actor, Change, ChangeKind, Copy, Precision
from pipeline.records import pickup_record
from pipeline.store.reads.pickup import pickups_of_story
from pipeline.store.reads.story_history import story_history
from pipeline.store.reads.whole_story import whole_story
from pipeline.web.parameters import After, Id
from pipeline.web.rendering import render
from pipeline.web.site import Site
from pipeline.web.streams import csv_answer

# Changes that are shown.
CHANGES = 40
# Copies that are shown at first, and at most.
COPIES, MOST_COPIES = 25, 150
WITHDRAWALS = (ChangeKind.STORY_WITHDRAWN, ChangeKind.STORY_RESTORED)
# Bounds of the table of pick-up.
WITHIN = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=6), timedelta(days=1))


class Form(StrEnum):
    """What the answer is."""

    PAGE = "html"
    CSV = "csv"


class Ruling(StrEnum):
    """What was just done with the story."""

    SPLIT = "split"
    MERGE = "merge"
    UNDONE = "undone"
    WITHDRAWN = "withdrawn"
    RESTORED = "restored"
    NOTED = "noted"
    NOTE_GONE = "note-gone"
    TEXT = "text"
    RULES = "rules"
    REMOVED = "removed"


def add_route(app: FastAPI, site: Site) -> None:
    """Serve the page at ``/story/ID``, and its copies as a table."""

    @app.get("/story/{story_id}")
    def show_story(
        request: Request,
        story_id: Id,
        ruled: Ruling | None = None,
        other_id: After = 0,
        all_copies: bool = False,
        form: Form = Form.PAGE,
    ) -> Response:
        store = site.open_store()
        if form is Form.CSV:
            rows = pickups_of_story(store, story_id)
            return csv_answer(PICKUP_COLUMNS, map(pickup_record, rows), f"story-{story_id}.csv")
        head, versions, copies, _, about = whole_story(store, story_id)
        history = story_history(store, head.id, CHANGES)
        after = _delays(copies)
        return render(
            request,
            "story.html",
            story=head,
            versions=versions[::-1],
            copies=copies[: MOST_COPIES if all_copies else COPIES],
            copies_number=len(copies),
            most_copies=MOST_COPIES,
            after={number: words.duration(delay) if delay else "" for number, delay in after.items()},
            pickup=_pickup(copies, after),
            about=about,
            history=history,
            notes=store.notes.of_story(head.id),
            withdrawal=_withdrawal_by_person(history),
            ruled=ruled,
            other_id=other_id,
        )


def _withdrawal_by_person(history: Sequence[Change]) -> Change | None:
    """Return the withdrawal in force where a person made it: one that the pages can undo."""
    last = next((change for change in history if change.kind in WITHDRAWALS), None)
    is_in_force = last is not None and last.kind is ChangeKind.STORY_WITHDRAWN and last.actor is Actor.PERSON
    return last if is_in_force else None


def _delays(copies: Sequence[Copy]) -> dict[int, timedelta | None]:
    """Return how long after the first each copy came out; None where only a day is known of either."""
    times = {copy.article_id: _clock(copy) for copy in copies}
    first = min((time for time in times.values() if time), default=None)
    return {number: time - first if first and time else None for number, time in times.items()}


def _clock(copy: Copy) -> datetime | None:
    return copy.published.value if copy.published and copy.published.precision is not Precision.DAY else None


def _pickup(copies: Sequence[Copy], after: dict[int, timedelta | None]) -> list[tuple[str, int, int]]:
    """Return (within, copies, outlets) for each bound; nothing where no copy's time is known to the minute."""
    timed = [(delay, copy.outlet) for copy in copies if (delay := after[copy.article_id]) is not None]
    rows = [[outlet for delay, outlet in timed if delay <= within] for within in WITHIN]
    labels = [words.duration(within) for within in WITHIN]
    return [(label, len(row), len(set(row))) for label, row in zip(labels, rows, strict=True)] if len(timed) > 1 else []
