"""Lines that invite to another story: a label such as "Read also", a mark, a headline. Form decides."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

# The share of a headline's characters that are a link, from which the headline is one.
LINK = 0.9
# Words of a headline in capitals: fewer are a name or a term.
WORDS_LEAST = 4
MARK = re.compile(r"[\W_]{0,3}[:：៖|｜│¦/／\]】〕»›>→⇒➔➡►▶▸←◄«‹–—][\W_]*|\s*-[\W_]+")
# Some words more between a label and its colon: "Read more about the ferry: ...".
DISTANT_MARK = re.compile(r"[^.!?:：|｜]{1,30}[:：|｜][\W_]*")
# Letters that one word is spelt with in several ways: apostrophes, Arabic nunation, Persian and Arabic letters.
SPELLINGS = (("['’]", "['’‘ʻʼ]"), ("اً|ًا", "(?:اً|ًا|ا)"), ("[یي]", "[یي]"), ("[کك]", "[کك]"))
STATEMENT_END = re.compile(r"[.。।॥۔։።][\"”’»)\]]*\s*$")


Kind = Literal["phrases", "more", "words"]


@dataclass(frozen=True, slots=True)
class Invitation:
    """The parts of a line that begins with a label: the table of ``invitations.toml`` that has it, whether a mark
    follows, and the headline ("" for none)."""

    label: str
    kind: Kind
    marked: bool
    headline: str


@cache
def load_labels() -> dict[Kind, re.Pattern[str]]:
    """The labels of all languages by their table, compiled once."""
    tables = tomllib.loads((files("pipeline") / "data" / "invitations.toml").read_text(encoding="utf-8"))
    kinds = get_args(Kind)
    return {kind: _pattern(label for labels in tables[kind].values() for label in labels) for kind in kinds}


def _pattern(labels: Iterable[str]) -> re.Pattern[str]:
    """The longest label counts."""
    names = sorted({unicodedata.normalize("NFC", label) for label in labels}, key=len, reverse=True)
    forms = "|".join(map(re.escape, names))
    for spelling, spellings in SPELLINGS:
        forms = re.sub(spelling, spellings, forms)
    return re.compile(rf"[\W_]{{0,6}}(?P<label>{forms})(?!\w)", re.IGNORECASE)


def is_invitation(text: str, linked: float, *, news: bool) -> bool:
    """Whether the line invites to another story. ``linked`` is the share of it that is a link to another page.

    On a page that is not known to be ``news`` a phrase, a mark and a link must say so: without one of them such lines
    are text there as often as not.
    """
    line = split_invitation(text)
    if line is None or (line.kind == "words" and not line.headline):
        return news and linked >= LINK and _is_set_in_capitals(text)
    is_link = bool(line.headline) and linked * len(text) >= LINK * len(line.headline)
    if not news:
        return line.kind == "phrases" and line.marked and is_link
    if line.kind != "words":
        return is_link or _is_headline(line, text)
    return line.marked and (is_link or (line.label.isupper() and not _states(text)))


def opens_links(text: str) -> bool:
    """Whether the line is a label alone, which invites to what follows it if that is links."""
    line = split_invitation(text)
    return line is not None and line.kind != "words" and not line.headline


def split_invitation(text: str) -> Invitation | None:
    """The parts of a line that begins with a label; None for any other. A phrase that goes on counts as a word."""
    matches = [(label, kind) for kind, labels in load_labels().items() if (label := labels.match(text))]
    if not matches:
        return None
    label, kind = max(matches, key=lambda match: match[0].end())
    mark = MARK.match(text, label.end())
    distant = None if mark else DISTANT_MARK.match(text, label.end())
    headline = text[(mark or distant or label).end() :].strip()
    return Invitation(label["label"], "words" if distant and headline else kind, bool(mark or distant), headline)


def _is_headline(line: Invitation, text: str) -> bool:
    """Whether what follows a phrase goes on as no sentence. A mark with nothing behind it opens a list of the text."""
    if not line.headline:
        return not line.marked
    return not _states(text) and (line.marked or _begins_anew(line.headline))


def _is_set_in_capitals(text: str) -> bool:
    """A link that capitals alone set apart from the text is a headline (fundus_eval_2 15 of 15, the
    scrapinghub sets 8 of 8)."""
    return text.isupper() and len(text.split()) >= WORDS_LEAST


def _begins_anew(headline: str) -> bool:
    return next((letter.isupper() for letter in headline if letter.isalpha()), False)


def _states(text: str) -> bool:
    return STATEMENT_END.search(text) is not None
