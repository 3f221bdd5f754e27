"""What labels beside a title, and sentences that an agency or outlet writes on its own text, say of its version.

The words are in ``pipeline/data/notes.toml``. A label is set off by a colon, a dash or brackets; a sentence names the
text and says what was done to it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from pipeline.model import VersionKind
from pipeline.text.normalize import reading_length

# Length of a text that is a notice and no more, and of a line that is a note on its text (in Latin letters).
NOTICE_MOST, NOTE_MOST = 700, 420
# Characters from the beginning of a line within which it speaks of an earlier version.
EARLIER_WITHIN = 90
OPEN, CLOSE = r"[(\[{（【［〔<「『]", r"[)\]}）】］〕>」』]"
ORDINAL = (
    r"(?:\d{1,2}(?:st|nd|rd|th|\.|er|e|ème|de|ste|ª|º)?[\s-]?|(?:first|second|third|fourth)\s"
    r"|第\s?[\d一二三四五六]{1,2}\s?)"
)
NUMBER = r"(?:\s?(?:no\.?\s?|nr\.?\s?|n[°º]\s?)?\d{1,2}(?!\d)(?:稿|版|보)?|\s(?:one|two|three|eins|zwei|एक|दो|तीन))"
DRAFT = r"第\s?[\d一二三四五六七八九]{1,2}\s?(?:稿|版|报|報)"
SENTENCE = re.compile(r"[^.!?。！？।]+[.!?。！？।]*")
LEAD_IN = re.compile(r"^\W*(?:[\w'’]+(?:\s[\w'’]+){0,2}\s?[:：]\s*)?\W*")
LETTERS_OF_SPACED = re.compile(r"^[^\W\d_\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]")


@dataclass(frozen=True, slots=True, eq=False)
class Note:
    """The forms of one kind: a label before a title, behind it, or as a line's beginning; a verb's stem."""

    kind: VersionKind
    before: re.Pattern[str]
    behind: re.Pattern[str]
    line: re.Pattern[str]
    addressed: re.Pattern[str]
    verbs: re.Pattern[str]


@dataclass(frozen=True, slots=True, eq=False)
class Notes:
    """Compiled words of ``notes.toml``."""

    notes: tuple[Note, ...]
    texts: re.Pattern[str]
    pleas: re.Pattern[str]
    earlier: re.Pattern[str]
    phrases: re.Pattern[str]
    bills: tuple[str, ...]


def title_note(title: str, notes: Notes) -> VersionKind | None:
    """Return what a label before or behind a title says; None where there is none."""
    return next(
        (n.kind for n in notes.notes if n.before.match(title) or n.behind.search(title) or n.addressed.match(title)),
        None,
    )


def line_note(line: str, this_text: tuple[str, ...], notes: Notes) -> VersionKind | None:
    """Return what a line says of the text that it belongs to: that it is corrected or withdrawn; None for any other.

    ``this_text``: how a sentence on the text itself begins, in small letters.
    """
    if reading_length(line) > NOTE_MOST:
        return None
    low = _small(line)
    for note in notes.notes:
        says = _is_on_text(low, this_text, note.kind, notes) and note.verbs.search(low)
        if says or note.line.match(line) or note.addressed.match(line):
            return note.kind
    corrects = notes.earlier.search(low, 0, EARLIER_WITHIN) and notes.texts.search(low)
    return VersionKind.CORRECTION if corrects else None


def _is_on_text(low: str, this_text: tuple[str, ...], kind: VersionKind, notes: Notes) -> bool:
    """Whether a line speaks of its own text, behind a label such as "Editor's note:" or without one."""
    if low.strip().startswith(this_text):
        return kind is not VersionKind.WITHDRAWAL or not low.strip().startswith(notes.bills)
    lead = LEAD_IN.match(low)
    return lead is not None and low.startswith(this_text, lead.end())


def is_withdrawal_notice(
    body: Sequence[str], names_agency: Iterable[bool], this_text: tuple[str, ...], notes: Notes
) -> bool:
    """Return whether a text is short, and a sentence of it asks not to use a text or says that it is taken back.

    ``names_agency``: for each paragraph, whether it opens with an agency's name.
    """
    if sum(map(reading_length, body)) > NOTICE_MOST:
        return False
    return any(
        _withdraws(_small(sentence.strip()), by_agency, this_text, notes)
        for paragraph, by_agency in zip(body, names_agency, strict=True)
        for sentence in SENTENCE.findall(paragraph)
    )


def _withdraws(sentence: str, by_agency: bool, this_text: tuple[str, ...], notes: Notes) -> bool:
    opens = by_agency or sentence.startswith(this_text) or notes.pleas.match(sentence)
    verbs = notes.notes[0].verbs
    return bool((opens and verbs.search(sentence) and notes.texts.search(sentence)) or notes.phrases.search(sentence))


def _small(text: str) -> str:
    """Return the text in small letters, the Turkish dotted capital as a plain one."""
    return text.casefold().replace("i\u0307", "i")


@cache
def load_notes() -> Notes:
    """Return the compiled words of ``notes.toml``."""
    words = tomllib.loads((files("pipeline") / "data" / "notes.toml").read_text(encoding="utf-8"))
    addresses = _either(words["editors"]), _either(words["attention"])
    return Notes(
        notes=tuple(_note(row, *addresses) for row in words["note"]),
        texts=_stems(words["texts"]),
        pleas=re.compile(rf"\W*(?:{_either(words['pleas'])})"),
        earlier=_stems(words["earlier"]),
        phrases=_stems(words["phrases"]),
        bills=tuple(words["bills"]),
    )


def _note(row: dict[str, Any], editors: str, attention: str) -> Note:
    kind = VersionKind(row["kind"])
    labels, capitals = _either(row["labels"]), _either(_capitals(row["capitals"]))
    word = _either([*row["labels"], *row["capitals"]])
    upper = _either([*_capitals(row["labels"]), *_capitals(row["capitals"])])
    numbered = rf"(?i:{ORDINAL}(?:{word})|(?:{word}){NUMBER})" + (f"|{DRAFT}" if kind is VersionKind.UPDATE else "")
    label = rf"(?:{numbered}|(?i:{labels})|{capitals})(?:\s?{NUMBER})?"
    inside = label if kind is VersionKind.WITHDRAWAL else rf"(?:{label}|(?i:{word}))(?:[\s:：,].{{0,60}}?)?"
    closed = rf"{OPEN}{{1,2}}\s*{inside}\s*{CLOSE}"
    return Note(
        kind,
        before=re.compile(rf"^\s*(?:{closed}|\W{{0,3}}{label}(?:\s?[:：]|\s?[–—]|(?<=[\u3040-\ud7af])\s|\s-{{1,2}}\s|\W{{0,3}}$))"),
        behind=re.compile(rf"(?:{closed}|(?:\s[-–—|]{{1,2}}\s*|[,;:]\s*|(?<=\w)-|^[A-Z]{{2}}-\S+\s)(?:{upper})(?:\s?\d)?)\W?$"),
        line=re.compile(rf"^\W{{0,3}}{label}(?:\s?[:：]|\W{{0,3}}$)" if kind is VersionKind.CORRECTION else "(?!)"),
        addressed=re.compile(rf"(?i)^\W{{0,3}}(?:(?:{editors})\b.{{0,80}}?(?<!\w)(?:{word})(?!\w)|(?:{attention})\W{{1,4}}(?:{word})\W{{0,3}}$)"),
        verbs=_stems(row["verbs"]),
    )  # fmt: skip


def _either(words: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True)) or "(?!)"


def _capitals(words: Iterable[str]) -> list[str]:
    """Return the words in capitals; one of a script without them as it is."""
    return [form for word in words for form in dict.fromkeys((word.upper(), word.replace("i", "İ").upper()))]


def _stems(words: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern of beginnings of words; in scripts without spaces, of words anywhere."""
    return re.compile(
        "|".join((rf"\b{re.escape(word)}" if LETTERS_OF_SPACED.match(word) else re.escape(word)) for word in words)
        or "(?!)"
    )
