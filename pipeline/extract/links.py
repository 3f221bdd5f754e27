"""Which lines of a reading are links to somewhere else, and which are text although they are nothing but a link.

On a page that is known to be news a line that is a link leads to another story. On others it is text as often as not, and
nothing about the line tells: there only a list of other pages that ends the text is taken for what it is.
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
# Fewer cards one after the other are no list.
CARDS_LEAST = 3
# Lines of a card: the link, what is said of the page, and who wrote it.
CARD_MOST = 3


def links_elsewhere(found: Sequence[Block], told: Mapping[str, Line], url: str) -> frozenset[str]:
    """Texts of the blocks that are links and lead elsewhere, on a page that is known to be news. ``told`` are the page's
    lines by their text."""
    lines = (told.get(block.text) for block in found)
    return frozenset(
        line.text for line in lines if line and line.linked >= LINK and not _names_what_it_links(line, url)
    )


def _names_what_it_links(line: Line, url: str) -> bool:
    """Links that are text: what a list or a table names, an address written out, a place on the page itself, what leads
    nowhere (of 11 such lines on hand-made sets' news pages all were), several in one paragraph that lead to other sites,
    as to shops, and a heading that leads to another site (of 224 such headings 210 were text, of 199 to other pages of
    the site 50)."""
    if line.tag in ("li", "td", "th") or ADDRESS.match(line.text) or not line.target or line.target.startswith("#"):
        return True
    return (line.tag != "p" or not _is_one(line)) and _leaves(line.target, url)


def _is_one(line: Line) -> bool:
    """Whether the line is a single link."""
    return line.block is None or len(line.block.findall(".//a")) <= 1


def _leaves(target: str, url: str) -> bool:
    """Whether a link leads to another site than ``url``: by the host without ``www``."""
    there, here = (urlsplit(safe_http_url(address) or "").hostname or "" for address in (target, url))
    return bool(there and here) and there.removeprefix("www.") != here.removeprefix("www.")


# ---------------------------------------------------------------- cards


def cards_at_the_end(found: Sequence[Block], told: Mapping[str, Line], url: str) -> frozenset[int]:
    """Numbers of the blocks that list other pages at the reading's end: cards, each of them a link to another page of
    the site and a line of its own about it, after a text that runs on in a container of its own. What the text itself
    says elsewhere is no other page's."""
    lines = [told.get(block.text) for block in found]
    held = Counter(line.block.getparent() for line in lines if line and line.block is not None and runs(line))
    starts = [n for n in range(len(lines)) if _is_card(lines, n, held, url)]
    run = _last_run(starts, len(lines))
    if len(run) < CARDS_LEAST or not any(_is_of_the_text(line, held) for line in lines[: run[0]]):
        return frozenset()
    start, end = run[0] - _is_its_heading(lines[run[0] - 1]), run[-1] + 2
    before = {block.text for block in found[:start]}
    named = any(block.text in before for block in found[start:end])
    return frozenset() if named else frozenset(range(start, end))


def _last_run(starts: Sequence[int], length: int) -> list[int]:
    """Those of the cards that stand one after the other and end the text of so many lines."""
    run: list[int] = []
    for start in reversed(starts):
        if (run[0] if run else length) - start > CARD_MOST:
            break
        run.insert(0, start)
    return run


def _is_its_heading(line: Line | None) -> bool:
    return line is not None and line.tag in HEADINGS and line.linked < LINK


def _is_card(lines: Sequence[Line | None], n: int, held: Mapping[Any, int], url: str) -> bool:
    """Whether a link to another page stands there and, below it, a line that is neither link nor heading nor part of a
    text that runs on."""
    if not 0 <= n < len(lines) - 1:
        return False
    link, about = lines[n], lines[n + 1]
    if not link or not about or link.linked < LINK or not link.target or link.target.startswith("#"):
        return False
    if _leaves(link.target, url):
        return False
    return about.linked < LINK and about.tag not in HEADINGS and not _is_of_the_text(about, held)


def _is_of_the_text(line: Line | None, held: Mapping[Any, int]) -> bool:
    return line is not None and line.block is not None and held[line.block.getparent()] >= TEXT_LEAST
