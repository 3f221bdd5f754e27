"""What the readers of all formats share: where a feed stands, plain text, dates, and entries that cannot be used."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from pipeline.model import Basis, Dropped, FeedEntry, Moment
from pipeline.text.dates import read_moment, sane

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

TAG = re.compile(r"<[^<>]*>")
SPACE = re.compile(r"\s+")
SUMMARY_MOST = 5_000
UNKEPT = dict.fromkeys([0, *range(0xD800, 0xE000)])
T = TypeVar("T", bound="DataclassInstance")


@dataclass(frozen=True, slots=True)
class Reading:
    """One feed being read: its address, its outlet's country and zone, the time, and what was wrong in it."""

    url: str
    now: datetime
    country: str = ""
    zone: str = ""
    wrong: Counter[str] = field(default_factory=Counter)
    left_out: Counter[Dropped] = field(default_factory=Counter)

    def moment(self, text: object) -> Moment | None:
        """The time that a text of the feed says, unless it cannot be: then it counts as a problem."""
        return self.possible(read_moment(str(text or ""), Basis.FEED, self.country, self.zone))

    def possible(self, at: Moment | None) -> Moment | None:
        """The time, unless it lies in the future or before news was on the web."""
        found = sane(at, self.now)
        if at is not None and found is None:
            self.wrong["dates lie in the future or before 1990 and are left out"] += 1
        return found

    def kept(self, found: Iterable[FeedEntry | Dropped]) -> tuple[FeedEntry, ...]:
        """The entries that can be used; the others count as a problem, each with its reason."""
        rows = list(found)
        self.left_out.update(row for row in rows if isinstance(row, Dropped))
        self.wrong["entries have no usable link"] = self.left_out.total()
        return tuple(row for row in rows if isinstance(row, FeedEntry))

    def dropped(self) -> tuple[tuple[Dropped, int], ...]:
        """How much of what the feed lists is no entry, by reason."""
        return tuple(sorted(self.left_out.items()))

    def problems(self, *first: str) -> tuple[str, ...]:
        """What was wrong, as lines for a person."""
        return (*(line for line in first if line), *(f"{n} {what}" for what, n in self.wrong.items() if n))


def storable(record: T) -> T:
    """The record with its texts free of what no database keeps: NUL, and halves of surrogate pairs (JSON and character
    references can spell both)."""
    told = {f.name: getattr(record, f.name) for f in fields(record)}
    clean = {name: kept_text(value) for name, value in told.items()}
    return record if clean == told else replace(record, **clean)


def kept_text(value: Any) -> Any:
    """The same for a single value."""
    if isinstance(value, str):
        return value if value.isascii() and "\0" not in value else value.translate(UNKEPT)
    if isinstance(value, tuple):
        return tuple(kept_text(one) for one in value)
    return storable(value) if is_dataclass(value) and not isinstance(value, type) else value


def plain(text: object, most: int = SUMMARY_MOST) -> str:
    """Text without tags, entities decoded, white space folded."""
    if not isinstance(text, str):
        return ""
    return SPACE.sub(" ", html.unescape(TAG.sub(" ", text[: most * 4]))).strip()[:most]


def short(error: object) -> str:
    """An error in one line."""
    return (str(error) or type(error).__name__).splitlines()[0][:160]
