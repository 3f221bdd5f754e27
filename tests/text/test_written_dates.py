"""Dates as they are written for readers, in many languages."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from babel import dates as cldr
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.model import Basis, Moment, Precision
from pipeline.text.dates import read_moment
from pipeline.text.months import AMBIGUOUS, LANGUAGES, SOLAR_MONTHS, language_months, plain_digits
from pipeline.text.written_dates import written_date

LOCALES = ["af", "am", "ar", "az", "be", "bg", "bn", "bs", "ca", "cs", "cy", "da", "de", "el", "en", "es", "et", "fa", "fi", "fil", "fr", "ga", "gl", "gu", "he", "hi", "hr", "hu", "hy", "id", "is", "it", "ja", "ka", "kk", "km", "kn", "ko", "ky", "lo", "lt", "lv", "mk", "ml", "mr", "ms", "my", "nb", "ne", "nl", "pa", "pl", "pt", "ro", "ru", "si", "sk", "sl", "sq", "sr", "sv", "sw", "ta", "te", "th", "tr", "uk", "ur", "uz", "vi", "zh", "zh_Hant", "as", "ckb", "de_AT", "en_GB", "en_US", "es_MX", "eu", "fo", "fr_CA", "ku", "lb", "mn", "mt", "or", "pt_PT", "sd", "so", "sr_Latn", "tg", "tk", "ug", "zu"]  # fmt: skip


WIDTHS = ("full", "long", "medium", "short")
DAYS = st.datetimes(datetime(1991, 4, 1), datetime(2040, 12, 31))  # noqa: DTZ001


def is_untold(locale: str, width: str) -> bool:
    """English alone does not say which figure is the day."""
    return (locale, width) == ("en", "short")


@settings(max_examples=400)
@given(DAYS, st.sampled_from(LOCALES), st.sampled_from(WIDTHS))
@example(datetime(2024, 2, 29), "th", "full")  # noqa: DTZ001
@example(datetime(2025, 5, 3), "hr", "medium")  # noqa: DTZ001
@example(datetime(2018, 1, 2), "cy", "full")  # noqa: DTZ001
def test_a_date_of_any_language_is_read_back(at: datetime, locale: str, width: str) -> None:
    moment = read_moment(cldr.format_date(at, width, locale=locale), Basis.FEED, lang=locale)
    assert (moment is None) == is_untold(locale, width)
    assert moment is None or (moment.value.date(), moment.precision) == (at.date(), Precision.DAY)


@settings(max_examples=400)
@given(DAYS, st.sampled_from(LOCALES), st.sampled_from(WIDTHS))
@example(datetime(2025, 11, 3, 4, 5), "da", "short")  # noqa: DTZ001
@example(datetime(2025, 11, 3, 16, 5, 9), "lo", "long")  # noqa: DTZ001
@example(datetime(2000, 1, 1, 0, 10), "ko", "full")  # noqa: DTZ001
def test_a_clock_of_any_language_is_read_back(at: datetime, locale: str, width: str) -> None:
    text = cldr.format_datetime(at.replace(tzinfo=UTC), width, locale=locale)
    moment = read_moment(text, Basis.FEED, lang=locale)
    assert (moment is None) == is_untold(locale, width)
    assert moment is None or moment.value.replace(second=0) == at.replace(second=0, microsecond=0, tzinfo=UTC)
    assert moment is None or moment.precision is (Precision.MINUTE if width == "short" else Precision.SECOND)


@pytest.mark.parametrize("hour", range(24))
def test_each_hour_of_any_language_is_read_back_whether_the_language_is_told_or_not(hour: int) -> None:
    at = datetime(2000, 1, 1, hour, 5, tzinfo=UTC)
    written = ((locale, cldr.format_datetime(at, width, locale=locale)) for locale in LOCALES for width in WIDTHS)
    read = [(text, read_moment(text, Basis.FEED, lang=lang)) for locale, text in written for lang in (locale, "")]
    wrong = [
        text for text, moment in read if moment and (moment.value.hour, moment.value.minute) != _clock_of(moment, at)
    ]
    assert not wrong


def _clock_of(moment: Moment, at: datetime) -> tuple[int, int]:
    """The clock that was written; midnight where a reading dares to give the day alone."""
    return (0, 0) if moment.precision is Precision.DAY else (at.hour, at.minute)


@settings(max_examples=400)
@given(DAYS, st.sampled_from(LOCALES), st.sampled_from(WIDTHS))
def test_a_date_whose_language_is_not_told_is_right_or_absent(at: datetime, locale: str, width: str) -> None:
    day = read_moment(cldr.format_date(at, width, locale=locale), Basis.FEED)
    clock = read_moment(cldr.format_datetime(at.replace(tzinfo=UTC), width, locale=locale), Basis.FEED)
    assert day is None or day.value.date() == at.date()
    assert clock is None or clock.value.date() == at.date()
    assert (
        clock is None
        or clock.precision is Precision.DAY
        or (clock.value.hour, clock.value.minute) == (at.hour, at.minute)
    )


def test_the_names_that_mean_two_months_are_all_known() -> None:
    meanings: dict[str, set[int]] = {}
    for lang in LANGUAGES:
        for name, (number, _solar) in language_months(lang).items():
            meanings.setdefault(name, set()).add(number)
    solar = {name for names in SOLAR_MONTHS for name in names}
    assert {name for name, numbers in meanings.items() if len(numbers) > 1 and len(name) > 1} - solar == AMBIGUOUS


@pytest.mark.parametrize(
    ("text", "country", "lang", "utc"),
    [
        ("2025年11月3日 10:20", "CN", "", "2025-11-03T02:20"),
        ("2025年11月3日（月）午後3時05分", "JP", "", "2025-11-03T06:05"),
        ("2025年11月3日 下午3点5分", "CN", "", "2025-11-03T07:05"),
        ("令和7年11月3日", "JP", "", "2025-11-03T00:00"),
        ("民國114年11月3日", "TW", "", "2025-11-03T00:00"),
        ("2025년 11월 3일 오후 3시 20분", "KR", "", "2025-11-03T06:20"),
        ("2025. 11. 3. 오전 12:20", "KR", "", "2025-11-02T15:20"),
        ("3. November 2025 um 10.20 Uhr", "DE", "", "2025-11-03T09:20"),
        ("10:20 Uhr, 3. November 2025", "DE", "", "2025-11-03T09:20"),
        ("le 3 novembre 2025 à 10h20", "FR", "fr", "2025-11-03T09:20"),
        ("3 de noviembre de 2025 a las 10:20 p. m.", "ES", "es", "2025-11-03T21:20"),
        ("3. nov. 2025 kl. 10.20", "NO", "nb", "2025-11-03T09:20"),
        ("3.11.2025 klo 10.20", "FI", "fi", "2025-11-03T08:20"),
        ("3 พฤศจิกายน 2568 เวลา 10:20 น.", "TH", "th", "2025-11-03T03:20"),
        ("๓ พ.ย. ๒๕๖๘", "TH", "", "2025-11-03T00:00"),
        ("۱۲ آبان ۱۴۰۴ ساعت ۱۰:۲۰", "IR", "fa", "2025-11-03T06:50"),
        ("۱۴۰۴/۰۸/۱۲", "IR", "", "2025-11-03T00:00"),
        ("০৩ নভেম্বর ২০২৫, ১০:২০", "BD", "bn", "2025-11-03T04:20"),
        ("٣ نوفمبر ٢٠٢٥ - ١٠:٢٠ م", "SA", "ar", "2025-11-03T19:20"),
        ("Thứ hai, 3/11/2025, 10:20 (GMT+7)", "", "vi", "2025-11-03T03:20"),
        ("11/3/2025 10:20 AM EST", "", "en", "2025-11-03T15:20"),
        ("3 Nov 2025 10:20 Asia/Kolkata", "", "", "2025-11-03T04:50"),
        ("Lørdag 13. desember 2025", "NO", "", "2025-12-13T00:00"),
        ("3 Mrz 2025", "", "", "2025-03-03T00:00"),
        ("Fri, 03 Jul 2026 10:20 ET", "", "", "2026-07-03T14:20"),
        ("Fri, 02 Jan 2026 10:20 PT", "", "", "2026-01-02T18:20"),
        ("3 Nov 2025 10:20:05+0530", "", "", "2025-11-03T04:50"),
        ("3 Nov 2025 10:20 America/Port-au-Prince", "", "", "2025-11-03T15:20"),
        ("11.04.2025 08.06", "DK", "da", "2025-04-11T06:06"),
        ("3 listopada 2025. 10:20", "HR", "", "2025-10-03T08:20"),
        ("3/11/25 10:20", "GB", "", "2025-11-03T10:20"),
        ("25/11/3 午後3:20", "JP", "", "2025-11-03T06:20"),
        ("3 Nov 2025 12:20 Am", "GB", "en", "2025-11-03T00:20"),
        ("3. November 2025, 12:20 Am Montag", "DE", "de", "2025-11-03T11:20"),
        ("3 نوفمبر 2025 3:20 مساءً", "EG", "ar", "2025-11-03T13:20"),
        ("e hënë, 3 nëntor 2025, 3:20 m.d.", "", "", "2025-11-03T15:20"),
    ],
)
def test_a_written_date(text: str, country: str, lang: str, utc: str) -> None:
    at = read_moment(text, Basis.PAGE, country, "", lang)
    assert at is not None
    assert at.value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M") == utc


@pytest.mark.parametrize(
    ("text", "country", "lang"),
    [
        ("November 2025", "", "en"),
        ("3 November", "", "en"),
        ("08/09/2025", "", "en"),
        ("08-09-2025", "", ""),
        ("January 6-9, 2026", "", "en"),
        ("30 February 2025", "", "en"),
        ("1447/05/12", "SA", "ar"),
        ("3/11/25", "", ""),
        ("3/11/25", "", "en"),
        ("3 listopada 2025", "", ""),
        ("1404/08/12", "DE", "de"),
        ("12 of 2025 seats", "", "en"),
        ("", "", ""),
    ],
)
def test_what_names_no_one_day_is_no_date(text: str, country: str, lang: str) -> None:
    assert written_date(text, country, lang) is None


@pytest.mark.parametrize(
    ("text", "country", "lang", "day"),
    [
        ("08/09/2025", "US", "", date(2025, 8, 9)),
        ("08/09/2025", "GB", "en", date(2025, 9, 8)),
        ("08/09/2025", "", "en-GB", date(2025, 9, 8)),
        ("08/09/2025", "", "en_US", date(2025, 8, 9)),
        ("08/09/2025", "", "fr", date(2025, 9, 8)),
        ("08.09.2025", "", "", date(2025, 9, 8)),
        ("31/12/2025", "", "", date(2025, 12, 31)),
        ("12/31/2025", "", "", date(2025, 12, 31)),
        ("3 listopada 2025", "", "pl", date(2025, 11, 3)),
        ("3 listopada 2025", "", "hr", date(2025, 10, 3)),
    ],
)
def test_language_and_country_decide_what_a_date_means(text: str, country: str, lang: str, day: date) -> None:
    written = written_date(text, country, lang)
    assert written is not None
    assert written.day == day


def test_the_solar_years_of_iran_follow_each_other() -> None:
    starts = [first.day for year in range(1370, 1421) if (first := written_date(f"1 فروردین {year}", lang="fa"))]
    lasts = [last.day for year in range(1370, 1420) if (last := written_date(f"29 اسفند {year}", lang="fa"))]
    assert len(starts) == 51
    assert {(later - earlier).days for earlier, later in pairwise(starts)} == {365, 366}
    assert all(start.month == 3 and start.day in (20, 21, 22) for start in starts)
    gaps = {start - last for last, start in zip(lasts, starts[1:], strict=False)}
    assert gaps == {timedelta(days=1), timedelta(days=2)}


@given(st.text(max_size=140), st.sampled_from(["", "en", "fa", "xx", "zh-TW"]), st.sampled_from(["", "US", "IR"]))
@example("\U0001ccf0 May \U0001ccf1:20", "en", "")  # digits of Unicode 16
def test_any_text_is_a_date_or_none(text: str, lang: str, country: str) -> None:
    written = written_date(text, country, lang)
    assert written is None or 1900 <= written.day.year <= 2100


@given(st.integers(0, 9999), st.sampled_from("٠०০๐０"))
def test_digits_of_any_script(number: int, zero: str) -> None:
    assert plain_digits("".join(chr(ord(zero) + int(digit)) for digit in str(number))) == str(number)
