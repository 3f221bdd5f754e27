"""trafilatura's reading of a page, as blocks. The one import of trafilatura."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import trafilatura
from lxml.etree import ElementDefaultClassLookup
from lxml.html import HtmlComment, HtmlElement

from pipeline.text.boilerplate import Block
from pipeline.text.normalize import tidy

# lxml.html asks Python for the class of each element that is met, to tell forms and inputs apart, which no reading asks
# about. One class for all is the parser's own work: 5 % of a page's time less, the same articles.
trafilatura.utils.HTML_PARSER.set_element_class_lookup(
    ElementDefaultClassLookup(element=HtmlElement, comment=HtmlComment)
)


def load_stop_words() -> None:
    """Load those of a hundred languages, which trafilatura else reads at its first doubtful page, in .1 s."""
    trafilatura.external.jt_stoplist_init()


def parse_html(page: bytes | str) -> Any:
    """Return the page's tree, or None where the bytes are not HTML."""
    return trafilatura.load_html(page)


def trafilatura_blocks(tree: Any, url: str, *, fast: bool) -> list[Block]:
    """Return what trafilatura takes for the text; ``fast`` leaves out its fallbacks. Changes the tree."""
    document = trafilatura.bare_extraction(
        tree,
        url=url,
        fast=fast,
        include_comments=False,
        include_tables=True,
        with_metadata=False,
    )
    body = getattr(document, "body", None)
    return list(_body_blocks(body)) if body is not None else []


def _body_blocks(body: Any) -> Iterator[Block]:
    for element in body:
        if not isinstance(element.tag, str):
            continue
        if element.tag in ("list", "quote", "table") and len(element):
            yield from _nested(element)
        else:
            yield from _split(element, heading=element.tag == "head")


def _nested(element: Any) -> Iterator[Block]:
    if element.text and element.text.strip():
        yield Block(tidy(element.text))
    for child in element:
        if child.tag == "row":
            yield from _row(child)
        elif isinstance(child.tag, str) and child.tag in ("p", "item", "list", "quote", "head"):
            yield from _nested(child) if child.tag in ("list", "quote") and len(child) else _split(child)
        elif isinstance(child.tag, str):
            yield from _split(child)
        if child.tail and child.tail.strip():
            yield Block(tidy(child.tail))


def _row(row: Any) -> Iterator[Block]:
    """The cells of a table's row on one line, apart from one another."""
    cells = (tidy("".join(cell.itertext())) for cell in row)
    if text := " | ".join(cell for cell in cells if cell):
        yield Block(text)


def _split(element: Any, heading: bool = False) -> Iterator[Block]:
    """The element's text; a break inside it ends a line."""
    parts = [""]
    for node in element.iter():
        if node.tag == "lb":
            parts.append("")
        elif node.text and isinstance(node.tag, str):
            parts[-1] += node.text
        if node is not element and node.tail:
            parts[-1] += node.tail
    for part in parts:
        if text := tidy(part):
            yield Block(text, heading=heading)
