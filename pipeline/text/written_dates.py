"""Dates as they are written for readers: months by name in the languages of CLDR, digits of any script, clocks before
or after the day, years of other calendars.

What a text leaves open stays open: a month without a day, a day in figures whose order nothing tells, and a month's
name that means another month elsewhere give no date.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from types import MappingProxyType

import regex

from pipeline.text.months import SOLAR_LANGUAGES, find_months, half_days, plain_digits
from pipeline.text.zones import iana_zone, month_first, named_zone

# Characters of a text that are read.
MAX_TEXT = 120
# Solar years of Iran and Afghanistan that stand for 1991 to 2041; the moon's years of the same figures are 20 later.
SOLAR_YEARS = range(1370, 1421)
SOLAR_START, SOLAR_LEAPS = date(1991, 3, 21), frozenset((1, 5, 9, 13, 17, 22, 26, 30))
SOLAR_COUNTRIES = frozenset(("IR", "AF"))
BUDDHIST_YEARS, BUDDHIST_SHIFT = range(2430, 2680), 543
ERAS = MappingProxyType({"令和": 2018, "平成": 1988, "民國": 1911, "民国": 1911, "中華民國": 1911})
# Languages that write the day before the month in figures wherever they are spoken; English does not tell.
DAY_FIRST = frozenset(
    [
        "af",
        "ar",
        "az",
        "be",
        "bg",
        "bn",
        "bs",
        "ca",
        "cs",
        "cy",
        "da",
        "de",
        "el",
        "es",
        "et",
        "fi",
        "fr",
        "ga",
        "gl",
        "he",
        "hi",
        "hr",
        "hy",
        "id",
        "is",
        "it",
        "ka",
        "kk",
        "lb",
        "lv",
        "mk",
        "ml",
        "mr",
        "ms",
        "nb",
        "nl",
        "nn",
        "no",
        "pl",
        "pt",
        "ro",
        "ru",
        "sk",
        "sl",
        "sq",
        "sr",
        "sv",
        "sw",
        "ta",
        "te",
        "th",
        "tr",
        "uk",
        "ur",
        "uz",
        "vi",
    ]
)
YEAR_LEAST, YEAR_MOST = 1900, 2100

LETTER = r"[\p{L}\p{M}]"
EASTERN = regex.compile(
    r"(?:(?P<era>中華民國|民國|民国|令和|平成)\s*)?(?P<year>\d{1,4}|元)\s*[年년]\s*(?P<month>\d{1,2})\s*[月월]\s*(?P<day>\d{1,2})\s*[日号號일]"
)
VIETNAMESE = regex.compile(
    r"(?P<day>\d{1,2})\s*(?:tháng|thg)\.?\s*(?P<month>\d{1,2})\s*(?:,|năm|/)?\s*(?P<year>\d{4})", regex.I
)
# Mongolian writes "2025 оны 11-р сарын 3", Kazakh and others their months by name.
MONGOLIAN = regex.compile(r"(?P<year>\d{4})\s*оны\s*(?P<month>\d{1,2})(?:-\p{L}+)?\s*сарын\s*(?P<day>\d{1,2})", regex.I)
YEAR_FIRST = regex.compile(
    r"(?<!\d)(?P<year>\d{4})\s?(?P<mark>[-/.])\s?(?P<month>\d{1,2})\s?(?P=mark)\s?(?P<day>\d{1,2})(?!\d)"
)
YEAR_LAST = regex.compile(
    r"(?<!\d)(?P<first>\d{1,2})\s?(?P<mark>[-/.])\s?(?P<second>\d{1,2})\s?(?P=mark)\s?(?P<year>\d{4})(?!\d)"
)

MORNING = "|".join((
    r"a\.?\s?m|上午|午前|午夜|凌晨|早上|清晨|오전|새벽|π\.?\s?μ|ص|صباحا|صباحًا|ق\.?\s?ظ|पूर्वाह्न|पूर्वान्ह|sáng|SA|г\.х",
    r"ö\.ö|öö|de\s+la\s+mañana",
))  # fmt: skip
EVENING = "|".join((
    r"p\.?\s?m|下午|午後|晚上|中午|傍晚|오후|저녁|밤|μ\.?\s?μ|م|مساء|مساءً|ب\.?\s?ظ|अपराह्न|शाम|chiều|tối|CH",
    r"ö\.s|ös|de\s+la\s+tarde|de\s+la\s+noche",
))  # fmt: skip
HALF = rf"(?:(?P<am{{0}}>{MORNING})|(?P<pm{{0}}>{EVENING}))\.?"
SPOKEN_CLOCK = (
    r"kl|klo|klokka|klockan|kello|um|ob|at|à|às|as|las|alle|ore|godz|ok|в|о|у|στις|saat|pukul|jam|lúc|เวลา|पर|सुबह"
)
CLOCK = regex.compile(
    rf"""
    (?<![\d.,/:-])
    (?:{HALF.format(1)}\s*)?
    (?P<hour>\d{{1,2}})
    (?:
        \s?(?:[:：∶]|[hHu](?=\s?\d\d)|[時时點点시]\s?)\s?(?P<minute>\d{{2}})(?!\d)
        (?:(?:[:：]|[分분]\s?)(?P<second>\d{{2}})(?!\d))?
      | (?:[時时點点시]\s?)(?P<short_minute>\d)(?=\s?[分분])
      | (?P<dot>\.)(?P<dot_minute>\d{{2}})(?:\.(?P<dot_second>\d{{2}}))?(?![\d.])
      | (?P<bare>\s?(?:[hH](?![\p{{L}}])|Uhr\b|[時时點点시](?!\p{{L}})|(?=\s?[ap]\.?m\b)))
    )
    (?:[.,]\d+)?\s?[分분초秒]?
    (?:\s*{HALF.format(2)}(?!{LETTER}))?
    """,
    regex.X | regex.I,
)
DOTTED_BEFORE = regex.compile(rf"(?:{SPOKEN_CLOCK})\.?\s*$", regex.I)
DOTTED_AFTER = regex.compile(r"\s*(?:Uhr|WIB|WITA|WIT|h\b|น\.|[ap]\.?m\b|hrs?\b|IST\b)", regex.I)
OFFSET = regex.compile(
    r"(?<![\d-])(?:(?P<utc>GMT|UTC)\s?)?(?P<sign>[+−-])(?P<hours>\d{1,2})(?::?(?P<minutes>\d{2}))?(?![\d:/.-])"
)
IANA = regex.compile(r"\b[A-Z][A-Za-z]+/[A-Z][A-Za-z_]+(?:/[A-Z][A-Za-z_]+)?\b")
ZONE_NAME = regex.compile(r"\b[A-Z]{2,5}\b")
YEAR = regex.compile(r"(?<!\d)(?:19|2[0-6])\d\d(?!\d)")
# "January 6-9": no one day.
DAY_RANGE = regex.compile(r"(?<![\d-])\d{1,2}\s?[-–]\s?\d{1,2}(?![\d-])")
NUMBER = regex.compile(r"\d+")


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
    clock = _clock(plain, lang)
    rest = plain if clock is None else f"{plain[: clock[0]]} ; {plain[clock[1] :]}"
    day = _day(rest, country, lang) or _day(plain, country, lang)
    if day is None:
        return None
    try:
        return replace(clock[2], day=day, zone=_zone(plain, country, zone, day)) if clock else WrittenDate(day)
    except (ValueError, OverflowError):
        return None


# ---------------------------------------------------------------- the clock


def _clock(text: str, lang: str) -> tuple[int, int, WrittenDate] | None:
    """Return where the clock stands in the text, and what it says; its day is a stand-in."""
    for match in CLOCK.finditer(text):
        if (match["dot"] and not _is_dotted_clock(text, match)) or (
            match["bare"] == "" and not (match["am2"] or match["pm2"])
        ):
            continue
        hour = int(match["hour"])
        minute = int(match["minute"] or match["short_minute"] or match["dot_minute"] or 0)
        seconds = match["second"] or match["dot_second"]
        evening, morning = match["pm1"] or match["pm2"], match["am1"] or match["am2"]
        morning_names, evening_names = half_days(lang)
        behind = text[match.end() :].lstrip().casefold()
        evening, morning = evening or behind.startswith(evening_names), morning or behind.startswith(morning_names)
        hour = hour + 12 if evening and hour < 12 else 0 if morning and hour == 12 else hour
        is_midnight = hour == 24 and not minute
        if (hour < 24 or is_midnight) and minute < 60 and int(seconds or 0) < 61:
            second = min(int(seconds), 59) if seconds else None
            return match.start(), match.end(), WrittenDate(date.min, hour, minute, second)
    return None


def _is_dotted_clock(text: str, match: regex.Match[str]) -> bool:
    """Whether figures around a dot are a clock and no day and month: a word before or after them says so."""
    return bool(
        DOTTED_BEFORE.search(text[: match.start()])
        or DOTTED_AFTER.match(text, match.end())
        or match["am2"]
        or match["pm2"]
        or (match["dot_second"] and YEAR.search(text))
        or (int(match["dot_minute"]) > 12 and (YEAR_LAST.search(text) or YEAR_FIRST.search(text)))
    )


def _zone(text: str, country: str, zone: str, day: date) -> tzinfo | None:
    if name := IANA.search(text):
        return iana_zone(name[0])
    if (offset := OFFSET.search(_without_days(text))) and int(offset["hours"]) <= 14:
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
    return _day_with_month(text, country, lang)


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
    language, _, region = lang.replace("_", "-").partition("-")
    place = country or (region if len(region) == 2 else "")
    if place:
        return not month_first(place)
    if language.lower() in DAY_FIRST:
        return True
    american = {"EST", "EDT", "ET", "CDT", "PST", "PDT", "PT", "MDT", "CT"}
    return False if american.intersection(ZONE_NAME.findall(text)) else None


def _day_with_month(text: str, country: str, lang: str) -> date | None:
    """Return the day of a month's name with a year and a day beside it."""
    numbers = [(number.start(), number.end(), number[0]) for number in NUMBER.finditer(text)]
    years = [number for number in numbers if len(number[2]) == 4]
    if not years or DAY_RANGE.search(text):
        return None
    for start, end, month, solar in find_months(text, lang):
        days = [number for number in numbers if len(number[2]) <= 2 and 1 <= int(number[2]) <= 31]
        if days and (day := _nearest(days, start, end)):
            year = min(years, key=lambda number: min(abs(number[0] - end), abs(start - number[1])))
            return (
                _solar_day(int(year[2]), month, day)
                if solar
                else _calendar_day(int(year[2]), month, day, country, lang)
            )
    return None


def _nearest(days: list[tuple[int, int, str]], start: int, end: int) -> int:
    """Return the day nearest to the month, before it rather than behind it; 0 where none stands by it."""
    before = [number for number in days if number[1] <= start and start - number[1] <= 12]
    behind = [number for number in days if number[0] >= end and number[0] - end <= 12]
    distances = [(start - number[1], number) for number in before] + [(number[0] - end, number) for number in behind]
    return int(min(distances)[1][2]) if distances else 0


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
