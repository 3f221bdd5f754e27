"""Names beside addresses of mail, as feeds have their authors: "ann@o.example (Ann Lee)", "Ann Lee <ann@o.example>"."""

from __future__ import annotations

import re

# Characters of an author's element that are read.
MAX_TEXT = 500
# RFC 5322 less what no newspaper's address has; letters of any script, endings of any length.
ADDRESS = re.compile(
    r"[<(\[{]?\s?(?:mailto:)?[^\s@<>()\[\]{},;:\"|]{1,64}(?:@|\s?[(\[{]at[)\]}]\s?)(?:[^\W_]|[.-]){1,190}\.[^\W\d_]{2,24}"
    r"(?:\?subject=[^\s()<>]*)?\s?[>)\]}]?",
    re.IGNORECASE,
)
PAIRS = ("()", "[]", "{}", '""', "“”", "''", "«»", "<>")
EDGES = " \t\r\n,;:|/·•–—-"


def mail_names(text: str) -> tuple[str, ...]:
    """Return the names beside the addresses of mail in a text; the text itself where it has no such address.

    An address without a name beside it gives none.
    """
    text = text[:MAX_TEXT]
    if not ADDRESS.search(text):
        return (text,) if text else ()
    names = (_bare(piece) for piece in ADDRESS.split(text))
    return tuple(dict.fromkeys(name for name in names if name))


def _bare(name: str) -> str:
    """Return a name without what stands around it: strokes, a pair of brackets or of quotation marks."""
    name = name.strip(EDGES)
    for _layer in range(2):
        if f"{name[:1]}{name[1:][-1:]}" in PAIRS:
            name = name[1:-1].strip(EDGES)
    return "" if name in PAIRS else name
