"""The lines of a page as its reader sees them, with what the markup tells of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pipeline.text.normalize import tidy

INLINE = {
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins",
    "kbd", "mark", "q", "rb", "rbc", "rp", "rt", "rtc", "ruby", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time",
    "tt", "u", "var", "wbr", "label", "center",
}  # fmt: skip
SILENT = {
    "script", "style", "noscript", "template", "svg", "head", "iframe", "object", "select", "textarea", "button",
    "annotation",
}  # fmt: skip
HINT_DEPTH = 3


@dataclass(frozen=True, slots=True)
class Line:
    """``linked`` is the share of the text inside links, ``target`` where the last of them leads; ``hint`` the classes
    and ids around it; ``block`` the element that the line stands in and ``tag`` that element's tag."""

    text: str
    linked: float
    tag: str
    hint: str
    block: Any = field(default=None, compare=False, repr=False)
    target: str = ""


def page_lines(tree: Any) -> list[Line]:
    """All lines of the page, in document order."""
    reader = _Reader()
    reader.walk(tree)
    reader.end_line(None)
    return reader.lines


class _Reader:
    """One walk over the tree; a line ends where a block element begins or ends, or at a ``br``.

    The walk is recursive: libxml2 lets no tree grow deeper than 256, and it takes half the time of lxml's events.
    """

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.parts: list[str] = []
        self.linked = 0
        self.links = 0
        self.target = ""
        self.block: Any = None

    def walk(self, element: Any) -> None:
        """Read the element and all below it, without its tail."""
        tag = element.tag
        is_block = tag not in INLINE
        if is_block:
            self.end_line(element)
        if tag == "a":
            self.links += 1
            self.target = element.get("href") or ""
        if element.text:
            self._add(element.text)
        for child in element:
            if child.tag not in SILENT and isinstance(child.tag, str):
                self.walk(child)
            if child.tail:
                self._add(child.tail)
        self.links -= tag == "a"
        if is_block:
            self.end_line(element.getparent())

    def _add(self, text: str) -> None:
        if not self.parts and text.isspace():  # half of what stands between elements; no line begins with it
            return
        self.parts.append(text)
        if self.links:
            self.linked += len(text.strip())

    def end_line(self, block: Any) -> None:
        """Keep the line so far; what comes next stands in ``block``."""
        if self.parts and (text := tidy("".join(self.parts))):
            tag = self.block.tag if self.block is not None else ""
            linked, target = min(self.linked / len(text), 1.0), self.target if self.linked else ""
            self.lines.append(Line(text, linked, tag, _hint(self.block), self.block, target))
        self.parts, self.linked, self.block = [], 0, block


def _hint(element: Any) -> str:
    words = []
    for _ in range(HINT_DEPTH):
        if element is None:
            break
        words += [element.get("class") or "", element.get("id") or "", element.get("itemprop") or ""]
        element = element.getparent()
    return " ".join(words).lower()
