"""Times as they are written: ISO 8601, RFC 822, and the forms of feeds and pages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any

from pipeline.model import Basis, Moment, Precision
from pipeline.text.written_dates import written_date
from pipeline.text.zones import clock_zone

ISO = re.compile(
    r"^\s*(\d{4})-?(\d{1,2})-?(\d{1,2})"
    r"(?:[Tt\s]+(\d{1,2}):?(\d{2})(?::?(\d{2}|(?<=:)\d)(?:[.,]\d+)?)?\s*(Z|z|UTC|GMT|[+-]\d{1,2}:\d{2}|[+-]\d{4}|[+-]\d{2})?)?\s*$"
)
# What most feeds have (RFC 822): a tenth of the time that any other form takes.
RFC = re.compile(
    r"^(?:[A-Za-z]{3,9},? )?(\d{1,2}) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (\d{4})"
    r" (\d{2}):(\d{2})(?::(\d{2}))? (Z|GMT|UTC|[+-]\d{4}|[+-]\d{2}:\d{2})$"
)
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# Years of two figures: RFC 822 had them before a clock, ISO 8601 before its T.
SHORT_YEAR = re.compile(
    r"(\b\d{1,2}[ .-]{1,2}[^\W\d_]{3,12}\.?[ -])(\d{2})(?=,? \d{1,2}:\d{2})|^()(\d{2})(?=-\d{2}-\d{2}T\d)"
)
EPOCH = re.compile(r"^\s*(\d{10})(\d{3})?(?:\.\d+)?\s*$")
FIGURES_ALONE = re.compile(r"^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$")
LEAP = re.compile(r"(:\d{2}):60(?!\d)")
# Characters of a feed's date, and of a line of a page that may be one.
MOST, PAGE_MOST = 120, 80
TOO_FAR = timedelta(days=1)
OLDEST = 1990


def read_moment(text: str, basis: Basis, country: str = "", zone: str = "", lang: str = "") -> Moment | None:
    """The time that ``text`` says, with its precision; None where it says none.

    A zone name means what it means in ``country``; a clock without zone is that of ``zone`` (IANA), else
    ``country``'s own. Days and months in figures stand in the order that ``country`` writes them. ``lang`` (BCP 47) is
    the text's language, in which months are read first.
    """
    text = text.strip()
    if not text or len(text) > (MOST if basis is Basis.FEED else PAGE_MOST):
        return None
    if epoch := EPOCH.match(text):
        return Moment(datetime.fromtimestamp(int(epoch[1]), UTC), Precision.SECOND, basis)
    text = FIGURES_ALONE.sub(r"\1-\2-\3 \4:\5:\6", LEAP.sub(r"\1:59", text))
    text = SHORT_YEAR.sub(_with_century, text)
    if iso := ISO.match(text):
        return _in_figures(iso.groups(), basis, clock_zone(country, zone))
    if rfc := RFC.match(text):
        day, month, year, *clock = rfc.groups()
        return _in_figures((year, MONTHS.index(month) + 1, day, *clock), basis, UTC)
    return _written(text, basis, country, zone, lang)


def _written(text: str, basis: Basis, country: str, zone: str, lang: str) -> Moment | None:
    written = written_date(text, country, lang, zone)
    if written is None:
        return None
    fine = Precision.MINUTE if written.second is None else Precision.SECOND
    value = _with_plain_offset(written.at(clock_zone(country, zone)))
    return Moment(value, Precision.DAY if written.hour is None else fine, basis)


def sane(at: Moment | None, now: datetime) -> Moment | None:
    """``at``, unless it lies more than a day ahead of ``now`` or before news was on the web."""
    if at is None or at.value.year < OLDEST or at.value > now + TOO_FAR:
        return None
    return at


def _in_figures(groups: Sequence[Any], basis: Basis, local: tzinfo) -> Moment | None:
    """Return the moment of year, month, day, hour, minute, second and zone; the last four may be missing."""
    year, month, day, hour, minute, second, zone = groups
    try:
        if hour is None:
            return Moment(datetime(int(year), int(month), int(day), tzinfo=UTC), Precision.DAY, basis)
        late = timedelta(days=1) if hour == "24" and int(minute) == int(second or 0) == 0 else timedelta()
        at = _offset(zone) if zone else local
        clock = (0 if late else int(hour), int(minute), int(second or 0))
        value = datetime(int(year), int(month), int(day), *clock, tzinfo=at) + late
        return Moment(_with_plain_offset(value), Precision.SECOND if second else Precision.MINUTE, basis)
    except (ValueError, OverflowError):
        return None


def _offset(text: str) -> tzinfo:
    if text[0] not in "+-":
        return UTC
    sign = -1 if text[0] == "-" else 1
    hours, minutes = text[1:].split(":") if ":" in text else (text[1:3], text[3:] or "0")
    return timezone(sign * timedelta(hours=int(hours), minutes=int(minutes)))


def _with_plain_offset(value: datetime) -> datetime:
    """The same with a plain offset, so that it can be written down and read back."""
    offset = value.utcoffset()
    return value if offset is None else value.replace(tzinfo=UTC if not offset else timezone(offset))


def _with_century(match: re.Match[str]) -> str:
    start, year = (match[1], match[2]) if match[2] else (match[3], match[4])
    return f"{start}{'19' if int(year) >= OLDEST - 1900 else '20'}{year}"
