"""Months by their names, in the languages of CLDR, and digits of any script."""

from __future__ import annotations

import tomllib
import unicodedata
from collections import Counter
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import regex

from pipeline.text.cldr import cldr_locales, country_languages

# Languages whose months are read where the page's own language is not known: those that news is published in.
LANGUAGES = (
    "af", "am", "ar", "as", "az", "be", "bg", "bn", "bs", "ca", "cs", "cy", "da", "de", "el", "en", "es", "et", "eu",
    "fa", "fi", "fil", "fo", "fr", "ga", "gl", "gu", "he", "hi", "hr", "hu", "hy", "id", "is", "it", "ja", "ka",
    "kk", "km", "kn", "ko", "ky", "lb", "lo", "lt", "lv", "mk", "ml", "mn", "mr", "ms", "my", "nb", "ne", "nl", "nn",
    "or", "pa", "pl", "ps", "pt", "ro", "ru", "si", "sk", "sl", "so", "sq", "sr", "sr_Latn", "sv", "sw", "ta", "te",
    "tg", "th", "tk", "tr", "uk", "ur", "uz", "vi", "zu", "ckb", "ku", "mt", "sd", "ug", "yi", "ha", "ig", "yo", "rw",
    "om", "ti", "br", "gd", "oc", "rm", "to", "fy", "fr_CA", "de_AT", "es_MX", "en_AU", "ar_IQ", "ar_MA", "ar_DZ",
    "ar_TN", "pt_PT", "ro_MD", "uz_Cyrl", "az_Cyrl", "bs_Cyrl", "zh",
)  # fmt: skip
MONTH_NAMES = ("wide", "abbreviated")
# Short names that feeds write and CLDR no longer has: German, Finnish.
SHORT_NAMES = {
    "mrz": 3, "tam": 1, "hel": 2, "maa": 3, "huh": 4, "tou": 5, "kes": 6, "hei": 7, "syy": 9, "lok": 10, "jou": 12,
}  # fmt: skip
# What means one month in Croatian and the next in Czech, Polish or Slovenian: only a language or a country tells.
AMBIGUOUS = frozenset(("srp", "lip", "lis", "listopad", "listopada"))
SOLAR_MONTHS = (
    ("فروردین", "حمل"), ("اردیبهشت", "ثور"), ("خرداد", "جوزا"), ("تیر", "سرطان"), ("مرداد", "امرداد", "اسد"),
    ("شهریور", "سنبله"), ("مهر", "میزان"), ("آبان", "عقرب"), ("آذر", "قوس"), ("دی", "جدی"), ("بهمن", "دلو"),
    ("اسفند", "حوت"),
)  # fmt: skip
SOLAR_LANGUAGES = frozenset(("fa", "ps", "mzn", "lrc", "ckb"))
LETTER = regex.compile(r"[\p{L}\p{M}]")
# A pattern's month and the letters right behind it, quoted or not.
MONTH_ENDING = regex.compile(r"M{3,4}((?:'[^'\s]+')|[^\W\d_a-zA-Z]+)")
UNSEEN = regex.compile(r"[\u200b-\u200f\u202a-\u202e\u2066-\u2069\u061c\xad]")


@cache
def month_numbers() -> dict[str, int]:
    """Months by their names in many languages, less the names that mean another month in another language."""
    forms = tomllib.loads((files("pipeline") / "data" / "wire.toml").read_text(encoding="utf-8"))["months"]
    uses = Counter(name for names in forms for name in set(names))
    return {
        name: number
        for number, names in enumerate(forms, 1)
        for name in names
        if uses[name] == 1 and name not in AMBIGUOUS
    }


def plain_digits(text: str) -> str:
    """Return the text in NFKC with plain digits, no marks of direction, and single blanks."""
    normal = unicodedata.normalize("NFKC", text)
    digits = "".join(
        str(unicodedata.decimal(character)) if character.isdecimal() else character for character in normal
    )
    return " ".join(UNSEEN.sub("", digits).split())


class MonthPlace(NamedTuple):
    """Where a month's name stands in a text, its number, and whether the calendar is the sun's of Iran."""

    start: int
    end: int
    month: int
    solar: bool


def find_months(text: str, lang: str = "", country: str = "") -> list[MonthPlace]:
    """Return the months whose names stand in the text.

    The names of ``lang`` (BCP 47) come first, then those of the languages of ``country`` (ISO 3166), then those that
    mean one month wherever news is published.
    """
    folded = text.casefold()
    for spoken in (lang, *country_languages(country)):
        if spoken and (places := _places(folded, language_months(spoken))):
            return places
    common = _places(folded, _common_months())
    return common or (_places(folded, all_months()) if LETTER.search(folded) else [])


@cache
def _common_months() -> dict[str, tuple[int, bool]]:
    return {name: (number, False) for name, number in month_numbers().items()}


def _places(text: str, names: dict[str, tuple[int, bool]]) -> list[MonthPlace]:
    matches = _pattern(tuple(names)).finditer(text) if names else ()
    return [MonthPlace(match.start(), match.end(), *names[match[0]]) for match in matches]


@cache
def _pattern(names: tuple[str, ...]) -> regex.Pattern[str]:
    """Match any of the names as a word; scripts without blanks between words have none to tell it by."""
    return regex.compile(
        r"(?<![\p{L}\p{M}--\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}])\L<names>(?![\p{L}\p{M}--\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}])",
        regex.V1,
        names=sorted(names, key=len, reverse=True),
    )


@cache
def language_months(lang: str) -> dict[str, tuple[int, bool]]:
    """Return the months' names of one language, in small letters, by what they mean; none for an unknown language."""
    names = {name: (number, False) for name, number in reversed(_cldr_months(lang))}
    if lang[:2].lower() in SOLAR_LANGUAGES:
        names |= _solar_months()
    return names


@cache
def all_months() -> dict[str, tuple[int, bool]]:
    """Return the months' names of all languages that news is published in, less those that mean several months."""
    meanings: dict[str, set[int]] = {}
    for lang in LANGUAGES:
        for name, number in _cldr_months(lang):
            if len(name) > 1:
                meanings.setdefault(name, set()).add(number)
    names = {name: (min(numbers), False) for name, numbers in meanings.items() if len(numbers) == 1}
    return _solar_months() | {name: (number, False) for name, number in SHORT_NAMES.items()} | names


def _solar_months() -> dict[str, tuple[int, bool]]:
    return {name: (number, True) for number, names in enumerate(SOLAR_MONTHS, 1) for name in names}


def _cldr_months(lang: str) -> list[tuple[str, int]]:
    """Return the names of CLDR for a language, with and without dots; a Latin letter or figures are no name."""
    pairs = [
        (f"{plain_digits(name).casefold()}{ending}", number)
        for locale in cldr_locales(lang)
        for context in locale.months
        for width in MONTH_NAMES
        for number, name in locale.months[context][width].items()
        for ending in _endings(locale)
    ]
    spellings = [(spelling, number) for name, number in pairs for spelling in _spellings(name, lang)]
    return [
        (name, number)
        for name, number in spellings
        if (len(name) > 1 or not name.isascii()) and not any(map(str.isdecimal, name))
    ]


def _endings(locale: Any) -> tuple[str, ...]:
    """Return what a language hangs on to a month's name in a date: Basque "uztaila" is "uztailaren" there."""
    patterns = (str(locale.date_formats[width].pattern) for width in ("full", "long", "medium", "short"))
    endings = (MONTH_ENDING.search(pattern) for pattern in patterns)
    return ("", *dict.fromkeys(match[1].replace("'", "").casefold() for match in endings if match))


def _spellings(name: str, lang: str) -> tuple[str, ...]:
    """Return a name as texts have it: with and without the dot, in Hebrew with the "in" before it."""
    plain = (name, name.rstrip("."), name.replace(".", ""))
    return (*plain, *(f"ב{spelling}" for spelling in plain)) if lang[:2] == "he" else plain
