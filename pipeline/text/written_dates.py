"""Dates as they are written for readers: months by name in the languages of CLDR, digits of any script, clocks before
or after the day, years of other calendars.

What a text leaves open stays open: a month without a day, a day in figures whose order nothing tells, and a month's
name that means another month elsewhere give no date.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from types import MappingProxyType
from typing import NamedTuple

import regex

from pipeline.text.cldr import figure_order
from pipeline.text.months import SOLAR_LANGUAGES, MonthPlace, find_months, plain_digits
from pipeline.text.written_clocks import find_clock
from pipeline.text.zones import iana_zone, month_first, named_zone

# Characters of a text that are read.
MAX_TEXT = 120
# Solar years of Iran and Afghanistan that stand for 1991 to 2041; the moon's years of the same figures are 20 later.
SOLAR_YEARS = range(1370, 1421)
SOLAR_START, SOLAR_LEAPS = date(1991, 3, 21), frozenset((1, 5, 9, 13, 17, 22, 26, 30))
SOLAR_COUNTRIES = frozenset(("IR", "AF"))
BUDDHIST_YEARS, BUDDHIST_SHIFT = range(2430, 2680), 543
ERAS = MappingProxyType({"令和": 2018, "平成": 1988, "民國": 1911, "民国": 1911, "中華民國": 1911})
YEAR_LEAST, YEAR_MOST = 1900, 2100

LETTER = r"[\p{L}\p{M}]"
EASTERN = regex.compile(
    r"(?:(?P<era>中華民國|民國|民国|令和|平成)\s*)?(?P<year>[0-9]{1,4}|元)\s*[年년]\s*(?P<month>[0-9]{1,2})\s*[月월]\s*(?P<day>[0-9]{1,2})\s*[日号號일]"
)
VIETNAMESE = regex.compile(
    r"(?P<day>[0-9]{1,2})\s*(?:tháng|thg)\.?\s*(?P<month>[0-9]{1,2})\s*(?:,|năm|/)?\s*(?P<year>[0-9]{4})", regex.I
)
# Mongolian writes "2025 оны 11-р сарын 3", Kazakh and others their months by name.
MONGOLIAN = regex.compile(
    r"(?P<year>[0-9]{4})\s*оны\s*(?P<month>[0-9]{1,2})(?:-\p{L}+)?\s*сарын\s*(?P<day>[0-9]{1,2})", regex.I
)
YEAR_FIRST = regex.compile(
    r"(?<![0-9])(?P<year>[0-9]{4})\s?(?P<mark>[-/.])\s?(?P<month>[0-9]{1,2})\s?(?P=mark)\s?(?P<day>[0-9]{1,2})(?![0-9])"
)
YEAR_LAST = regex.compile(
    r"(?<![0-9])(?P<first>[0-9]{1,2})\s?(?P<mark>[-/.])\s?(?P<second>[0-9]{1,2})\s?(?P=mark)\s?(?P<year>[0-9]{4})(?![0-9])"
)

OFFSET = regex.compile(
    r"(?<![0-9-])(?:(?P<utc>GMT|UTC)\s?)?(?P<sign>[+−-])(?P<hours>[0-9]{1,2})(?::?(?P<minutes>[0-9]{2}))?(?![0-9:/.-])"
)
IANA = regex.compile(r"\b[A-Z][A-Za-z]+/[A-Z][\w-]+(?:[+-][0-9]{1,2}|/[A-Z][\w-]+)?")
ZONE_NAME = regex.compile(r"\b[A-Z]{2,5}\b")
# "January 6-9": no one day.
DAY_RANGE = regex.compile(r"(?<![0-9-])[0-9]{1,2}\s?[-–]\s?[0-9]{1,2}(?![0-9-])")
# Of plain digits: this library knows some of a later Unicode than int() does.
NUMBER = regex.compile(r"[0-9]+")
# "3/11/25", "3. 11. 25", "25/11/3": only a language or a country tells which is which.
SHORT_DAY = regex.compile(
    r"(?<![0-9.:/-])(?P<first>[0-9]{1,2})(?P<mark>[-/.])\s?(?P<second>[0-9]{1,2})(?P=mark)\s?(?P<third>[0-9]{1,2})(?![0-9:/-])"
)
# Years of two figures before this are of the new century.
CENTURY = 70
# Characters between a month's name and its day.
NEAR = 12
# Languages that write the year first, and where it stands last the day before the month.
YEAR_FIRST_LANGUAGES = frozenset(("sv", "hu", "lt", "eu", "se"))


class Number(NamedTuple):
    """A number in a text: where it stands, what it says, how many digits it has."""

    start: int
    end: int
    value: int
    digits: int

    def distance(self, place: MonthPlace) -> int:
        """Return how many characters lie between the number and a month's name."""
        return place.start - self.end if self.end <= place.start else self.start - place.end


@dataclass(frozen=True, slots=True)
class WrittenDate:
    """A day as a text has it, and its clock where it has one. ``zone`` is the one that the text names, if any."""

    day: date
    hour: int | None = None
    minute: int = 0
    second: int | None = None
    zone: tzinfo | None = None

    def at(self, local: tzinfo) -> datetime:
        """Return the instant; a clock without a zone is that of ``local``, a day without a clock begins in UTC."""
        start = datetime(self.day.year, self.day.month, self.day.day, tzinfo=UTC)
        if self.hour is None:
            return start
        late = timedelta(days=1) if self.hour == 24 else timedelta()
        clock = start.replace(hour=self.hour % 24, minute=self.minute, second=self.second or 0)
        return clock.replace(tzinfo=self.zone or local) + late


def written_date(text: str, country: str = "", lang: str = "", zone: str = "") -> WrittenDate | None:
    """Return the day and the clock that a text tells; None where it tells no one day.

    ``country`` (ISO 3166) and ``lang`` (BCP 47, perhaps with a region) decide what a month's name and the order of a
    day in figures mean, and ``country`` and ``zone`` (IANA) what the name of a zone does.
    """
    plain = plain_digits(text[:MAX_TEXT])
    clock = find_clock(plain, lang)
    rest = plain if clock is None else f"{plain[: clock.start]} ; {plain[clock.end :]}"
    day = _day(rest, country, lang) or _day(plain, country, lang)
    if day is None:
        return None
    if clock is None:
        return WrittenDate(day)
    try:
        return WrittenDate(day, clock.hour, clock.minute, clock.second, _zone(plain, clock.end, country, zone, day))
    except (ValueError, OverflowError):
        return None


def _zone(text: str, clock_end: int, country: str, zone: str, day: date) -> tzinfo | None:
    """Return the zone that a text names: an IANA name, an offset right behind the clock or elsewhere, a short name."""
    if (name := IANA.search(text)) and (place_zone := iana_zone(name[0])):
        return place_zone
    offset = OFFSET.match(text[clock_end:].lstrip()) or OFFSET.search(_without_days(text))
    if offset and int(offset["hours"]) <= 14:
        east = timedelta(hours=int(offset["hours"]), minutes=int(offset["minutes"] or 0))
        return timezone(-east if offset["sign"] in "-−" else east)
    at = datetime(day.year, day.month, day.day, 12)  # noqa: DTZ001 - the zone is what is asked for
    zones = (named_zone(name[0], country, zone, at) for name in ZONE_NAME.finditer(text))
    return next((zone for zone in zones if zone is not None), None)


def _without_days(text: str) -> str:
    """Return the text without days in figures, whose strokes are no signs of an offset."""
    return str(YEAR_LAST.sub(" ", YEAR_FIRST.sub(" ", text)))


# ---------------------------------------------------------------- the day


def _day(text: str, country: str, lang: str) -> date | None:
    for pattern in (EASTERN, VIETNAMESE, MONGOLIAN, YEAR_FIRST):
        if match := pattern.search(text):
            return _calendar_day(_year(match), int(match["month"]), int(match["day"]), country, lang)
    if match := YEAR_LAST.search(text):
        return _day_in_figures(match, country, lang)
    return _day_with_month(text, country, lang) or _short_day(text, country, lang)


def _year(match: regex.Match[str]) -> int:
    groups = match.groupdict()
    year = 1 if match["year"] == "元" else int(match["year"])
    return year + ERAS.get(groups.get("era") or "", 0)


def _day_in_figures(match: regex.Match[str], country: str, lang: str) -> date | None:
    """Return the day of figures with the year last; None where both could be the month and nothing tells which."""
    first, second, year = int(match["first"]), int(match["second"]), int(match["year"])
    if first == second or second > 12 or first > 12:
        month, day = (first, second) if second > 12 else (second, first)
        return _calendar_day(year, month, day, country, lang)
    order = True if match["mark"] == "." else _is_day_first(country, lang, match.string)
    if order is None:
        return None
    return _calendar_day(year, *((second, first) if order else (first, second)), country, lang)


def _is_day_first(country: str, lang: str, text: str) -> bool | None:
    _, _, region = lang.replace("_", "-").partition("-")
    place = country or (region if len(region) == 2 else "")
    if place:
        return not month_first(place)
    if (order := figure_order(lang)) in ("dmy", "mdy") or lang[:2] in YEAR_FIRST_LANGUAGES:
        return order != "mdy"
    american = {"EST", "EDT", "ET", "CDT", "PST", "PDT", "PT", "MDT", "CT"}
    return False if american.intersection(ZONE_NAME.findall(text)) else None


def _short_day(text: str, country: str, lang: str) -> date | None:
    """Return the day of figures with two for the year, in the order of a language or a country, if one tells it."""
    match, order = SHORT_DAY.search(text), figure_order(lang, country)
    if match is None or not order or (order == "ymd" and country.upper() == "CA"):
        return None
    figures = dict(zip(order, map(int, match.group("first", "second", "third")), strict=True))
    year = figures["y"] + (2000 if figures["y"] < CENTURY else 1900)
    return _calendar_day(year, figures["m"], figures["d"], country, lang)


def _day_with_month(text: str, country: str, lang: str) -> date | None:
    """Return the day of a month's name with a year and a day beside it, of two names the one nearer to both."""
    numbers = [Number(number.start(), number.end(), int(number[0]), len(number[0])) for number in NUMBER.finditer(text)]
    years = [number for number in numbers if number.digits == 4]
    days = [number for number in numbers if number.digits <= 2 and 1 <= number.value <= 31]
    if not years or not days or DAY_RANGE.search(text):
        return None
    readings = [
        (day.distance(place) + year.distance(place), year.value, place.month, day.value, place.solar)
        for place in find_months(text, lang, country)
        for day in _nearest(days, place, NEAR)
        for year in _nearest(years, place, len(text))
    ]
    if not readings:
        return None
    _, year, month, day, solar = min(readings)
    return _solar_day(year, month, day) if solar else _calendar_day(year, month, day, country, lang)


def _nearest(numbers: list[Number], place: MonthPlace, most: int) -> list[Number]:
    """Return the number nearest to a month, at most ``most`` characters away; before it rather than behind it."""
    near = [number for number in numbers if number.distance(place) <= most]
    return [min(near, key=lambda number: (number.distance(place), number.start))] if near else []


def _calendar_day(year: int, month: int, day: int, country: str, lang: str) -> date | None:
    if year in SOLAR_YEARS:
        is_solar = country.upper() in SOLAR_COUNTRIES or lang[:2].lower() in SOLAR_LANGUAGES
        return _solar_day(year, month, day) if is_solar else None
    year -= BUDDHIST_SHIFT if year in BUDDHIST_YEARS else 0
    try:
        return date(year, month, day) if YEAR_LEAST <= year <= YEAR_MOST else None
    except ValueError:
        return None


def _solar_day(year: int, month: int, day: int) -> date | None:
    """Return the day of Iran's solar calendar, whose leap years repeat after 33 years from 1206 to 1497."""
    if not (year in SOLAR_YEARS and 1 <= month <= 12 and 1 <= day <= (31 if month <= 6 else 30)):
        return None
    leaps = sum(earlier % 33 in SOLAR_LEAPS for earlier in range(SOLAR_YEARS.start, year))
    before = (month - 1) * 31 - max(month - 7, 0)
    return SOLAR_START + timedelta(days=365 * (year - SOLAR_YEARS.start) + leaps + before + day - 1)
