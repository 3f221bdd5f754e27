"""Time slices of a corpus: each is placed by itself, with the documents of the hours before it, and all are joined.

A slice begins with WARM_UP of documents that belong to the slices before it. They are placed again, so that its own
find their stories, and what was decided of them here is dropped. A story belongs to the slice of the document that
opened it: where that is one of the warm-up, the slice's documents go where its own slice put it.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from pipeline.match.corpus import DocumentIndex, PlacedDocument
from pipeline.match.reading import ReadDocument
from pipeline.model import Relation

# Hours of documents before a slice: two windows, so that a story of the first window is told from its background.
WARM_UP = timedelta(hours=96)


@dataclass(frozen=True, slots=True)
class TimeSlice:
    """Whole days, from ``start`` until before ``end`` (UTC, midnights)."""

    start: datetime
    end: datetime

    @property
    def warm_from(self) -> datetime:
        """When the documents begin that are placed for the slice."""
        return self.start - WARM_UP

    def contains(self, at: datetime) -> bool:
        """Return whether a document of that time is the slice's own."""
        return self.start <= at < self.end


def time_slices(counts: Mapping[date, int], days: int, most: int) -> list[TimeSlice]:
    """Return slices over all days that have documents: ``days`` days each, fewer where they have more than ``most``
    documents. ``counts``: day -> its documents."""
    slices: list[tuple[date, date]] = []
    documents = 0
    for day in sorted(counts):
        fits = slices and (day - slices[-1][0]).days < days and documents + counts[day] <= most
        documents = documents + counts[day] if fits else counts[day]
        if fits:
            slices[-1] = slices[-1][0], day
        else:
            slices.append((day, day))
    return [TimeSlice(_midnight(first), _midnight(last + timedelta(days=1))) for first, last in slices]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


class SlicedTie(NamedTuple):
    """A link to the story that the document ``opener`` opened."""

    opener: int
    kind: str
    score: float
    reason: str


class SlicedPlace(NamedTuple):
    """A document's place as its slice has it. Documents are named by number; a story by the one that opened it.

    ``merged``: openers of stories that the document showed to be its own.
    """

    document: int
    opener: int
    relation: Relation
    edition: int
    score: float
    reason: str
    doubt: str
    ties: tuple[SlicedTie, ...]
    merged: tuple[int, ...]


def place_slice(
    batches: Iterable[list[ReadDocument]], time_slice: TimeSlice, index: DocumentIndex
) -> Iterator[SlicedPlace]:
    """Yield the place of each of the slice's own documents.

    ``batches``: the documents from ``warm_from`` on in time order, whose ids are numbers. ``index``: an empty one, with
    what the corpus had seen by then.
    """
    for batch in batches:
        ordered = sorted(batch, key=lambda document: document.number)
        for document, placed in zip(ordered, index.place_read(batch), strict=True):
            if time_slice.contains(document.at):
                yield _sliced_place(document, placed, index.story_names)


def _sliced_place(document: ReadDocument, placed: PlacedDocument, openers: Mapping[int, str]) -> SlicedPlace:
    copy = placed.copy
    return SlicedPlace(
        int(document.id),
        int(openers[placed.story]),
        copy.relation,
        copy.edition,
        copy.score,
        placed.reason,
        placed.doubt,
        tuple(SlicedTie(int(openers[tie.story]), tie.kind.value, tie.score, tie.reason) for tie in placed.ties),
        tuple(int(openers[merge.source]) for merge in placed.merges),
    )


class JoinedSlices:
    """The stories over all slices, added in the order of their times. 8 bytes a document."""

    def __init__(self, documents: int) -> None:
        """``documents``: the highest number of a document; they count from 1."""
        # Document -> one that stands for its story more than it does; 0 for a document that stands for it.
        self._parents = array("q", [0]) * (documents + 1)

    def add(self, places: Iterable[SlicedPlace]) -> None:
        """Add the places of a slice."""
        for place in places:
            if place.opener != place.document:
                self._parents[place.document] = place.opener
            for source in place.merged:
                self._merge(self.opener(source), self.opener(place.document))

    def _merge(self, source: int, target: int) -> None:
        if source != target:
            self._parents[source] = target

    def opener(self, document: int) -> int:
        """Return the document that stands for the story that a document is in."""
        path = []
        while parent := self._parents[document]:
            path.append(document)
            document = parent
        for passed in path:
            self._parents[passed] = document
        return document
