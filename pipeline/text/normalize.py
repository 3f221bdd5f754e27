"""Normal forms of text."""

from __future__ import annotations

import re
import unicodedata

SPACE = re.compile(r"[\s\u200b\ufeff\u00ad]+")
DOTS = re.compile(r"\s*(\.\.\.+|…|\[…\]|\[\.\.\.\])\s*$")


def tidy(text: str) -> str:
    """One line: white space folded, invisible characters out, NFC."""
    return SPACE.sub(" ", unicodedata.normalize("NFC", text)).strip()


def fold(text: str) -> str:
    """Letters, marks and digits alone, in one case: what two texts must share to say the same. Idempotent."""
    wide = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in wide if unicodedata.category(char)[0] in "LMN")


def without_dots(text: str) -> str:
    """The text before a trailing ellipsis; unchanged where there is none."""
    return DOTS.sub("", text)
