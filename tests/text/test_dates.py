"""Times as feeds and pages write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib.resources import files
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.model import Basis, Precision
from pipeline.text.dates import read_moment, sane
from pipeline.text.zones import clock_zone, iana_zone

COUNTRIES = [
    row.partition("\t")[0]
    for row in (files("tzdata") / "zoneinfo" / "iso3166.tab").read_text(encoding="utf-8").splitlines()
    if not row.startswith("#")
]


@pytest.mark.parametrize(
    ("text", "country", "zone", "utc"),
    [
        ("Sun, 24 Aug 2025 08:40:00 IST", "IN", "", "03:10"),
        ("Sun, 24 Aug 2025 08:40:00 KST", "", "", "23:40"),
        ("Sun, 24 Aug 2025 08:40:00 JST", "", "", "23:40"),
        ("Sun, 24 Aug 2025 08:40:00 BST", "GB", "", "07:40"),
        ("Sun, 24 Aug 2025 08:40:00 BST", "BD", "", "02:40"),
        ("Sun, 24 Aug 2025 08:40:00 CEST", "", "", "06:40"),
        ("Sun, 24 Aug 2025 08:40:00 PKT", "", "", "03:40"),
        ("Sun, 24 Aug 2025 08:40:00 CST", "", "Asia/Shanghai", "00:40"),
        ("Sun, 26 Jan 2025 08:40:00 CST", "", "America/Chicago", "14:40"),
        ("Sun, 24 Aug 2025 08:40:00", "", "America/Chicago", "13:40"),
        ("Sun, 24 Aug 2025 08:40:00", "JP", "", "23:40"),
        ("Sun, 24 Aug 2025 08:40:00", "", "", "08:40"),
        ("Sun, 24 Aug 25 08:40:00 IST", "IN", "", "03:10"),
        ("Sun, 24 Aug 2025 08:40:00 +0530 IST", "", "", "03:10"),
        ("Sun Aug 24 2025 08:40:00 GMT+0530 (India Standard Time)", "", "", "03:10"),
        ("24 Aug 2025 08:40 GMT+3", "", "", "05:40"),
        ("24 Aug 2025 08:40 UTC-5", "", "", "13:40"),
        ("2025-08-24T08:40:00 IST", "IN", "", "03:10"),
        ("20250824T084000+0900", "", "", "23:40"),
        ("2025-08-24 08:40", "", "Asia/Kolkata", "03:10"),
        ("2025-08-24T24:00:00Z", "", "", "00:00"),
        ("Sat, 23 Aug 2025 24:00:00 GMT", "", "", "00:00"),
        ("2025-08-24T23:59:60Z", "", "", "23:59"),
        ("2025-08-24T08:40:7+02:00", "", "", "06:40"),
        ("2025-08-24T08:40:07+2:00", "", "", "06:40"),
        ("25-08-24T08:40:07+02:00", "", "", "06:40"),
        ("1756024800", "", "", "08:40"),
        ("1756024800123", "", "", "08:40"),
    ],
)
def test_a_clock_means_what_it_means_where_it_hangs(text: str, country: str, zone: str, utc: str) -> None:
    at = read_moment(text, Basis.FEED, country, zone)
    assert at is not None
    assert at.value.astimezone(UTC).strftime("%H:%M") == utc


@pytest.mark.parametrize(
    ("text", "country", "day"),
    [
        ("08/09/2025 10:00", "US", "2025-08-09"),
        ("08/09/2025 10:00", "PH", "2025-08-09"),
        ("08/09/2025 10:00", "IN", "2025-09-08"),
        ("08/09/2025 10:00", "FR", "2025-09-08"),
        ("31/12/2024 10:00", "US", "2024-12-31"),
        ("12/31/2024 10:00", "FR", "2024-12-31"),
        ("08.09.2025 10:00", "", "2025-09-08"),
        ("08-09-2025", "DE", "2025-09-08"),
        ("2025/09/08 10:00", "IN", "2025-09-08"),
        ("2025.09.08", "KR", "2025-09-08"),
    ],
)
def test_days_and_months_stand_as_the_country_writes_them(text: str, country: str, day: str) -> None:
    at = read_moment(text, Basis.FEED, country)
    assert at is not None
    assert at.value.date().isoformat() == day


def test_a_day_in_figures_that_nothing_tells_the_order_of_is_absent() -> None:
    assert read_moment("08/09/2025 10:00", Basis.FEED) is None
    assert read_moment("08/09/2025 10:00", Basis.FEED, lang="en") is None
    for lang, month in (("en-us", 8), ("en-GB", 9), ("fr", 9)):
        at = read_moment("08/09/2025 10:00", Basis.FEED, lang=lang)
        assert at is not None
        assert at.value.month == month


@pytest.mark.parametrize("country", COUNTRIES)
def test_every_country_has_a_zone_for_clocks_without(country: str) -> None:
    assert country in ("AQ", "BV", "HM") or isinstance(clock_zone(country), ZoneInfo)


@pytest.mark.parametrize("text", ["", "soon", "2025", "99/99/2025 10:00", "0000-00-00T00:00:00Z", "x" * 81, "\x00"])
def test_what_is_no_time_is_none(text: str) -> None:
    at = read_moment(text, Basis.FEED)
    assert at is None or text == "2025"


def test_what_cannot_be_is_left_out() -> None:
    now = datetime(2025, 8, 24, tzinfo=UTC)
    for text, is_sane in (("1970-01-01T00:00:00Z", False), ("2031-01-01", False), ("2025-08-24T20:00:00Z", True)):
        assert (sane(read_moment(text, Basis.FEED), now) is not None) is is_sane


@example(datetime(2000, 1, 1, 0, 24), 0)  # noqa: DTZ001
@given(st.datetimes(datetime(1990, 1, 1), datetime(2099, 12, 31)), st.integers(-14 * 60, 14 * 60))  # noqa: DTZ001
def test_rfc_822_and_iso_say_the_same(naive: datetime, minutes: int) -> None:
    sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    written = naive.replace(microsecond=0)
    iso = read_moment(f"{written:%Y-%m-%dT%H:%M:%S}{sign}{hours:02d}:{rest:02d}", Basis.FEED)
    rfc = read_moment(f"{written:%a, %d %b %Y %H:%M:%S} {sign}{hours:02d}{rest:02d}", Basis.FEED)
    assert iso is not None
    assert rfc is not None
    assert iso.value == rfc.value
    assert (iso.precision, iso.value.utcoffset()) == (Precision.SECOND, timedelta(minutes=minutes))


@given(st.text(max_size=40), st.sampled_from(["", "IN", "US"]), st.sampled_from(["", "Asia/Kolkata", "no/zone"]))
def test_any_text_is_a_time_or_none(text: str, country: str, zone: str) -> None:
    at = read_moment(text, Basis.FEED, country, zone)
    assert at is None or at.value.tzinfo is not None


def test_a_zone_of_hostile_length_is_none() -> None:
    assert iana_zone("a/" * 10_000) is None
