"""What a page's markup keeps from its readers: hidden words and paragraphs, words for screen readers alone, names of icons.

Read are attributes and single-class rules of the page's own style elements, no other style sheets. A page may hide its text
until a script shows it: what holds most of the page's running text stays, whatever its markup says.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from itertools import islice
from typing import Any

from lxml.etree import XPath

from pipeline.text.normalize import reading_length

# The classes that frameworks give to words for screen readers alone.
SPOKEN_CLASS = re.compile(
    r"(?<![\w-])(?:sr-?only(?:-focusable)?|(?:[a-z]\w{0,8}-)?(?:visually-?hidden|hidden-?visually|visuallyhidden)"
    r"|screen-?readers?(?:-?(?:text|only))?"
    r"|(?:a11y|assistive|accessib(?:le|ility))-?(?:text|hidden|only)|for-screen-?readers?|off-?screen(?:-text)?"
    r"|hide-visually|element-invisible)(?![\w-])",
    re.IGNORECASE,
)
# Attributes that may hide an element.
MARKS = frozenset({"class", "style", "hidden", "aria-hidden"})
# Elements that are asked for what hides them: of words, of paragraphs and of boxes.
HIDEABLE = frozenset({
    "span", "a", "small", "i", "p", "b", "em", "strong", "label", "legend", "li", "h2", "h3", "h4",
    "div", "section", "aside", "ul", "ol", "figure", "article", "nav", "form", "table",
})  # fmt: skip
UNSEEN_STYLE = re.compile(
    r"(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|opacity\s*:\s*0*\.?0*\s*(?:!|;|$)"
    r"|transform\s*:\s*scale\(\s*0\s*\)"
    r"|(?:left|right|top|margin-left)\s*:\s*-(?:\d{4,}px|\d{3,}r?em)|text-indent\s*:\s*-\d{3,}(?:px|r?em|%)"
    r"|clip\s*:\s*rect\(\s*[01](?:px)?(?:[\s,]+[01](?:px)?){3}\s*\)|clip-path\s*:\s*inset\(\s*(?:50|100)%)",
    re.IGNORECASE,
)
# Letters without a size. A box that has it may give its children another: so blanks between them are closed.
NO_SIZE = re.compile(r"(?:^|[;\s])font-size\s*:\s*0(?:px|pt|r?em|%)?\s*(?=!|;|$)", re.IGNORECASE)
# A box of at most a pixel; nothing may reach out of it.
SMALL = re.compile(r"(?:^|[;\s])(?:max-)?(?:width|height)\s*:\s*[01](?:px)?\s*(?=!|;|$)", re.IGNORECASE)
CLOSED = re.compile(r"(?:^|[;\s])overflow\s*:\s*(?:hidden|clip)", re.IGNORECASE)
HIDING_RULE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden")
ONE_CLASS = re.compile(r"\s*(?:p|div|span|li|section|aside)?\.(-?[a-zA-Z_][\w-]*)\s*")
# Characters of style elements that are read; a declaration in an attribute is read up to the second.
STYLES_MOST, STYLE_MOST = 60_000, 1000
# Hidden from screen readers alone, and seen by others unless it is the name or the sign of an icon.
ICON = re.compile(
    r"(?<![a-z])(?:icons?|glyphs?|fa[brs]?|material-\w+|arrow|chevron|opens?-\w*(?:tab|window))(?![a-z])", re.I
)
NEW_WINDOW = re.compile(r"\b(?:opens?|external)\b.{0,20}\b(?:tab|window|link|site)\b", re.IGNORECASE)
SIGN_CATEGORIES = frozenset({"Sm", "So", "Co", "Zs", "Cc"})
ICON_MOST = 40
# What holds this share of the page's running text is shown by a script.
SHOWN_SHARE = 0.4
RUNNING_LEAST, PIECE_LEAST = 60, 20
TEXT_LENGTH: Any = XPath("string-length()")
SILENT = frozenset({"script", "style", "noscript", "template", "svg", "textarea", "title"})


def without_unseen(elements: Sequence[Any]) -> None:
    """Drop from their tree those of the elements (all of a page, in its order) that no reader sees."""
    if not elements:
        return
    hideable = [element for element in elements if element.tag in HIDEABLE]
    marked = [
        (element, name, value)
        for element in hideable
        for name, value in element.items()
        if name in MARKS and (name != "class" or _is_spoken_class(value))
    ]
    unseen = [element for element, name, value in marked if _is_unseen(element, name, value)]
    if hiding := _hiding_classes([element for element in elements if element.tag == "style"]):
        unseen += [element for element in hideable if not hiding.isdisjoint((element.get("class") or "").split())]
    for element in _without_main_text(list(dict.fromkeys(unseen)), elements):
        if element.getparent() is not None:
            element.drop_tree()


def _is_unseen(element: Any, name: str, value: str) -> bool:
    """Whether an attribute that may hide an element does; a class is one for screen readers."""
    if name == "class":
        return True
    if name == "style":
        return _is_unseen_style(value) or (not len(element) and NO_SIZE.search(value[:STYLE_MOST]) is not None)
    if name == "hidden":
        return value.lower() != "until-found"
    return value == "true" and _is_icon(element)


@lru_cache(maxsize=4096)  # the elements of a page share their classes, those of an outlet's pages too
def _is_spoken_class(names: str) -> bool:
    return SPOKEN_CLASS.search(names) is not None


@lru_cache(maxsize=1024)
def _is_unseen_style(style: str) -> bool:
    style = style[:STYLE_MOST]
    small_box = CLOSED.search(style) is not None and len(SMALL.findall(style)) >= 2
    return small_box or UNSEEN_STYLE.search(style) is not None


def _is_icon(element: Any) -> bool:
    """Whether an element is a sign, or a word that an icon's font or a class calls an icon."""
    text = "".join(islice(element.itertext(), 9)).strip()
    if not text or len(text) > ICON_MOST:
        return False
    has_icon_name = element.tag in ("i", "span") and ICON.search(element.get("class") or "") is not None
    signs = all(unicodedata.category(character) in SIGN_CATEGORIES for character in text)
    return has_icon_name or signs or NEW_WINDOW.search(text) is not None


def _hiding_classes(elements: Sequence[Any]) -> frozenset[str]:
    """Return the classes that a rule of the style elements hides, and no other rule speaks of."""
    texts = (style.text or "" for style in elements)
    styles = "\n".join(text for text in texts if HIDING_RULE.search(text))[:STYLES_MOST]
    return frozenset(name for name in _hidden_classes(styles) if _is_named_once(name, styles))


def _hidden_classes(styles: str) -> set[str]:
    """Return the classes that stand alone in the selector of a rule that hides, outside of media queries."""
    classes: set[str] = set()
    depth = position = 0
    for rule in HIDING_RULE.finditer(styles):
        opening = styles.rfind("{", position, rule.start())
        if opening < 0 or styles[rule.start() - 1] not in "{; \n\t":
            continue
        depth += styles.count("{", position, opening) - styles.count("}", position, opening)
        position = opening
        selector = styles[max(styles.rfind("}", 0, opening), opening - STYLE_MOST) + 1 : opening]
        if depth == 0:
            classes.update(match[1] for part in selector.split(",") if (match := ONE_CLASS.fullmatch(part)))
    return classes


def _is_named_once(name: str, styles: str) -> bool:
    return len(re.findall(rf"\.{re.escape(name)}(?![\w-])", styles)) == 1


def _without_main_text(unseen: Sequence[Any], elements: Sequence[Any]) -> Sequence[Any]:
    """Those of the unseen elements that can go: not the ones in which most of the page's running text stands."""
    long = (element for element in unseen if TEXT_LENGTH(element) >= PIECE_LEAST)
    lengths = {element: _running_length(element) for element in long}
    outer = [element for element in lengths if not _has_ancestor_in(element, lengths)]
    hidden = sum(lengths[element] for element in outer)
    if not hidden or hidden < SHOWN_SHARE * _running_length(elements[0]):
        return unseen
    return [element for element in unseen if not lengths.get(element)]


def _has_ancestor_in(element: Any, lengths: dict[Any, float]) -> bool:
    return any(above in lengths for above in element.iterancestors())


def _running_length(element: Any) -> float:
    """Return the characters of running text in the element: of its pieces that are long enough each."""
    pieces = (element.text, *(text for below in element.iterdescendants() for text in _texts(below)))
    return sum(len(text) for text in pieces if text and reading_length(text.strip()) >= RUNNING_LEAST)


def _texts(element: Any) -> tuple[str | None, str | None]:
    silent = element.tag in SILENT or not isinstance(element.tag, str)
    return (None if silent else element.text), element.tail
