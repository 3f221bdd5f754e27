"""Which lines of a reading are links to somewhere else, and which are text although they are nothing but a link.

Told by where they stand: a list of other stories has no running text of its own around it, and comes after the text.
Chosen on half of the hosts of six hand-made sets; lines that are text, of those kept: 129 of 221 on the one half, 140 of
211 on the other (decision 4).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from pipeline.extract.lines import Line
from pipeline.extract.part import LINK, runs
from pipeline.text.boilerplate import Block
from pipeline.text.url import safe_http_url

ADDRESS = re.compile(r"(https?://|www\.)\S+$")
HEADINGS = ("h2", "h3", "h4", "h5", "h6")
# Running paragraphs in one container that make it the text's own.
TEXT_LEAST = 2
# A text ends with its last paragraph of this length.
LAST_LEAST = 80
# More links than these one after the other are a list.
ROW_MOST = 3


def links_elsewhere(found: Sequence[Block], told: Mapping[str, Line], url: str, news: bool) -> frozenset[str]:
    """Texts of the blocks that only lead elsewhere. ``told`` are the page's lines by their text, ``news`` says that the
    page declares itself a news article: there a paragraph that is a link leads to another one."""
    lines = [told.get(block.text) for block in found]
    texts = _texts(lines)
    end = max((n for n, line in enumerate(lines) if line and runs(line) and len(line.text) >= LAST_LEAST), default=-1)
    rows = _rows(lines)
    return frozenset(
        line.text
        for n, line in enumerate(lines)
        if line and _is_link(line) and not _names_what_it_links(line, url)
        and not (_stands_in(line, texts) if line.tag in HEADINGS else not news and n < end and rows[n] <= ROW_MOST and _is_one(line))
    )  # fmt: skip


def _is_link(line: Line) -> bool:
    return line.linked >= LINK


def _names_what_it_links(line: Line, url: str) -> bool:
    """Links that are text: what a list or a table names, an address written out, a place on the page itself, and a
    heading that leads to another site (of 224 such headings in hand-made sets 210 were text, of 199 to other pages of
    the site 50)."""
    if line.tag in ("li", "td", "th") or ADDRESS.match(line.text) or line.target.startswith("#"):
        return True
    return line.tag != "p" and _leaves(line.target, url)


def _leaves(target: str, url: str) -> bool:
    """Whether a link leads to another site than ``url``: by the host without ``www``."""
    there, here = (urlsplit(safe_http_url(address) or "").hostname or "" for address in (target, url))
    return bool(there and here) and there.removeprefix("www.") != here.removeprefix("www.")


def _texts(lines: Sequence[Line | None]) -> Counter[Any]:
    """Running paragraphs in each container that has any."""
    return Counter(line.block.getparent() for line in lines if line and line.block is not None and runs(line))


def _stands_in(line: Line, texts: Counter[Any]) -> bool:
    """Whether the line's container holds running text."""
    return line.block is not None and texts[line.block.getparent()] >= TEXT_LEAST


def _is_one(line: Line) -> bool:
    """Whether the line is a single link; several are a list."""
    return line.block is not None and len(line.block.findall(".//a")) <= 1


def _rows(lines: Sequence[Line | None]) -> list[int]:
    """How many links stand one after the other where each line stands."""
    lengths: list[int] = []
    for line in lines:
        linked = line is not None and _is_link(line)
        lengths.append(lengths[-1] + 1 if linked and lengths else int(linked))
    for n in range(len(lengths) - 2, -1, -1):
        if lengths[n] and lengths[n + 1]:
            lengths[n] = lengths[n + 1]
    return lengths
