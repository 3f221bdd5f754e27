"""Lines that invite to another story: a label such as "Read also", a mark, a headline. Form decides."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

# The share of a headline's characters that are a link, from which the headline is one.
LINK = 0.9
# Words of a headline in capitals: fewer are a name or a term.
WORDS_LEAST = 4
MARK = re.compile(r"[\W_]{0,3}[:：|｜│¦»›>→⇒➔➡►▶▸←◄«‹–—][\W_]*|\s*-[\W_]+")
STATEMENT_END = re.compile(r"[.。।॥۔։።][\"”’»)\]]*\s*$")


@dataclass(frozen=True, slots=True)
class Labels:
    """Compiled labels of ``invitations.toml``: phrases say by themselves that they invite, words with a sign beside
    them."""

    phrases: re.Pattern[str]
    words: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Invitation:
    """The parts of a line that begins with a label: whether the label is a ``phrase``, whether a mark follows, and the
    headline ("" for none)."""

    label: str
    phrase: bool
    marked: bool
    headline: str


@cache
def load_labels() -> Labels:
    """The labels of all languages, compiled once."""
    table = tomllib.loads((files("pipeline") / "data" / "invitations.toml").read_text(encoding="utf-8"))
    phrases, words = (_pattern(label for labels in table[name].values() for label in labels) for name in table)
    return Labels(phrases, words)


def _pattern(labels: Iterable[str]) -> re.Pattern[str]:
    """The longest label counts; each kind of apostrophe spells the same."""
    names = sorted({unicodedata.normalize("NFC", label) for label in labels}, key=len, reverse=True)
    forms = (re.sub("['’]", "['’‘ʻʼ]", re.escape(name)) for name in names)
    return re.compile(rf"[\W_]{{0,6}}(?P<label>{'|'.join(forms)})(?!\w)", re.IGNORECASE)


def is_invitation(text: str, linked: float, *, news: bool) -> bool:
    """Whether the line invites to another story. ``linked`` is the share of it that is a link to another page.

    On a page that is not known to be ``news`` a phrase, a mark and a link must say so: without one of them such lines
    are text there as often as not.
    """
    line = split_invitation(text)
    if line is None or not (line.headline or line.phrase):
        return news and linked >= LINK and _is_set_in_capitals(text)
    is_link = bool(line.headline) and linked * len(text) >= LINK * len(line.headline)
    if not news:
        return line.phrase and line.marked and is_link
    if line.phrase:
        return is_link or _is_headline(line, text)
    return line.marked and (is_link or (line.label.isupper() and not _states(text)))


def opens_links(text: str) -> bool:
    """Whether the line is a label alone, which invites to what follows it if that is links."""
    line = split_invitation(text)
    return line is not None and line.phrase and not line.headline


def split_invitation(text: str) -> Invitation | None:
    """The parts of a line that begins with a label; None for any other."""
    labels = load_labels()
    phrase = labels.phrases.match(text)
    label = phrase or labels.words.match(text)
    if label is None:
        return None
    mark = MARK.match(text, label.end())
    return Invitation(label["label"], phrase is not None, mark is not None, text[(mark or label).end() :].strip())


def _is_headline(line: Invitation, text: str) -> bool:
    """Whether what follows a phrase goes on as no sentence. A mark with nothing behind it opens a list of the text."""
    if not line.headline:
        return not line.marked
    return not _states(text) and (line.marked or _begins_anew(line.headline))


def _is_set_in_capitals(text: str) -> bool:
    """A link that capitals alone set apart from the text is a headline (15 of 15 on fundus_eval_2, 9 of 9 on
    scrapinghub)."""
    return text.isupper() and len(text.split()) >= WORDS_LEAST


def _begins_anew(headline: str) -> bool:
    return next((letter.isupper() for letter in headline if letter.isalpha()), False)


def _states(text: str) -> bool:
    return STATEMENT_END.search(text) is not None
