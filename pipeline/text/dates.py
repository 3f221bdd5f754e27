"""Times as they are written: ISO 8601, RFC 822, and the forms of feeds and pages."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from dateutil import parser as dateutil

from pipeline.model import Basis, Moment, Precision
from pipeline.text.months import month_numbers
from pipeline.text.written_dates import written_date
from pipeline.text.zones import clock_zone, month_first, named_zone

ISO = re.compile(
    r"^\s*(\d{4})-?(\d{1,2})-?(\d{1,2})"
    r"(?:[T\s]+(\d{1,2}):?(\d{2})(?::?(\d{2})(?:[.,]\d+)?)?\s*(Z|z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?)?\s*$"
)
CLOCK = re.compile(r"\d{1,2}[:.]\d{2}(:\d{2})?|\d{1,2}\s?[ap]\.?m\b", re.IGNORECASE)
SECONDS = re.compile(r"\d{1,2}:\d{2}:\d{2}")
YEAR = re.compile(r"\b(19|20)\d{2}\b")
# RFC 822 had years of two figures.
SHORT_YEAR = re.compile(r"(\b\d{1,2}[ -][A-Za-z]{3}[ -])(\d{2})(?= \d{1,2}:\d{2})")
FIGURES = re.compile(r"\b\d{1,2}([/.-])\d{1,2}\1(?:19|20)\d{2}\b")
# "GMT+0530 (IST)", as browsers write it: the figures say all.
GMT_OFFSET = re.compile(r"\b(?:GMT|UTC)\s?([+-]\d{1,2}(?::?\d{2})?)\b(?:\s*\([^)]*\))?")
OFFSET_NAMED = re.compile(r"([+-]\d{2}:?\d{2})\s*(?:\([^)]*\)|[A-Z]{2,5})\s*$")
EPOCH = re.compile(r"^\s*(\d{10})(\d{3})?(?:\.\d+)?\s*$")
FIGURES_ALONE = re.compile(r"^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$")
# Words of a date that dateutil reads; a name in capitals may be a zone's.
ENGLISH = re.compile(
    r"(?:(?:jan|febr?|mar|apr|aug|sept?|oct|nov|dec)[a-z]*|may|june?|july?|(?:mon|tues?|wed|thur?s?|fri|sat|sun)[a-z]*"
    r"|[ap]\.?m|st|nd|rd|th|at|on|of|the|t|z|gmt|utc)\b|[A-Z]{2,5}\b",
    re.IGNORECASE,
)
WORD = re.compile(r"[^\W\d_]+(?:[/_][^\W\d_]+)*")
# Not the minute 24 of an hour.
MIDNIGHT = re.compile(r"(?<![\d:])24:00(?::00)?(?![\d:])")
LEAP = re.compile(r"(:\d{2}):60(?!\d)")
# "dim., 24 août 2025", "24 de agosto de 2025,": the day of the week tells nothing new.
WORDED = re.compile(r"^[^\d]{0,20}\b(\d{1,2})\.?\s+(?:de\s+)?([^\W\d_]{2,15})\.?\s+(?:de\s+)?((?:19|20)\d{2})\b,?")
MOST = 80
TOO_FAR = timedelta(days=1)
OLDEST = 1990


def read_moment(text: str, basis: Basis, country: str = "", zone: str = "", lang: str = "") -> Moment | None:
    """The time that ``text`` says, with its precision; None where it says none.

    A zone name means what it means in ``country``; a clock without zone is that of ``zone`` (IANA), else
    ``country``'s own. Days and months in figures stand in the order that ``country`` writes them. ``lang`` (BCP 47) is
    the text's language, in which months are read first.
    """
    text = text.strip()
    if not text or len(text) > MOST:
        return None
    if epoch := EPOCH.match(text):
        return Moment(datetime.fromtimestamp(int(epoch[1]), UTC), Precision.SECOND, basis)
    text = FIGURES_ALONE.sub(r"\1-\2-\3 \4:\5:\6", LEAP.sub(r"\1:59", text))
    if iso := ISO.match(text):
        return _iso(iso, basis, clock_zone(country, zone))
    if basis is Basis.FEED and _is_english(text):
        return _free(text, basis, country, zone) or _written(text, basis, country, zone, lang)
    return _written(text, basis, country, zone, lang) or _guess(text, basis, country, zone)


def _guess(text: str, basis: Basis, country: str, zone: str) -> Moment | None:
    """Return what dateutil makes of a text; on a page not of figures alone, whose order it only guesses."""
    is_open = basis is not Basis.FEED and not WORD.search(text)
    return None if is_open or basis is Basis.PAGE or not text.isascii() else _free(text, basis, country, zone)


def _is_english(text: str) -> bool:
    """Whether a text is made of figures and words that dateutil reads."""
    return text.isascii() and all(ENGLISH.fullmatch(word) for word in WORD.findall(text))


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


def _iso(match: re.Match[str], basis: Basis, local: tzinfo) -> Moment | None:
    year, month, day, hour, minute, second, zone = match.groups()
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
    digits = text[1:].replace(":", "").ljust(4, "0")
    return timezone(sign * timedelta(hours=int(digits[:2]), minutes=int(digits[2:4])))


def _with_plain_offset(value: datetime) -> datetime:
    """The same with a plain offset, so that it can be written down and read back."""
    offset = value.utcoffset()
    return value if offset is None else value.replace(tzinfo=UTC if not offset else timezone(offset))


def _free(text: str, basis: Basis, country: str, zone: str) -> Moment | None:
    text = WORDED.sub(_in_english, text)
    text = OFFSET_NAMED.sub(r"\1", GMT_OFFSET.sub(_figures_of, SHORT_YEAR.sub(_with_century, text)))
    if not YEAR.search(text):
        return None
    late = timedelta(days=1) if MIDNIGHT.search(text) else timedelta()
    text = MIDNIGHT.sub("00:00:00", text)
    zone_names: list[str] = []

    def zones(name: str | None, offset: int | None) -> tzinfo | None:
        if offset is not None:
            return timezone(timedelta(seconds=offset))
        zone_names.append(name or "")
        return named_zone(name or "", country)

    try:
        value = dateutil.parse(text, tzinfos=zones, default=DEFAULT, dayfirst=_day_first(text, country)) + late
        clock = CLOCK.search(text)
        if not clock:
            return Moment(value.replace(hour=0, minute=0, second=0, tzinfo=UTC), Precision.DAY, basis)
        own_zone = named_zone(zone_names[-1], country, zone, value.replace(tzinfo=None)) if zone_names else None
        value = value.replace(tzinfo=own_zone or value.tzinfo or clock_zone(country, zone))
        precision = Precision.SECOND if SECONDS.search(text) else Precision.MINUTE
        return Moment(_with_plain_offset(value.replace(microsecond=0)), precision, basis)
    except (ValueError, OverflowError, TypeError, AttributeError):
        return None


DEFAULT = datetime(2000, 1, 1)  # noqa: DTZ001 - what a text leaves out; its zone is told apart


def _in_english(match: re.Match[str]) -> str:
    """A date with the month's name in the one language that dateutil reads; as it is where the name is none's."""
    month = month_numbers().get(match[2].casefold())
    return f"{match[1]} {calendar.month_abbr[month]} {match[3]}" if month else match[0]


def _figures_of(match: re.Match[str]) -> str:
    """dateutil takes GMT+3 for what POSIX means by it, three hours west."""
    sign, digits = match[1][0], match[1][1:].replace(":", "")
    hours, minutes = (digits, "00") if len(digits) <= 2 else (digits[:-2], digits[-2:])
    return f"{sign}{int(hours):02d}{minutes}"


def _with_century(match: re.Match[str]) -> str:
    return f"{match[1]}{'19' if int(match[2]) >= OLDEST - 1900 else '20'}{match[2]}"


def _day_first(text: str, country: str) -> bool:
    """The order of a date in figures that has its year last; dots are only ever put after the day."""
    figures = FIGURES.search(text)
    return figures is not None and (figures[1] == "." or not month_first(country))
