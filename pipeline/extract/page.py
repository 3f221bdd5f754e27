"""A page as all that reads it shares it: parsed once, its lines walked once, its metadata read once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipeline.errors import NotAnArticle
from pipeline.extract.kind import leads_elsewhere
from pipeline.extract.letters import join_first_letters, without_readings
from pipeline.extract.lines import Line, page_lines
from pipeline.extract.metadata import Metadata, read_metadata
from pipeline.extract.part import without_wrongly_nested
from pipeline.extract.shape import check_shape
from pipeline.extract.trafilatura_reading import parse_html
from pipeline.extract.visibility import without_unseen
from pipeline.model import PageHints
from pipeline.text.encodings import decode_page


@dataclass(frozen=True, slots=True)
class Page:
    """The tree, its lines in document order and what it says of itself.

    ``elements`` holds the tree's elements: lxml.html asks Python for the class of every element that is not held.
    """

    url: str
    tree: Any
    elements: list[Any]
    lines: list[Line]
    meta: Metadata
    leads_elsewhere: bool

    @property
    def body(self) -> Any:
        """The body element; the tree where it has none."""
        body = self.tree.find(".//body")
        return self.tree if body is None else body


def parse_page(raw: bytes, url: str, hints: PageHints) -> Page:
    """Return the parsed page. Raises NotAnArticle for what is no HTML, or too deep or large to be a page."""
    tree = _parse(raw, hints.charset)
    leads = leads_elsewhere(tree)
    elements = list(tree.iter())
    without_wrongly_nested(tree)
    without_unseen(elements)
    without_readings(tree)
    join_first_letters(elements)
    lines = page_lines(tree)
    return Page(url, tree, elements, lines, read_metadata(tree, url, lines, hints), leads)


def _parse(raw: bytes, charset: str) -> Any:
    if not raw.strip():
        raise NotAnArticle("an empty page")
    check_shape(raw)
    tree = parse_html(decode_page(raw, charset))
    if tree is None or (tree.find(".//body") is None and not len(tree)):
        raise NotAnArticle("the bytes are not HTML")
    return tree
