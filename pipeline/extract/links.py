"""How much of a line is a link to another page: a sign of an invitation to read on, and much true text's, too."""

from __future__ import annotations

from urllib.parse import urljoin

from pipeline.extract.lines import Line
from pipeline.text.url import safe_http_url


def linked_elsewhere(line: Line, url: str) -> float:
    """Return the share of the line that is a link, 0..1; 0 where it leads to a place on the page at ``url``, or nowhere."""
    address = _page_address(line.target, url) if line.target else ""
    return line.linked if address and address != _page_address("", url) else 0.0


def _page_address(target: str, url: str) -> str:
    """The address without its fragment; what is no address has none."""
    try:
        return safe_http_url(urljoin(url, target)) or ""
    except ValueError:
        return ""
