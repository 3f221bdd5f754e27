"""What does the work of a backfill: this machine's processes, or a cluster. All but the loop is the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple, Protocol

from pipeline.match.slices import TimeSlice
from pipeline.steps.backfill.sources import Source


class ReadSource(NamedTuple):
    """A source whose articles are written; ``problems``: a line for each of its pages without one."""

    source: Source
    problems: Sequence[str] = ()


class Engine(Protocol):
    """Reads sources and places slices, by the functions of this folder."""

    def read(self, sources: Sequence[Source]) -> Iterator[ReadSource]:
        """Write the articles of these sources into the work folder; yield each source when its own are there."""

    def place(self, slices: Sequence[TimeSlice], numbers: Mapping[date, int]) -> Iterator[TimeSlice]:
        """Write the places of these slices; yield each when they are there. ``numbers``: day -> its first article's."""
