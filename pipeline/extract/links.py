"""Which lines of a reading are links to somewhere else, and which are text although they are nothing but a link.

On a page that is known to be news a line that is a link leads to another story. On others it is text as often as not, and
nothing about the line tells.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from pipeline.extract.lines import Line
from pipeline.extract.part import LINK
from pipeline.text.boilerplate import Block
from pipeline.text.url import safe_http_url

ADDRESS = re.compile(r"(https?://|www\.)\S+$")
HEADINGS = ("h2", "h3", "h4", "h5", "h6")


def links_elsewhere(blocks: Sequence[Block], by_text: Mapping[str, Line], url: str) -> frozenset[str]:
    """Return the texts of the blocks that are links and lead elsewhere, on a page that is known to be news. ``by_text``
    are the page's lines by their text."""
    lines = (by_text.get(block.text) for block in blocks)
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
    target_host, page_host = (urlsplit(safe_http_url(address) or "").hostname or "" for address in (target, url))
    return bool(target_host and page_host) and target_host.removeprefix("www.") != page_host.removeprefix("www.")
