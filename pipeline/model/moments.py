"""How times are known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Precision(StrEnum):
    """How finely a time is known; ``DAY`` means the clock part of ``value`` says nothing."""

    SECOND = "second"
    MINUTE = "minute"
    DAY = "day"


class Basis(StrEnum):
    """What a time was read from."""

    FEED = "feed"
    JSON_LD = "json-ld"
    META = "meta"
    DATELINE = "dateline"
    PAGE = "page"
    URL = "url"


@dataclass(frozen=True, slots=True)
class Moment:
    """A time with its precision and where it was read; keeps the offset it was written with."""

    value: datetime
    precision: Precision
    basis: Basis
