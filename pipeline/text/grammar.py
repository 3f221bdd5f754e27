"""Words and compiled forms of agency lines, read from ``pipeline/data/wire.toml`` and the tables of agencies."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from pipeline.model import Span, SpanKind, VersionKind
from pipeline.text import agencies as naming
from pipeline.text import datelines
from pipeline.text.agencies import Agencies
from pipeline.text.datelines import Datelines
from pipeline.text.phrases import LineForms, Openings, Phrases

Position = Literal["first", "middle", "last"]
# In the order of the fields of Words.
WORD_TABLES = ("roles", "sources", "derived", "fillers", "agencies", "not_initials", "pictures")


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """Tables of ``wire.toml``, in small letters: what credit lines, bylines and disclaimers are made of."""

    byline_lead: re.Pattern[str]
    roles: frozenset[str]
    sources: frozenset[str]
    derived: frozenset[str]
    fillers: frozenset[str]
    unnamed: frozenset[str]
    not_initials: frozenset[str]
    pictures: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class Disclaimers:
    """Phrases that make a disclaimer alone, and those that do so together."""

    rights: Phrases
    this_text: Openings
    the_text: Openings
    feeds: re.Pattern[str]
    from_agency: re.Pattern[str]
    untouched: re.Pattern[str]
    passed: re.Pattern[str]
    patterns: LineForms


@dataclass(frozen=True, slots=True, eq=False)
class Grammar:
    """Names, words and compiled forms."""

    agencies: Agencies
    datelines: Datelines
    words: Words
    disclaimers: Disclaimers
    updates: tuple[tuple[VersionKind, re.Pattern[str], re.Pattern[str]], ...]
    endmarks: LineForms


def load_grammar(extra: Sequence[str] = ()) -> Grammar:
    """Return the grammar with the agencies of ``extra`` files added.

    Raises ConfigError for a file that is absent or no TOML, UnknownAgency for one that repeats a name.
    """
    return _load(tuple(extra))


@cache
def _load(extra: tuple[str, ...]) -> Grammar:
    forms = tomllib.loads((files("pipeline") / "data" / "wire.toml").read_text(encoding="utf-8"))
    agencies = naming.load_agencies(extra)
    return Grammar(
        agencies=agencies,
        datelines=datelines.compile_datelines(forms, agencies),
        words=_words(forms),
        disclaimers=_disclaimers(forms),
        updates=tuple(
            (VersionKind(row["kind"]), re.compile(row["opens"]), re.compile(row["anywhere"])) for row in forms["update"]
        ),
        endmarks=LineForms(forms["endmarks"]),
    )


def _words(forms: dict[str, Any]) -> Words:
    leads = "|".join(sorted(map(re.escape, forms["by"]), key=len, reverse=True))
    return Words(
        re.compile(rf"^\^?[*—–-]?\s?(?:{leads})(?:\s?[:：]\s?|\s+)(?P<rest>\S.*)$", re.IGNORECASE),
        *(frozenset(map(str.casefold, forms[table])) for table in WORD_TABLES),
    )


def _disclaimers(forms: dict[str, Any]) -> Disclaimers:
    def any_of(name: str) -> re.Pattern[str]:
        return re.compile("|".join(map(re.escape, forms[name])))

    return Disclaimers(
        rights=Phrases(forms["rights"]),
        this_text=Openings(forms["this_text"]),
        the_text=Openings(forms["the_text"]),
        feeds=any_of("feeds"),
        from_agency=any_of("from_agency"),
        untouched=any_of("untouched"),
        passed=any_of("passed"),
        patterns=LineForms(forms["disclaimers"]),
    )


def agencies_in(text: str, grammar: Grammar) -> tuple[str, ...]:
    """Return the ids of the agencies that ``text`` names, in order."""
    return naming.agencies_in(text, grammar.agencies)


def plain_agencies_in(text: str, grammar: Grammar) -> tuple[str, ...]:
    """Return the same by names that mean nothing else."""
    return naming.plain_agencies_in(text, grammar.agencies)


def whole_span(kind: SpanKind, text: str, rule: str, agencies: Iterable[str] = ()) -> Span:
    """Return a span that takes the whole line, its agencies each once."""
    return Span(kind, text, rule, 0, 0, True, tuple(dict.fromkeys(agencies)))
