"""What changed between two versions of a text, word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from pipeline.model import Version

# Scripts written without blanks, a character at a time.
UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
# A word with the blanks behind it, or the end of a paragraph.
WORD = re.compile(rf"[{UNSPACED}]|\n|[^\s{UNSPACED}]+[^\S\n]*|[^\S\n]+")
# Comparing costs the square of this.
MOST_WORDS = 6000

Mark = Literal["ins", "del", ""]


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words: new (``ins``), gone (``del``), or in both versions."""

    text: str
    mark: Mark = ""


def version_diff(version: Version, older: Version | None) -> list[list[Piece]]:
    """Return title and paragraphs of ``version`` in pieces, with what ``older`` had beside.

    Nothing is marked without an older one, and in texts of more than MOST_WORDS words.
    """
    return text_diff((version.title, *version.body), (older.title, *older.body) if older else None)


def text_diff(lines: Sequence[str], older: Sequence[str] | None) -> list[list[Piece]]:
    """Return lines in pieces, as :func:`version_diff` does a version's title and paragraphs."""
    words = _words(lines)
    before = _words(older) if older else words
    if max(len(words), len(before)) > MOST_WORDS:
        before = words
    paragraphs = [list[Piece]()]
    for piece in _pieces(before, words):
        head, *rest = piece.text.split("\n")
        paragraphs[-1] += [Piece(head, piece.mark)] if head else []
        paragraphs += [[Piece(text, piece.mark)] if text else [] for text in rest]
    return [paragraph for paragraph in paragraphs if paragraph]


def _words(lines: Sequence[str]) -> list[str]:
    return WORD.findall("\n".join(lines))


def _pieces(before: Sequence[str], after: Sequence[str]) -> Iterator[Piece]:
    for act, from_old, to_old, from_new, to_new in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if act == "equal":
            yield Piece("".join(after[from_new:to_new]))
        else:
            yield Piece("".join(before[from_old:to_old]), "del")
            yield Piece("".join(after[from_new:to_new]), "ins")
