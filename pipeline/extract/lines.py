"""The lines of a page as its reader sees them, with what the markup tells of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

from pipeline.text.normalize import tidy

INLINE = {
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins",
    "kbd", "mark", "q", "rp", "rt", "ruby", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time",
    "tt", "u", "var", "wbr", "label", "center",
}  # fmt: skip
SILENT = {"script", "style", "noscript", "template", "svg", "head", "iframe", "object", "select", "textarea", "button"}
HINT_DEPTH = 3


@dataclass(frozen=True, slots=True)
class Line:
    """``linked`` is the share of the text inside links; ``hint`` the classes and ids around it; ``tag`` the block."""

    text: str
    linked: float
    tag: str
    hint: str


def page_lines(tree: Any) -> list[Line]:
    """All lines of the page, in document order."""
    return list(_Reader().read(tree))


class _Reader:
    """One walk over the tree; a line ends where a block element begins or ends, or at a ``br``."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.linked = 0
        self.links = 0
        self.silent = 0
        self.block: Any = None

    def read(self, tree: Any) -> Iterator[Line]:
        for event, element in etree.iterwalk(tree, events=("start", "end")):
            tag = element.tag if isinstance(element.tag, str) else ""
            yield from self._start(element, tag) if event == "start" else self._end(element, tag)
        yield from self._flush(None)

    def _start(self, element: Any, tag: str) -> Iterator[Line]:
        if tag and tag not in INLINE:
            yield from self._flush(element)
        self.silent += tag in SILENT
        self.links += tag == "a"
        if tag:
            self._text(element.text)

    def _end(self, element: Any, tag: str) -> Iterator[Line]:
        self.silent -= tag in SILENT
        self.links -= tag == "a"
        if tag and tag not in INLINE:
            yield from self._flush(element.getparent())
        self._text(element.tail)

    def _text(self, text: str | None) -> None:
        if text and not self.silent:
            self.parts.append(text)
            if self.links:
                self.linked += len(text.strip())

    def _flush(self, block: Any) -> Iterator[Line]:
        text = tidy("".join(self.parts)) if self.parts else ""
        if text:
            tag = self.block.tag if self.block is not None else ""
            yield Line(text, min(self.linked / len(text), 1.0), tag, _hint(self.block))
        self.parts, self.linked, self.block = [], 0, block


def _hint(element: Any) -> str:
    words = []
    for _ in range(HINT_DEPTH):
        if element is None:
            break
        words += [element.get("class") or "", element.get("id") or "", element.get("itemprop") or ""]
        element = element.getparent()
    return " ".join(words).lower()
