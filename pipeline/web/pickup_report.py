"""The pick-up report: one page with charts that needs no other file, no script and no network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from importlib.resources import files
from typing import NamedTuple

from pipeline.export.pickup_sums import BANDS, LATER, SPANS, SUM_COLUMNS, UNKNOWN, PickupReport
from pipeline.model import CreditState
from pipeline.web.rendering import ENVIRONMENT

# Outlets that have a bar of their own.
MOST_BARS = 20
# Units of a bar's full width.
WIDTH = 400
CREDITS = {CreditState.CREDITED: "keep", CreditState.OTHER_AGENCY: "part", CreditState.DROPPED: "lost"}


class Segment(NamedTuple):
    """A part of a bar: its class in the style sheet, where it begins and how long it is, and what it says."""

    kind: str
    start: float
    length: float
    label: str


class Bar(NamedTuple):
    """A bar of a chart: its name, its number, and its parts from left to right."""

    name: str
    number: int
    segments: Sequence[Segment]


def pickup_page(agency: str, report: PickupReport) -> bytes:
    """Return the report as a page in UTF-8. Every value is escaped; the style sheet is in the page."""
    spans = [name for _, name in SPANS] + [LATER, UNKNOWN]
    bands = [name for _, name in BANDS] + [UNKNOWN]
    style = files("pipeline.web").joinpath("static", "copydesk.css").read_text(encoding="utf-8")
    page = ENVIRONMENT.get_template("pickup.html").render(
        agency=agency,
        report=report,
        style=style,
        width=WIDTH,
        soon=count_bars(report.spans, spans),
        shares=count_bars(report.bands, bands),
        outlets=outlet_bars(report),
        by_outlet=[((name,), total) for name, total in report.outlets_by_copies()],
        by_story=[(story, total) for story, total in report.stories.items()],
        columns=SUM_COLUMNS,
        credits=[(kind, state.value) for state, kind in CREDITS.items()],
    )
    return page.encode("utf-8", "replace")


def count_bars(counts: Counter[str], names: Sequence[str]) -> list[Bar]:
    """Return a bar for each name, as long as its count beside the largest one."""
    largest = max(counts.values(), default=0) or 1
    return [Bar(name, counts[name], [Segment("keep", 0, WIDTH * counts[name] / largest, "")]) for name in names]


def outlet_bars(report: PickupReport) -> list[Bar]:
    """Return a bar for each of the outlets with most copies, in parts by what became of the credit."""
    outlets = report.outlets_by_copies()[:MOST_BARS]
    largest = max((total.copies for _, total in outlets), default=1)
    return [Bar(name, total.copies, _credit_segments(report.credits[name], largest)) for name, total in outlets]


def _credit_segments(counts: Counter[CreditState], largest: int) -> list[Segment]:
    segments, start = [], 0.0
    for state, kind in CREDITS.items():
        length = WIDTH * counts[state] / largest
        segments.append(Segment(kind, start, length, f"credit {state.value}: {counts[state]}"))
        start += length
    return segments
