"""What the steps and the pages measure, and the seam through which it leaves: nowhere, until :func:`send_to` is called.

Names follow OpenTelemetry's semantic conventions for metrics, units UCUM. Attributes have few values each: outcomes and
steps, never an address or an id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Instrument(StrEnum):
    """How the values of a metric go together."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Metric:
    """Something measured: its name, unit, what it tells, and its attributes' names."""

    name: str
    instrument: Instrument
    unit: str
    about: str
    attributes: tuple[str, ...] = ()


class Metrics(Protocol):
    """Where measurements go. An implementation raises nothing: a lost measurement fails no work."""

    def count(self, name: str, amount: int, attributes: Mapping[str, str]) -> None:
        """Add to a counter."""

    def gauge(self, name: str, value: float, attributes: Mapping[str, str]) -> None:
        """Set a gauge."""

    def duration(self, name: str, seconds: float, attributes: Mapping[str, str]) -> None:
        """Record a time in a histogram."""


FEEDS_DUE = Metric("copydesk.feeds.due", Instrument.GAUGE, "{feed}", "feeds whose time to be polled has come")
FEEDS_LATE = Metric("copydesk.feeds.late", Instrument.GAUGE, "{feed}", "those of them due for over 15 minutes")
PAGES_DUE = Metric("copydesk.pages.due", Instrument.GAUGE, "{page}", "pages that a run set out to fetch")
POLLS = Metric("copydesk.polls", Instrument.COUNTER, "{poll}", "polls of feeds", ("outcome",))
ENTRIES_NEW = Metric("copydesk.entries.new", Instrument.COUNTER, "{entry}", "entries that polls found new")
PAGES = Metric("copydesk.pages", Instrument.COUNTER, "{page}", "entries' pages fetched and read", ("outcome",))
REVISITS = Metric("copydesk.revisits", Instrument.COUNTER, "{page}", "pages looked at again", ("outcome",))
DOUBTS = Metric("copydesk.articles.doubtful", Instrument.COUNTER, "{article}", "articles read with doubt, or none")
ARCHIVED = Metric("copydesk.archive.written", Instrument.COUNTER, "By", "bytes written to the page archive")
WAITING = Metric("copydesk.articles.waiting", Instrument.GAUGE, "{article}", "articles that wait for a story")
PLACED = Metric("copydesk.articles.placed", Instrument.COUNTER, "{article}", "articles placed in stories")
CHANGES = Metric("copydesk.changes", Instrument.COUNTER, "{change}", "lines of the change log passed downstream")
LEASE_WAIT = Metric("copydesk.lease.wait", Instrument.HISTOGRAM, "s", "time until the lock on placing was had")
STEP_TIME = Metric("copydesk.step.duration", Instrument.HISTOGRAM, "s", "time of a step's batch", ("step",))
REQUEST_TIME = Metric(
    "copydesk.request.duration", Instrument.HISTOGRAM, "s", "time of an answer of pages and API", ("status",)
)
ALL = (
    FEEDS_DUE, FEEDS_LATE, PAGES_DUE, POLLS, ENTRIES_NEW, PAGES, REVISITS, DOUBTS, ARCHIVED, WAITING, PLACED, CHANGES,
    LEASE_WAIT, STEP_TIME, REQUEST_TIME,
)  # fmt: skip


class _Seam:
    """Where this process's measurements go."""

    receiver: Metrics | None = None


def send_to(receiver: Metrics | None) -> None:
    """Send this process's measurements to ``receiver`` from now on; None: nowhere."""
    _Seam.receiver = receiver


def count(metric: Metric, amount: int = 1, **attributes: str) -> None:
    """Add to a counter; nothing where ``amount`` is 0."""
    if _Seam.receiver and amount:
        _Seam.receiver.count(metric.name, amount, attributes)


def gauge(metric: Metric, value: float) -> None:
    """Set a gauge."""
    if _Seam.receiver:
        _Seam.receiver.gauge(metric.name, value, {})


def duration(metric: Metric, seconds: float, **attributes: str) -> None:
    """Record a time."""
    if _Seam.receiver:
        _Seam.receiver.duration(metric.name, seconds, attributes)
