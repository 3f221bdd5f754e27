"""Sums of pick-ups: how an agency's copies are spread, by outlet, by story, by time and by what they kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from pipeline import words
from pipeline.model import CreditState, Pickup

# The last minute of each span after the first copy, and the smallest share of the text kept of each band.
SPANS = ((15, "15 min"), (60, "1 h"), (180, "3 h"), (360, "6 h"), (720, "12 h"), (1440, "24 h"))
LATER, UNKNOWN = "later", "not known"
BANDS = ((0.95, "95 to 100 %"), (0.75, "75 to 95 %"), (0.5, "50 to 75 %"), (0.25, "25 to 50 %"), (0.0, "below 25 %"))

# Behind the copies, means.
SUM_COLUMNS = ("Copies", "Minutes after", "Text kept", "Words added", "Headline changed", "Credit kept")


@dataclass(slots=True)
class Mean:
    """The mean of the values that are known."""

    total: float = 0.0
    number: int = 0

    def add(self, value: float | None) -> None:
        """Count a value, None for one that is not known."""
        if value is not None:
            self.total, self.number = self.total + value, self.number + 1

    def rounded(self) -> str:
        """Return the mean as a whole number, ``-`` where no value is known."""
        return f"{self.total / self.number:,.0f}" if self.number else "-"

    def percent(self) -> str:
        """Return the mean of shares in per cent, ``-`` where no value is known."""
        return f"{words.percent(self.total / self.number)}%" if self.number else "-"


@dataclass(slots=True)
class PickupSum:
    """Copies added up; each mean is of the copies of which it is known."""

    copies: int = 0
    minutes: Mean = field(default_factory=Mean)
    share_kept: Mean = field(default_factory=Mean)
    words_added: Mean = field(default_factory=Mean)
    headline_changed: Mean = field(default_factory=Mean)
    credit_kept: Mean = field(default_factory=Mean)

    def add(self, row: Pickup) -> None:
        """Count a copy."""
        self.copies += 1
        self.minutes.add(row.minutes)
        self.share_kept.add(row.share_kept)
        self.words_added.add(row.words_added)
        self.headline_changed.add(row.headline_changed)
        self.credit_kept.add(row.credit is CreditState.CREDITED)

    def cells(self) -> tuple[str, ...]:
        """Return the cells below :data:`SUM_COLUMNS`."""
        means = (self.minutes.rounded(), self.share_kept.percent(), self.words_added.rounded())
        return f"{self.copies:,}", *means, self.headline_changed.percent(), self.credit_kept.percent()


@dataclass(slots=True)
class PickupReport:
    """All sums of a stream of pick-ups. Of stories and copies the first ``most`` are kept, sums are of all."""

    most: int
    copies: list[Pickup] = field(default_factory=list)
    total: PickupSum = field(default_factory=PickupSum)
    outlets: dict[str, PickupSum] = field(default_factory=dict)
    stories: dict[tuple[int, str], PickupSum] = field(default_factory=dict)
    credits: dict[str, Counter[CreditState]] = field(default_factory=dict)
    spans: Counter[str] = field(default_factory=Counter)
    bands: Counter[str] = field(default_factory=Counter)

    def add(self, row: Pickup) -> None:
        """Count a copy."""
        self.total.add(row)
        self.outlets.setdefault(row.outlet, PickupSum()).add(row)
        self.credits.setdefault(row.outlet, Counter()).update([row.credit] if row.credit else ())
        self.spans[span_of(row.minutes)] += 1
        self.bands[band_of(row.share_kept)] += 1
        story = (row.story_id, row.story_title)
        if story in self.stories or len(self.stories) < self.most:
            self.stories.setdefault(story, PickupSum()).add(row)
        if len(self.copies) < self.most:
            self.copies.append(row)

    def outlets_by_copies(self) -> list[tuple[str, PickupSum]]:
        """Return the outlets, those with most copies first."""
        return sorted(self.outlets.items(), key=lambda outlet: (-outlet[1].copies, outlet[0]))


def report_of(rows: Iterable[Pickup], most: int) -> PickupReport:
    """Return the sums of pick-ups, which are read once."""
    report = PickupReport(most)
    for row in rows:
        report.add(row)
    return report


def span_of(minutes: float | None) -> str:
    """Return the span of time after the first copy in which a copy came."""
    return UNKNOWN if minutes is None else next((name for end, name in SPANS if minutes <= end), LATER)


def band_of(share: float | None) -> str:
    """Return the band that a share of the text kept is in."""
    return UNKNOWN if share is None else next(name for start, name in BANDS if share >= start)
