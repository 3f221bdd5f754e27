"""Spelling as readers take it, folded for comparison alone: what is written otherwise in two copies is one.

Case, width, digits of every script, marks between them, letters of ``letters.toml``, marks that may be left out, and
what is not seen. Letters with the diacritics of Latin scripts are letters of their own.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from importlib.resources import files

DECIMAL_DIGITS = "".join(filter(str.isdecimal, map(chr, range(0x80, 0x1FC00))))
# Zero width, direction, variants, soft hyphen; vowel signs of Arabic and Hebrew; the dot of a capital Turkish i, the
# nukta of Hindi.
UNSEEN = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff"
MARKS = "\u0307\u0591-\u05bd\u05bf\u05c1\u05c2\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u093c"
LEFT_OUT = re.compile(f"[{UNSEEN}{MARKS}]")
HIDDEN = re.compile(f"[{UNSEEN}]")
# In Hindi a nasal before a consonant of its row is written as a letter or as a sign.
HINDI_NASAL = re.compile("[ङञणनम]्(?=[क-म])")
# What is Latin or Greek and a letter of no table: most texts need no more than normal forms.
ORDINARY = re.compile(
    "[\x00-\x7f\xa0-\xac\xae-\xc5\xc7-\xe5\xe7-\u012f\u0132-\u0148\u014a-\u0151\u0154-\u0217\u021c-\u02b8\u0370-\u03ff"
    "\u1e00-\u200a\u2010-\u2029\u202f-\u205f\u20a0-\u20cf]*"
)
NO_DIGITS = bytes(code for code in range(256) if not 0x30 <= code <= 0x39)
GROUPED_DIGITS = 4
# Patterns begin with what they look for, and look behind it, which is found in a third of the time.
# Numbers in groups of three after one mark or blank, or of two and at last of three as in India.
GROUPS = re.compile(
    r"[0-9](?<![0-9.,].)[0-9]{0,2}(?:([ .,'’])[0-9]{3}(?:\1[0-9]{3})*|(?:,[0-9]{2})+,[0-9]{3})(?![0-9])"
)
GROUP_MARKS = re.compile(r"[ .,'’]")
LEADING_ZEROS = re.compile(r"0(?<![0-9a-z.,:].)0*(?=[0-9])")
NUMBER = re.compile(r"[0-9]+(?:[.,:][0-9]+)*")
# English of both sides of the Atlantic at the end of a word; of other languages as much becomes of every copy.
OUR = re.compile(r"our(?<=[a-z]{3}our)(?=(?:s|ed|ing|able|abl[ey]|ites?|ful|less|hoods?|ly|ers?|al)?\b)")
ISE = re.compile(r"is(?<=[a-z]{3}is)(?=(?:e[drs]?|ers|ing|ations?|able)\b)")
YSE = re.compile(r"ys(?<=[a-z]{3}ys)(?=(?:e[drs]?|ers|ing)\b)")
TRE = re.compile(r"tre(?<=[a-z]{2}tre)(?=[ds]?\b)")


class Letters(dict[int, str | int]):
    """Letters and what they are folded to, for ``str.translate``; any other letter is itself, and remembered."""

    def __missing__(self, letter: int) -> int:
        self[letter] = letter
        return letter


def fold(text: str) -> str:
    """Return the text as it is compared: in small letters, all that is written in two ways written in one.

    A number is one word where its groups are parted: 1,200 and 1.200 and 1’200 are 1200, though 1.200 may have been
    meant as a decimal.
    """
    if text.isascii():
        return _fold_endings(_join_groups(text.lower(), text.encode()))
    plain = _fold_letters(text)
    return _fold_endings(_join_groups(plain, plain.encode()))


def numbers(text: str) -> list[str]:
    """Return the numbers of a text, each in one way."""
    if text.isascii() and not text.encode().translate(None, NO_DIGITS):
        return []
    plain = _fold_letters(text)
    return [
        number.replace(",", ".").replace(":", ".") for number in NUMBER.findall(_join_groups(plain, plain.encode()))
    ]


def _fold_letters(text: str) -> str:
    if ORDINARY.fullmatch(text):
        return unicodedata.normalize("NFKC", text).casefold()
    plain = unicodedata.normalize("NFKC", HIDDEN.sub("", text)).casefold()
    return HINDI_NASAL.sub("ं", plain.translate(LETTERS))


def _join_groups(plain: str, encoded: bytes) -> str:
    digits = encoded.translate(None, NO_DIGITS)
    if len(digits) >= GROUPED_DIGITS:
        plain = GROUPS.sub(lambda number: GROUP_MARKS.sub("", number[0]), plain)
    return LEADING_ZEROS.sub("", plain) if b"0" in digits else plain


def _fold_endings(plain: str) -> str:
    # Letters without which an ending is not there are looked for first, in a tenth of the time.
    if "our" in plain:
        plain = OUR.sub("or", plain)
    if "ise" in plain or "isi" in plain or "isa" in plain:
        plain = ISE.sub("iz", plain)
    if "yse" in plain or "ysi" in plain:
        plain = YSE.sub("yz", plain)
    return TRE.sub("ter", plain) if "tre" in plain else plain


def _letters() -> Letters:
    table = tomllib.loads((files("pipeline") / "data" / "letters.toml").read_text(encoding="utf-8"))
    letters = {letter: folded for several, folded in table["letters"].items() for letter in several}
    han = ("".join(table["han"][script].split()) for script in ("traditional", "simplified"))
    letters |= dict(zip(*han, strict=True))
    letters |= {digit: str(unicodedata.decimal(digit)) for digit in DECIMAL_DIGITS}
    letters |= dict.fromkeys(LEFT_OUT.findall("".join(map(chr, range(0x80, 0x10000)))), "")
    return Letters((ord(letter), folded) for letter, folded in letters.items())


LETTERS = _letters()
