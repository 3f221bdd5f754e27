"""Text from outside as a terminal or a spreadsheet may have it."""

from __future__ import annotations

import re

# Controls (C0, C1, DEL), line and paragraph separators, halves of surrogate pairs, and what turns the direction of
# writing (UAX 9); joiners stay, which Persian and the scripts of India need.
HARMFUL = "\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
SPACES = re.compile("[\t\n\x0b\x0c\r\x85\u2028\u2029]+")
DANGER = re.compile(f"[{HARMFUL}]")


def visible(text: str) -> str:
    """Return text from outside as one line without what would act on a terminal."""
    return DANGER.sub("", SPACES.sub(" ", text))
