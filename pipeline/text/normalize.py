"""Normal forms of text."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import regex

# Besides what nobody sees: NUL and halves of surrogate pairs, which JSON can spell and no database keeps.
INVISIBLE = dict.fromkeys([0, 0x200B, 0xFEFF, *range(0xD800, 0xE000)])
NO_LETTERS = regex.compile(r"[^\p{L}\p{M}\p{N}]+")
NO_LETTERS_ASCII = bytes(code for code in range(128) if not chr(code).isalnum())
ELLIPSES = ("[…]", "[...]", "…")


def tidy(text: str) -> str:
    """One line: white space folded, invisible characters out, NFC. Soft hyphens stay: they are the writer's own."""
    if not text.isascii() or "\0" in text:
        text = unicodedata.normalize("NFC", text.translate(INVISIBLE))
    return " ".join(text.split())


@lru_cache(maxsize=16_384)  # the same lines are asked for by every rule, and by every copy of a story
def fold(text: str) -> str:
    """Letters, marks and digits alone, in one case: what two texts must share to say the same. Idempotent."""
    if text.isascii():
        return text.lower().encode().translate(None, NO_LETTERS_ASCII).decode()
    return str(NO_LETTERS.sub("", unicodedata.normalize("NFKC", text).casefold()))


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
