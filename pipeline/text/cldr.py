"""What the Unicode CLDR says of a language and of a country; the one import of babel."""

from __future__ import annotations

import re
from functools import cache
from typing import Any


@cache
def cldr_locales(lang: str) -> tuple[Any, ...]:
    """Return babel's locales of a language (BCP 47): that of the region it names, then the language's own."""
    from babel import Locale, UnknownLocaleError

    parts = lang.replace("-", "_").split("_")
    names = (
        "_".join((parts[0].lower(), *(part.title() if len(part) == 4 else part.upper() for part in parts[1:3]))),
        parts[0].lower(),
    )
    locales = []
    for name in dict.fromkeys(names):
        try:
            locales.append(Locale.parse(name))
        except (UnknownLocaleError, ValueError, TypeError):
            continue
    return tuple(locales)


@cache
def country_languages(country: str) -> tuple[str, ...]:
    """Return the official languages of a country (ISO 3166), the most spoken first."""
    from babel.languages import get_official_languages

    return tuple(get_official_languages(country.upper(), regional=True, de_facto=True)) if country else ()


@cache
def figure_order(lang: str, country: str = "") -> str:
    """Return the order in which a day is written in figures: "dmy", "mdy", "ymd"; "" where nothing tells it.

    English without a country tells nothing.
    """
    language, region = lang.replace("-", "_").partition("_")[0].lower(), country or _region(lang)
    spoken = language or next(iter(country_languages(region)), "")
    if not spoken or (spoken == "en" and not region):
        return ""
    locales = cldr_locales(f"{spoken}_{region}") or cldr_locales(spoken)
    letters = re.findall("[dMy]", locales[0].date_formats["short"].pattern) if locales else []
    return "".join(dict.fromkeys(letters)).lower()


def _region(lang: str) -> str:
    return next((part.upper() for part in lang.replace("-", "_").split("_")[1:] if len(part) == 2), "")
