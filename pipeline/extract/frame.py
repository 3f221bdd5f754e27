"""The frame that a publishing system puts around a text, as it shows in feeds and in copies made of them: a last line
that names the article and the site it stood on first, in whatever language; a link to go on reading it there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urljoin, urlsplit

from pipeline.extract.lines import Line
from pipeline.text.normalize import fold, reading_length, tidy
from pipeline.text.url import safe_http_url, url_key

# Lines at the end of which one may be of the frame.
END = 4
LINE_MOST = 400
# Characters beside the links of a line that names the article; beside the title of one that has no link; and of one that
# names its site alone.
WORDS_MOST, PLAIN_MOST, SITE_MOST = 170, 90, 60
TITLE_LEAST = 12
# The share of a line's letters that are a link, from which it is one.
LINK_SHARE = 0.9
# A place on a page: a note, a chapter. "#more" is where a text goes on.
PLACE = re.compile(r"#(?!more)", re.IGNORECASE)
HOME = re.compile(r"/*(?:[a-z]{2}(?:[-_][a-z]{2})?/*)?(?:(?:index|home|default)\.\w{2,5})?", re.IGNORECASE)


def frame_lines(lines: Sequence[Line], url: str, titles: Sequence[str]) -> frozenset[str]:
    """Return the texts of the last lines that are of the frame. ``url`` is the article's, ``titles`` its names."""
    names = {name for title in titles if reading_length(name := fold(title)) >= TITLE_LEAST}
    return frozenset(line.text for line in lines[-END:] if _is_frame(line, url, names))


def _is_frame(line: Line, url: str, names: set[str]) -> bool:
    if len(line.text) > LINE_MOST:
        return False
    links = [] if line.block is None else _links(line.block, url)
    beside = len(line.text) - sum(len(text) for text, _ in links)
    if any(_is_title(text, names) for text, _ in links):
        return 0 < beside <= WORDS_MOST or (line.linked >= LINK_SHARE and url_key(links[-1][1]) == url_key(url))
    homes = [target for _, target in links if _is_home(target)]
    if any(url_key(target) == url_key(url) for _, target in links):
        return line.linked >= LINK_SHARE or bool(homes)
    if any(_host(target) == _host(url) for target in homes):
        return beside <= SITE_MOST
    return not links and _quotes_title(line.text, names)


def _links(block: Any, url: str) -> list[tuple[str, str]]:
    """Return the texts of a line's links to pages, and where they lead."""
    hrefs = ((a, (a.get("href") or "").strip()) for a in block.iter("a"))
    anchors = (
        (tidy("".join(a.itertext())), _address(href, url)) for a, href in hrefs if href and not PLACE.search(href)
    )
    return [(text, target) for text, target in anchors if text and target]


def _address(href: str, url: str) -> str:
    try:
        return safe_http_url(urljoin(url, href)) or ""
    except ValueError:
        return ""


def _is_title(text: str, names: set[str]) -> bool:
    """Return whether a link's text is the article's name, or the beginning of it."""
    folded = fold(text)
    return reading_length(folded) >= TITLE_LEAST and any(
        name.startswith(folded) or folded.startswith(name) for name in names
    )


def _quotes_title(text: str, names: set[str]) -> bool:
    """Return whether a line says the article's whole name and few words more, on both sides or before it."""
    folded = fold(text)
    return any(name in folded and 0 < len(folded) - len(name) <= PLAIN_MOST for name in names)


def _is_home(target: str) -> bool:
    parts = urlsplit(target)
    return not parts.query and HOME.fullmatch(parts.path) is not None


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")
