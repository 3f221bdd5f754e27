"""A page's tree: what is mended in it before it is read, and the place of each of its elements in the markup."""

from __future__ import annotations

import re
from typing import Any

from pipeline.extract.lines import Line

PARAGRAPH_LEAST = 60
LINKED_MOST = 0.5
BESIDE = {"nav", "footer", "aside", "figure"}
# Comments and the author's card stand below the text in containers of the same make (scrapinghub .969 -> .972).
SPOKEN_OF = re.compile(r"(?:^|[\s_-])(?:comments?|disqus\w*|respond|vcard)(?:$|[\s_-])", re.IGNORECASE)


def without_wrongly_nested(tree: Any) -> None:
    """Let out the page that stands inside a drawing or a button which the parser found no end of. Changes the tree.

    HTML itself leaves a drawing at the first block element (HTML Living Standard, 13.2.6.5); libxml2 does not.
    """
    for element in list(tree.iter("svg", "button")):
        if next(element.iter("p", "article", "main"), None) is not None:
            element.drop_tag()


def runs(line: Line) -> bool:
    """Whether the line is running text: long enough, and not mostly links."""
    return len(line.text) >= PARAGRAPH_LEAST and line.linked < LINKED_MOST


class Places:
    """The place of each element below a part, told once for each."""

    def __init__(self, part: Any) -> None:
        self._places: dict[Any, str | None] = {part: "", None: None}

    def place_of(self, element: Any) -> str | None:
        """``div.story>p``; None outside the part, or in what stands beside the text."""
        if element not in self._places:
            above = None if _stands_beside(element) else self.place_of(element.getparent())
            self._places[element] = None if above is None else f"{above}>{_step(element)}"
        return self._places[element]


def _stands_beside(element: Any) -> bool:
    return element.tag in BESIDE or SPOKEN_OF.search(f"{element.get('class')} {element.get('id')}") is not None


def _step(element: Any) -> str:
    """Tag and first class; the class of a single paragraph says nothing of its place."""
    classes = (element.get("class") or "").split() if element.tag != "p" else []
    return f"{element.tag}.{classes[0] if classes else ''}"
