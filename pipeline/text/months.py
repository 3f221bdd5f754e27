"""Months by their names, in the languages of CLDR, and digits of any script."""

from __future__ import annotations

import tomllib
import unicodedata
from collections import Counter
from functools import cache
from importlib.resources import files
from typing import Any

import regex

# Languages whose months are read where the page's own language is not known: those that news is published in.
LANGUAGES = (
    "af", "am", "ar", "as", "az", "be", "bg", "bn", "bs", "ca", "cs", "cy", "da", "de", "el", "en", "es", "et", "eu",
    "fa", "fi", "fil", "fo", "fr", "ga", "gl", "gu", "he", "hi", "hr", "hu", "hy", "id", "is", "it", "ja", "ka",
    "kk", "km", "kn", "ko", "ky", "lb", "lo", "lt", "lv", "mk", "ml", "mn", "mr", "ms", "my", "nb", "ne", "nl", "nn",
    "or", "pa", "pl", "ps", "pt", "ro", "ru", "si", "sk", "sl", "so", "sq", "sr", "sr_Latn", "sv", "sw", "ta", "te",
    "tg", "th", "tk", "tr", "uk", "ur", "uz", "vi", "zu", "ckb", "ku", "mt",
)  # fmt: skip
MONTH_NAMES = ("wide", "abbreviated")
# Short names that feeds write and CLDR no longer has: German, Finnish.
SHORT_NAMES = {
    "mrz": 3, "tam": 1, "hel": 2, "maa": 3, "huh": 4, "tou": 5, "kes": 6, "hei": 7, "syy": 9, "lok": 10, "jou": 12,
}  # fmt: skip
SOLAR_MONTHS = (
    ("فروردین", "حمل"), ("اردیبهشت", "ثور"), ("خرداد", "جوزا"), ("تیر", "سرطان"), ("مرداد", "امرداد", "اسد"),
    ("شهریور", "سنبله"), ("مهر", "میزان"), ("آبان", "عقرب"), ("آذر", "قوس"), ("دی", "جدی"), ("بهمن", "دلو"),
    ("اسفند", "حوت"),
)  # fmt: skip
SOLAR_LANGUAGES = frozenset(("fa", "ps", "mzn", "lrc", "ckb"))
LETTER = regex.compile(r"[\p{L}\p{M}]")
UNSEEN = regex.compile(r"[\u200b-\u200f\u202a-\u202e\u2066-\u2069\u061c\xad]")


@cache
def month_numbers() -> dict[str, int]:
    """Months by their names in many languages, less the names that mean another month in another language."""
    forms = tomllib.loads((files("pipeline") / "data" / "wire.toml").read_text(encoding="utf-8"))["months"]
    uses = Counter(name for names in forms for name in set(names))
    return {name: number for number, names in enumerate(forms, 1) for name in names if uses[name] == 1}


def plain_digits(text: str) -> str:
    """Return the text in NFKC with plain digits, no marks of direction, and single blanks."""
    normal = unicodedata.normalize("NFKC", text)
    digits = "".join(
        str(unicodedata.decimal(character)) if character.isdecimal() else character for character in normal
    )
    return " ".join(UNSEEN.sub("", digits).split())


def find_months(text: str, lang: str = "") -> list[tuple[int, int, int, bool]]:
    """Return where months' names stand in the text, their numbers, and whether the calendar is the sun's of Iran.

    The names of ``lang`` (BCP 47) come first, then those that mean one month wherever news is published.
    """
    folded = text.casefold()
    if lang and (places := _places(folded, language_months(lang.partition("-")[0].partition("_")[0]))):
        return places
    common = _places(folded, {name: (number, False) for name, number in month_numbers().items()})
    return common or (_places(folded, all_months()) if LETTER.search(folded) else [])


def _places(text: str, names: dict[str, tuple[int, bool]]) -> list[tuple[int, int, int, bool]]:
    matches = _pattern(tuple(names)).finditer(text) if names else ()
    return [(match.start(), match.end(), *names[match[0]]) for match in matches]


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
    names = {name: (number, False) for name, number in _cldr_months(lang)}
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


def _locale(lang: str) -> Any:
    """Return CLDR's data of a language; None where it has none."""
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(lang.replace("-", "_")) if lang else None
    except (UnknownLocaleError, ValueError, TypeError):
        return None


@cache
def half_days(lang: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what a language writes for a.m. and for p.m., in small letters; nothing for one that writes 24 hours."""
    locale = _locale(lang[:2])
    names = locale.day_periods["format"] if locale else {}
    halves = [{period: plain_digits(name).casefold() for period, name in names[width].items()} for width in names]
    full = [half for half in halves if half.get("am") != half.get("pm") and len(half.get("am", "")) > 1]
    return tuple(half["am"] for half in full), tuple(half["pm"] for half in full if "pm" in half)


def _cldr_months(lang: str) -> list[tuple[str, int]]:
    """Return the names of CLDR for a language, with and without dots; a Latin letter or figures are no name."""
    locale = _locale(lang)
    months = locale.months if locale else {}
    pairs = [
        (plain_digits(name).casefold(), number)
        for context in months
        for width in MONTH_NAMES
        for number, name in months[context][width].items()
    ]
    spellings = [(spelling, number) for name, number in pairs for spelling in _spellings(name, lang)]
    return [
        (name, number)
        for name, number in spellings
        if (len(name) > 1 or not name.isascii()) and not any(map(str.isdecimal, name))
    ]


def _spellings(name: str, lang: str) -> tuple[str, ...]:
    """Return a name as texts have it: with and without the dot, in Hebrew with the "in" before it."""
    plain = (name, name.rstrip("."), name.replace(".", ""))
    return (*plain, *(f"ב{spelling}" for spelling in plain)) if lang[:2] == "he" else plain
