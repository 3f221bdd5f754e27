"""Time slices: their days, and stories over their borders."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from pipeline.match.slices import JoinedSlices, SlicedPlace, TimeSlice, time_slices
from pipeline.model import Relation


def day(number: int) -> date:
    return date(2026, 3, 1) + timedelta(days=number)


def midnight(number: int) -> datetime:
    return datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=number)


def place(document: int, opener: int, *merged: int) -> SlicedPlace:
    return SlicedPlace(document, opener, Relation.VERBATIM, 1, 1.0, "", "", (), merged)


def test_slices_have_whole_days_and_no_more_documents_than_a_process_holds() -> None:
    counts = {day(0): 10, day(1): 10, day(3): 10, day(7): 10, day(8): 95, day(9): 10}
    assert time_slices(counts, 4, 100) == [
        TimeSlice(midnight(0), midnight(4)),
        TimeSlice(midnight(7), midnight(8)),
        TimeSlice(midnight(8), midnight(9)),
        TimeSlice(midnight(9), midnight(10)),
    ]
    assert time_slices({}, 4, 100) == []


def test_a_slice_begins_warm_and_has_its_own_days() -> None:
    time_slice = TimeSlice(midnight(4), midnight(6))
    assert time_slice.warm_from == midnight(0)
    assert [time_slice.contains(midnight(n)) for n in (3, 4, 5, 6)] == [False, True, True, False]


def test_a_document_goes_where_its_storys_opener_went_in_the_slice_before() -> None:
    stories = JoinedSlices(9)
    stories.add([place(1, 1), place(2, 1), place(3, 3)])
    # In the warm-up of the second slice document 1 is unknown: 2 opens the story.
    stories.add([place(4, 2), place(5, 3), place(6, 6)])
    assert [stories.opener(n) for n in range(1, 7)] == [1, 1, 3, 1, 3, 6]


def test_a_document_that_joins_two_stories_joins_all_their_documents() -> None:
    stories = JoinedSlices(9)
    stories.add([place(1, 1), place(2, 1), place(3, 3), place(4, 3)])
    stories.add([place(5, 3, 2), place(6, 2)])
    assert {stories.opener(n) for n in range(1, 7)} == {3}
