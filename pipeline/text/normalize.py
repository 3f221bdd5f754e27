"""Normal forms of text."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import regex

# What nobody sees: zero-width characters, soft hyphens, marks of direction, NUL and halves of surrogate pairs, which
# JSON can spell and no database keeps. Ligatures that printers made of Latin and Armenian letters are these letters.
UNSEEN = (0, 0xAD, 0x61C, 0x180E, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF)
LIGATURE_CODES = (*range(0xFB00, 0xFB07), *range(0xFB13, 0xFB18))
LIGATURES = {code: unicodedata.normalize("NFKC", chr(code)) for code in LIGATURE_CODES}
PLAIN: dict[int, str | None] = {**dict.fromkeys([*UNSEEN, *range(0xD800, 0xE000)]), **LIGATURES}
# Joiners spell words of the Arabic and Indic scripts and pictures made of several; elsewhere they are left over: after
# other characters, and at a word's end unless they shape the mark before them.
STRAY_JOINER = regex.compile(
    r"(?<![\u0600-\u1FFF\u2600-\u27BF\uA800-\uABFF\uFB50-\uFDFF\uFE0F\uFE70-\uFEFC\U00010A00-\U0001FAFF])[\u200C\u200D]+"
    r"|(?<!\p{M})[\u200C\u200D]+(?![\p{L}\p{M}\p{So}])"
)
# Han characters, kana and hangul, each of which says about as much as three Latin letters.
DENSE = re.compile(
    "[\u1100-\u11ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u318f\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff66-\uff9f\U00020000-\U000323af]"
)
DENSE_LENGTH = 3
# Scripts that write no blanks between words.
UNSPACED = re.compile("[\u0e00-\u0eff\u0f00-\u109f\u1780-\u17ff]")
UNSPACED_LENGTH = 1.2
NO_LETTERS = regex.compile(r"[^\p{L}\p{M}\p{N}]+")
# Latin, Greek and Cyrillic hold neither marks nor unspaced letters once normalised: there the standard library's
# letters and digits are the same, found in a third of the time.
OTHER_SCRIPTS = re.compile("[^\x00-\u02ff\u0370-\u0482\u048a-\u052f\u1e00-\u206f\u20a0-\u20cf\u2100-\u214f]")
NO_LETTERS_PLAIN = re.compile(r"[\W_]+")
NO_LETTERS_ASCII = bytes(code for code in range(128) if not chr(code).isalnum())
# Marks of typography and ASCII that parts words and numbers as they do: with it most English is read in a quarter of
# the time. An apostrophe alone may group digits.
PLAIN_MARKS = (("’", "'"), ("‘", '"'), ("“", '"'), ("”", '"'), ("–", '"'), ("—", '"'), ("…", "..."), ("\xa0", " "))
ELLIPSES = ("[…]", "[...]", "…")


def tidy(text: str) -> str:
    """Return one line: white space folded, unseen characters out, ligatures as letters, NFC. Idempotent."""
    if not text.isascii() or "\0" in text:
        text = unicodedata.normalize("NFC", text.translate(PLAIN))
        if "\u200c" in text or "\u200d" in text:
            text = _without_stray_joiners(text)
    return " ".join(text.split())


def _without_stray_joiners(text: str) -> str:
    # Composing puts marks in another order, after which a joiner may stand behind another one.
    while (plain := unicodedata.normalize("NFC", STRAY_JOINER.sub("", text))) != text:
        text = plain
    return text


def with_plain_marks(text: str) -> str:
    """Return the text in ASCII where only marks of typography are beyond it, for comparison alone; else as it is."""
    if text.isascii():
        return text
    plain = text
    for mark, plain_mark in PLAIN_MARKS:
        plain = plain.replace(mark, plain_mark)
    return plain if plain.isascii() else text


def reading_length(text: str) -> float:
    """Return how long the text is in Latin letters: so many say about as much as it does."""
    if text.isascii():
        return len(text)
    dense = (DENSE_LENGTH - 1) * len(DENSE.findall(text))
    return len(text) + dense + (UNSPACED_LENGTH - 1) * len(UNSPACED.findall(text))


@lru_cache(maxsize=16_384)  # the same lines are asked for by every rule, and by every copy of a story
def fold(text: str) -> str:
    """Letters, marks and digits alone, in one case: what two texts must share to say the same. Idempotent."""
    text = with_plain_marks(text)
    if text.isascii():
        return text.lower().encode().translate(None, NO_LETTERS_ASCII).decode()
    plain = unicodedata.normalize("NFKC", text).casefold()
    return str(NO_LETTERS.sub("", plain)) if OTHER_SCRIPTS.search(plain) else NO_LETTERS_PLAIN.sub("", plain)


@lru_cache(maxsize=4096)  # a story's copies are asked for again with each that joins it
def folded(paragraphs: tuple[str, ...]) -> tuple[str, ...]:
    """Each of these folded (:func:`fold`)."""
    return tuple(map(fold, paragraphs))


def without_dots(text: str) -> str:
    """The text before a trailing ellipsis; unchanged where there is none."""
    stripped = text.rstrip()
    for ellipsis in ELLIPSES:
        if stripped.endswith(ellipsis):
            return stripped.removesuffix(ellipsis).rstrip()
    return stripped.rstrip(".").rstrip() if stripped.endswith("...") else text
