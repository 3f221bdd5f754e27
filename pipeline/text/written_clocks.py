"""Clocks as they are written for readers: before or after the day, with the words of many languages around them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import regex

from pipeline.text.cldr import cldr_locales
from pipeline.text.months import LANGUAGES, plain_digits

LETTER = r"[\p{L}\p{M}]"
# Before another word with a capital "Am" is a word itself: of an Irish zone's name, of a German day.
MORNING = "|".join((
    r"(?-i:a\.?\s?m|A\.?\s?M|A\.?m(?!\s+\p{{Lu}}\p{{Ll}}))|上午|午前|午夜|凌晨|早上|清晨|오전|새벽|π\.?\s?μ|ص|صباحا|صباحًا|ق\.?\s?ظ|पूर्वाह्न|पूर्वान्ह|sáng|SA|г\.х",
    r"ö\.ö|öö|de\s+la\s+mañana|de\s+la\s+madrugada|da\s+manhã|du\s+matin|утра|ранку",
))  # fmt: skip
EVENING = "|".join((
    r"(?-i:p\.?\s?m|P\.?\s?M|P\.?m(?!\s+\p{{Lu}}\p{{Ll}}))|下午|午後|晚上|中午|傍晚|오후|저녁|밤|μ\.?\s?μ|م|مساء|مساءً|ب\.?\s?ظ|अपराह्न|शाम|chiều|tối|CH",
    r"ö\.s|ös|de\s+la\s+tarde|de\s+la\s+noche|da\s+tarde|da\s+noite|du\s+soir|вечера|вечора|дня",
))  # fmt: skip
# What MORNING and EVENING have, with their case: no name to look for in the words around.
LATIN = ("am", "pm")
HALF = rf"(?:(?P<am{{0}}>{MORNING})|(?P<pm{{0}}>{EVENING}))\.?"
SPOKEN_CLOCK = (
    r"kl|klo|klokka|klockan|kello|um|ob|at|à|às|as|las|alle|ore|godz|ok|в|о|у|στις|saat|pukul|jam|lúc|เวลา|पर|सुबह"
)
HOUR_WORD, MINUTE_WORD, SECOND_WORD = (
    r"[時时點点시]|นาฬิกา|ໂມງ",
    r"[分분]|นาที|ນາທີ|min\.?|мин\.?",
    r"[초秒]|วินาที|ວິນາທີ|s\b",
)
CLOCK = regex.compile(
    rf"""
    (?<![0-9.,/:-])
    (?:(?<!{LETTER}){HALF.format(1)}\s*)?
    (?P<hour>[0-9]{{1,2}})
    (?:
        \s?(?:[:：∶]|[hHu](?=\s?[0-9][0-9])|(?:{HOUR_WORD})\s?)\s?(?P<minute>[0-9]{{2}})(?![0-9])
        (?:(?:[:：]|\s?(?:{MINUTE_WORD})\s?)(?P<second>[0-9]{{2}}|[0-9](?=\s?(?:{SECOND_WORD})))(?![0-9]))?
      | \s?(?:{HOUR_WORD})\s?(?P<short_minute>[0-9])(?=\s?(?:{MINUTE_WORD}))
        (?:\s?(?:{MINUTE_WORD})\s?(?P<short_second>[0-9]{{1,2}})(?=\s?(?:{SECOND_WORD})))?
      | (?P<dot>\.)(?P<dot_minute>[0-9]{{2}})(?:\.(?P<dot_second>[0-9]{{2}}))?(?![0-9.])
      | (?P<bare>\s?(?:[hH](?![\p{{L}}])|Uhr\b|(?:{HOUR_WORD})(?!\p{{L}})|(?=\s?[ap]\.?m\b)))
    )
    (?:[.,][0-9]+)?\s?(?:{MINUTE_WORD}|{SECOND_WORD})?
    (?:\s*{HALF.format(2)}(?!{LETTER}))?
    """,
    regex.X | regex.I,
)
DOTTED_BEFORE = regex.compile(rf"(?:{SPOKEN_CLOCK})\.?\s*$", regex.I)
DOTTED_AFTER = regex.compile(r"\s*(?:Uhr|WIB|WITA|WIT|h\b|น\.|[ap]\.?m\b|hrs?\b|IST\b)", regex.I)
YEAR = regex.compile(r"(?<![0-9])(?:19|2[0-6])[0-9][0-9](?![0-9])")
# A whole day in figures: what figures around a dot stand beside it are a clock.
DAY_IN_FIGURES = regex.compile(
    r"(?<![0-9])(?:[0-9]{4}([-/.])\s?[0-9]{1,2}\s?\1\s?[0-9]{1,2}|[0-9]{1,2}([-/.])\s?[0-9]{1,2}\s?\2\s?(?:[0-9]{4}|[0-9]{2}))(?![0-9])"
)
# The word at either side of a clock, in which a language may say which half of the day is meant.
WORD_BEHIND = regex.compile(rf"[\s,]*({LETTER}[^0-9,;()]{{0,24}})")
WORD_BEFORE = regex.compile(rf"({LETTER}[^0-9,;()]{{0,24}})[\s,]*$")
HOURS = range(1, 13)
NOON = 12 * 3600


class WrittenClock(NamedTuple):
    """Where a clock stands in a text (from ``start`` to before ``end``), and what it says."""

    start: int
    end: int
    hour: int
    minute: int
    second: int | None


def find_clock(text: str, lang: str = "") -> WrittenClock | None:
    """Return the first clock of a text in plain digits; None without one. Hour 24 is midnight's.

    ``lang`` (BCP 47) says what words for the halves of the day mean, before all other languages.
    """
    clocks = (_clock(match, text, lang) for match in CLOCK.finditer(text) if _is_clock(match, text))
    return next((clock for clock in clocks if clock), None)


def _clock(match: regex.Match[str], text: str, lang: str) -> WrittenClock | None:
    hour = int(match["hour"])
    minute = int(match["minute"] or match["short_minute"] or match["dot_minute"] or 0)
    seconds = match["second"] or match["dot_second"] or match["short_second"]
    half = _half(match) or (_named_half(match, text, lang) if hour in HOURS else "")
    hour = hour + 12 if half == "pm" and hour < 12 else 0 if half == "am" and hour == 12 else hour
    if hour > 24 or (hour == 24 and minute) or minute > 59 or int(seconds or 0) > 60:
        return None
    return WrittenClock(match.start(), match.end(), hour, minute, min(int(seconds), 59) if seconds else None)


def _is_clock(match: regex.Match[str], text: str) -> bool:
    """Return whether what looks like a clock is one: figures around a dot may be a day, figures alone anything."""
    has_half = bool(_half(match))
    if match["bare"] == "":
        return has_half
    return has_half or not match["dot"] or _is_dotted_clock(text, match)


def _is_dotted_clock(text: str, match: regex.Match[str]) -> bool:
    """Whether figures around a dot are a clock and no day and month: a word before or after them says so."""
    return bool(
        DOTTED_BEFORE.search(text[: match.start()])
        or DOTTED_AFTER.match(text, match.end())
        or (match["dot_second"] and YEAR.search(text))
        or DAY_IN_FIGURES.search(f"{text[: match.start()]} ; {text[match.end() :]}")
    )


def _half(match: regex.Match[str]) -> str:
    if match["pm1"] or match["pm2"]:
        return "pm"
    return "am" if match["am1"] or match["am2"] else ""


def _named_half(match: regex.Match[str], text: str, lang: str) -> str:
    """Return the half of the day that a word beside the clock names, in ``lang`` or in any language."""
    behind, before = WORD_BEHIND.match(text, match.end()), WORD_BEFORE.search(text[: match.start()])
    words = [word[1].casefold() for word in (behind, before) if word]
    if not words or all(word.strip(" .") in ("utc", "gmt", "z", "uhr", "h", "hrs") for word in words):
        return ""
    names = (half_days(lang), all_half_days()) if lang else (all_half_days(),)
    halves = (
        half
        for table in names
        for name, half in table
        if (behind and _begins(behind[1].casefold(), name)) or (before and _ends(before[1].casefold(), name))
    )
    return next(halves, "")


def _begins(text: str, name: str) -> bool:
    return text.startswith(name) and not text[len(name) : len(name) + 1].isalpha()


def _ends(text: str, name: str) -> bool:
    text = text.rstrip()
    return text.endswith(name) and not text[: -len(name)][-1:].isalpha()


@cache
def half_days(lang: str) -> tuple[tuple[str, str], ...]:
    """Return what a language calls the halves of the day and the parts that lie in one of them: (name, "am" or "pm").

    In small letters, the longest first; nothing for one that writes 24 hours.
    """
    pairs = {pair for locale in cldr_locales(lang) for pair in _half_names(locale)}
    meanings = {name: {half for spelling, half in pairs if spelling == name} for name, _ in pairs}
    clear = [(name, half) for name, half in pairs if len(meanings[name]) == 1]
    return tuple(sorted(clear, key=lambda pair: (-len(pair[0]), pair)))


@cache
def all_half_days() -> tuple[tuple[str, str], ...]:
    """Return the same of all languages that news is published in, less the names that mean both halves or are short.

    One letter and its full stop ("d.") is short: elsewhere it stands for the day, the year or the month.
    """
    pairs = {pair for lang in LANGUAGES for pair in half_days(lang)}
    twice = {name for name, half in pairs if (name, "am" if half == "pm" else "pm") in pairs}
    clear = [(name, half) for name, half in pairs if name not in twice and len(name.rstrip(".")) > 1]
    return tuple(sorted(clear, key=lambda pair: (-len(pair[0]), pair)))


def _half_names(locale: Any) -> Iterator[tuple[str, str]]:
    for widths in (locale.day_periods.get(context, {}) for context in ("format", "stand-alone")):
        for names in (widths[width] for width in widths):
            for period in names:
                half = period if period in ("am", "pm") else _rule_half(locale, period)
                name = plain_digits(names[period]).casefold().strip()
                if half and name not in LATIN and (len(name) > 1 or not name.isascii()):
                    yield name, half


def _rule_half(locale: Any, period: str) -> str:
    """Return the half of the day that a part of it ("morning1") lies in; "" for one that lies in both."""
    rules = [rule for table in locale.day_period_rules.values() for rule in table.get(period, ())]
    spans = [(rule["from"], rule["before"]) for rule in rules if "from" in rule and "before" in rule]
    if spans and all(start < end <= NOON for start, end in spans):
        return "am"
    return "pm" if spans and all(NOON <= start < end for start, end in spans) else ""
