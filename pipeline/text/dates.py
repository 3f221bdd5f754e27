"""Times as they are written: ISO 8601, RFC 822, and the forms of feeds and pages."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from dateutil import parser as dateutil

from pipeline.model import Basis, Moment, Precision
from pipeline.text.zones import clock_zone, named_zone

ISO = re.compile(
    r"^\s*(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:[T\s]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*(Z|z|UTC|[+-]\d{2}:?\d{2}|[+-]\d{2})?)?\s*$"
)
CLOCK = re.compile(r"\d{1,2}[:.]\d{2}(:\d{2})?|\d{1,2}\s?[ap]\.?m\b", re.IGNORECASE)
SECONDS = re.compile(r"\d{1,2}:\d{2}:\d{2}")
YEAR = re.compile(r"\b(19|20)\d{2}\b")
MOST = 80
TOO_FAR = timedelta(days=1)
OLDEST = 1990


def read_moment(text: str, basis: Basis, country: str = "") -> Moment | None:
    """The time that ``text`` says, with its precision; None where it says none.

    A zone name means what it means in ``country``; a clock without zone is ``country``'s own.
    """
    text = text.strip()
    if not text or len(text) > MOST:
        return None
    iso = ISO.match(text)
    return _iso(iso, basis, country) if iso else _free(text, basis, country)


def sane(at: Moment | None, now: datetime) -> Moment | None:
    """``at``, unless it lies more than a day ahead of ``now`` or before news was on the web."""
    if at is None or at.value.year < OLDEST or at.value > now + TOO_FAR:
        return None
    return at


def _iso(found: re.Match[str], basis: Basis, country: str) -> Moment | None:
    year, month, day, hour, minute, second, zone = found.groups()
    try:
        if hour is None:
            return Moment(datetime(int(year), int(month), int(day), tzinfo=UTC), Precision.DAY, basis)
        at = _offset(zone) if zone else clock_zone(country)
        value = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0), tzinfo=at)
        return Moment(_fixed(value), Precision.SECOND if second else Precision.MINUTE, basis)
    except (ValueError, OverflowError):
        return None


def _offset(text: str) -> tzinfo:
    if text[0] not in "+-":
        return UTC
    sign = -1 if text[0] == "-" else 1
    digits = text[1:].replace(":", "").ljust(4, "0")
    return timezone(sign * timedelta(hours=int(digits[:2]), minutes=int(digits[2:4])))


def _fixed(value: datetime) -> datetime:
    """The same with a plain offset, so that it can be written down and read back."""
    offset = value.utcoffset()
    return value if offset is None else value.replace(tzinfo=UTC if not offset else timezone(offset))


def _free(text: str, basis: Basis, country: str) -> Moment | None:
    if not YEAR.search(text):
        return None

    def zones(name: str | None, offset: int | None) -> tzinfo | None:
        return named_zone(name or "", country) if offset is None else timezone(timedelta(seconds=offset))

    try:
        value = dateutil.parse(text, tzinfos=zones, default=datetime(2000, 1, 1))  # noqa: DTZ001 - zone comes below
        clock = CLOCK.search(text)
        if not clock:
            return Moment(value.replace(hour=0, minute=0, second=0, tzinfo=UTC), Precision.DAY, basis)
        value = value if value.tzinfo else value.replace(tzinfo=clock_zone(country))
        precision = Precision.SECOND if SECONDS.search(text) else Precision.MINUTE
        return Moment(_fixed(value.replace(microsecond=0)), precision, basis)
    except (ValueError, OverflowError, TypeError, AttributeError):
        return None
