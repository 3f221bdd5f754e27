"""Names of news agencies: which agency a piece of text names, and what else it says.

The names are data (``pipeline/data/agencies.toml`` and files of the user's own). A weak name means something else too;
whoever asks decides whether it counts where it stands.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import regex

from pipeline.errors import ConfigError, UnknownAgency

# Scripts written without spaces: there a name begins and ends anywhere.
JOINED = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}]"
CAPITALS_LEAST = 4
# Lines whose names are remembered: each rule asks for them.
CACHED_LINES = 256
# Characters that hold an article and the first word of a name.
BEGINNING = 48
JOINED_IN = regex.compile(JOINED)
FIRST = re.compile(r"[^\W_]+")
# The same of plain English by a table, in a third of the time: blanks for all that parts words.
WORDS_ASCII = "".join(chr(code) if chr(code).isalnum() else " " for code in range(128)).encode() + b" " * 128
ARTICLE = re.compile(r"^(?:The|THE|La|L[ae]s?) ")
WORD = regex.compile(r"[^\W\d_][\w.'’]*[\w'’]|[^\W\d_]")


@dataclass(frozen=True, slots=True, eq=False)
class Agencies:
    """``id_of`` maps each spelling to an agency's id; ``plain`` are those that mean nothing else;
    ``pattern`` finds any of them; ``joined`` are those of scripts without spaces; ``by_first_word`` has the names,
    as the pattern finds them, by the word that they begin with: most texts are seen to name none at a twentieth of the
    pattern's cost."""

    id_of: dict[str, str]
    plain: frozenset[str]
    pattern: regex.Pattern[str]
    joined: tuple[str, ...]
    by_first_word: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Signature:
    """What a short piece says: the agencies, in order; whether one of the names is plain; the words beside them."""

    agencies: tuple[str, ...]
    plain: bool
    rest: tuple[str, ...]


def load_agencies(extra: Sequence[str] = ()) -> Agencies:
    """The project's agencies and those of ``extra`` files.

    Raises ConfigError for a file that is absent or no TOML, UnknownAgency for one that repeats a name.
    """
    rows = _rows((files("pipeline") / "data" / "agencies.toml").read_text(encoding="utf-8"), "agencies.toml")
    for path in extra:
        rows += _rows(_text(path), path)
    return _compile_agencies(rows)


def agencies_in(text: str, agencies: Agencies) -> tuple[str, ...]:
    """Ids of the agencies that ``text`` names, weak names and all, in order."""
    return tuple(dict.fromkeys(agencies.id_of[name] for name in _names(text, agencies)))


def plain_agencies_in(text: str, agencies: Agencies) -> tuple[str, ...]:
    """The same by names that mean nothing else."""
    return tuple(dict.fromkeys(agencies.id_of[name] for name in _names(text, agencies) if name in agencies.plain))


def signature(text: str, agencies: Agencies) -> Signature:
    """Names and the words that are left when they are taken out, in small letters."""
    names = _names(text, agencies)
    beside = agencies.pattern.sub(" ", text) if names else text
    rest = tuple(word.strip("'’.").casefold() for word in WORD.findall(beside))
    plain = any(name in agencies.plain for name in names)
    return Signature(tuple(dict.fromkeys(agencies.id_of[name] for name in names)), plain, rest)


@lru_cache(maxsize=CACHED_LINES)
def may_name(text: str, agencies: Agencies) -> bool:
    """Whether ``text`` has the letters of an agency's name; False is sure, True is not."""
    words = agencies.by_first_word.keys() & _words(text)
    if any(name in text for word in words for name in agencies.by_first_word[word]):
        return True
    return not text.isascii() and JOINED_IN.search(text) is not None


def may_begin_with_name(text: str, agencies: Agencies) -> bool:
    """Whether ``text`` begins as an agency's name does, perhaps with an article; False is sure, True is not."""
    words = FIRST.findall(text, 0, BEGINNING)[:2]
    if any(word in agencies.by_first_word for word in words):
        return True
    return not text.isascii() and JOINED_IN.match(text) is not None


def _words(text: str) -> list[str]:
    return text.encode().translate(WORDS_ASCII).decode().split() if text.isascii() else FIRST.findall(text)


@lru_cache(maxsize=CACHED_LINES)
def _names(text: str, agencies: Agencies) -> tuple[str, ...]:
    if not may_name(text, agencies):
        return ()
    return tuple(" ".join(match[0].split()) for match in agencies.pattern.finditer(text))


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(error), concerns=path, todo="correct [extract] agencies") from error


def _rows(text: str, source: str) -> list[dict[str, Any]]:
    try:
        rows = tomllib.loads(text).get("agency", [])
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"not valid TOML: {error}", concerns=source, todo="correct that line") from error
    for row in rows:
        if not row.get("id") or not (row.get("names") or row.get("weak")):
            raise UnknownAgency("an agency without id or names", concerns=source, todo="give it both")
    return list(rows)


def _compile_agencies(rows: Iterable[dict[str, Any]]) -> Agencies:
    id_of: dict[str, str] = {}
    plain: set[str] = set()
    for row in rows:
        for name in [*row.get("names", ()), *row.get("weak", ())]:
            if id_of.setdefault(name, row["id"]) != row["id"]:
                message = f"{name!r} is {id_of[name]} already"
                raise UnknownAgency(message, concerns=row["id"], todo="keep one of the two")
        plain.update(row.get("names", ()))
    for name in list(id_of):
        capitals = name.upper()
        if len(name) >= CAPITALS_LEAST and id_of.setdefault(capitals, id_of[name]) == id_of[name] and name in plain:
            plain.add(capitals)
    return Agencies(id_of, frozenset(plain), _pattern(id_of), tuple(filter(_is_joined, id_of)), _by_first_word(id_of))


def _by_first_word(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    by_word: dict[str, set[str]] = defaultdict(set)
    for name in names:
        if words := FIRST.findall(ARTICLE.sub("", name)):
            by_word[words[0]].update((name, _with_wide_blanks(name)))
    return {word: tuple(spellings) for word, spellings in by_word.items()}


def _with_wide_blanks(name: str) -> str:
    return name.replace(" ", "  ")


def _is_joined(name: str) -> bool:
    return JOINED_IN.search(name) is not None


def _pattern(names: Iterable[str]) -> regex.Pattern[str]:
    words = [name for name in names if not _is_joined(name)]
    spaced = [_with_wide_blanks(name) for name in words if " " in name]
    return regex.compile(
        r"(?<![\w&])\L<words>(?![\w&])|\L<joined>",
        words=words + spaced,
        joined=[name for name in names if _is_joined(name)] or ["\0"],
    )
