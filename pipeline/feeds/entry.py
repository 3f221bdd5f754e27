"""What the readers of all formats share: a feed's context, dates, and counts of unusable entries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from pipeline.model import Basis, Dropped, FeedEntry, Moment
from pipeline.text.dates import read_moment, sane

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

UNSTORABLE = dict.fromkeys([0, *range(0xD800, 0xE000)])
T = TypeVar("T", bound="DataclassInstance")


@dataclass(frozen=True, slots=True)
class Reading:
    """One feed being read: its address, its outlet's country, zone and language, the time, and what was wrong in it."""

    url: str
    now: datetime
    country: str = ""
    zone: str = ""
    lang: str = ""
    problem_counts: Counter[str] = field(default_factory=Counter)
    dropped: Counter[Dropped] = field(default_factory=Counter)

    def moment(self, text: object, lang: str = "") -> Moment | None:
        """Return the time that a text of the feed gives, in the language ``lang`` (BCP 47), else the outlet's.

        None, counted as a problem, if it is implausible.
        """
        return self.plausible_moment(
            read_moment(str(text or ""), Basis.FEED, self.country, self.zone, lang or self.lang)
        )

    def plausible_moment(self, at: Moment | None) -> Moment | None:
        """Return the time, unless it lies in the future or before news was on the web."""
        moment = sane(at, self.now)
        if at is not None and moment is None:
            self.problem_counts["dates lie in the future or before 1990 and are left out"] += 1
        return moment

    def usable_entries(self, rows: Iterable[FeedEntry | Dropped]) -> tuple[FeedEntry, ...]:
        """Return the usable entries; count the others as a problem, each by its reason."""
        entries = []
        for row in rows:
            if isinstance(row, Dropped):
                self.dropped[row] += 1
            else:
                entries.append(row)
        self.problem_counts["entries have no usable link"] = self.dropped.total()
        return tuple(entries)

    def dropped_counts(self) -> tuple[tuple[Dropped, int], ...]:
        """Return how many rows of the feed are no entry, by reason."""
        return tuple(sorted(self.dropped.items()))

    def problems(self, *first: str) -> tuple[str, ...]:
        """Return what was wrong, as lines for a person, ``first`` before the counted problems."""
        return (
            *(line for line in first if line),
            *(f"{count} {problem}" for problem, count in self.problem_counts.items() if count),
        )


def storable_record(record: T) -> T:
    """Return the record with its texts free of what no database stores: NUL and halves of surrogate pairs.

    JSON and character references can spell both.
    """
    texts = {f.name: getattr(record, f.name) for f in fields(record)}
    clean = {name: storable_value(value) for name, value in texts.items()}
    return record if clean == texts else replace(record, **clean)


def storable_value(value: Any) -> Any:
    """Return a single value cleaned as :func:`storable_record` does."""
    if isinstance(value, str):
        return value if value.isascii() and "\0" not in value else value.translate(UNSTORABLE)
    if isinstance(value, tuple):
        return tuple(storable_value(member) for member in value)
    return storable_record(value) if is_dataclass(value) and not isinstance(value, type) else value


def first_line(error: object) -> str:
    """Return the first line of an error's text, at most 160 characters."""
    return (str(error) or type(error).__name__).splitlines()[0][:160]
