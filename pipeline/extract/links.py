"""Which lines of a reading are links to somewhere else, and which are text although they are nothing but a link.

Told by where they stand: a list of other stories has no running text of its own around it, and comes after the text. Of
the lines that are kept so on six hand-made sets, 43 of 72 are text on half of the hosts, 85 of 111 on the other half.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
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
    """Texts of the blocks that only lead elsewhere. ``told`` are the page's lines by their text; ``news`` says that the
    page declares itself a news article: there a line that is a link leads to another one."""
    lines = [told.get(block.text) for block in found]
    links = [n for n, line in enumerate(lines) if line and line.linked >= LINK]
    if not links:
        return frozenset()
    texts = frozenset() if news else _texts_among(lines, links)
    return frozenset(
        line.text for n in links if (line := lines[n]) and n not in texts and not _names_what_it_links(line, url)
    )


def _texts_among(lines: Sequence[Line | None], links: Sequence[int]) -> frozenset[int]:
    """Numbers of the links that stand as text does: headings among running paragraphs, and single links above the last
    of them that are no row."""
    paragraphs = Counter(line.block.getparent() for line in lines if line and line.block is not None and runs(line))
    end = max((n for n, line in enumerate(lines) if line and runs(line) and len(line.text) >= LAST_LEAST), default=-1)
    rows = _rows(links)
    return frozenset(
        n
        for n in links
        if (line := lines[n]) and line.block is not None
        and (
            paragraphs[line.block.getparent()] >= TEXT_LEAST if line.tag in HEADINGS
            else n < end and rows[n] <= ROW_MOST and _is_one(line)
        )
    )  # fmt: skip


def _rows(links: Sequence[int]) -> dict[int, int]:
    """How many links stand one after the other where each of them stands."""
    rows: list[list[int]] = []
    for n in links:
        if rows and rows[-1][-1] == n - 1:
            rows[-1].append(n)
        else:
            rows.append([n])
    return {n: len(row) for row in rows for n in row}


def _is_one(line: Line) -> bool:
    """Whether the line is a single link; several are a list."""
    return len(line.block.findall(".//a")) <= 1


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
