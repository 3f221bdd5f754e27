"""Words that a page's markup takes apart: drop caps in elements of their own, and readings above characters (ruby)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from pipeline.extract.lines import INLINE, page_lines

# What frameworks and outlets call the first letter of a text that is set large.
CAP_CLASS = re.compile(
    r"(?<![a-z])(?:drop-?_?(?:ped)?-?_?(?:caps?|letter)|(?:first|initial|big|large|lead)-?_?(?:letter|caps?)|lettrine|letrine"
    r"|capitular|capolettera|initiale?|versal|cap)(?![a-z])",
    re.IGNORECASE,
)
CAP_STYLE = re.compile(r"(?:^|[;\s])(?:float\s*:\s*left|initial-letter\s*:)", re.IGNORECASE)
# A letter, with a mark of quotation before it.
CAP = re.compile(r"[«»„“”\"'‘’‚‹¿¡(\[]{0,2}[^\W\d_][\u0300-\u036f]?['’]?|[«„“\"‘]")
CAP_MOST = 24
CAP_TAGS = frozenset({"p", "div", "span", "b", "strong", "em", "i", "big", "font", "small", "figure", "h2", "h3"})
# Letters that are words of many languages: what follows them may be the next word. Others are where the page has them so.
WORD_LETTERS = frozenset("aàáeéèiíoóuúyаоуяи")
# A paragraph that a single letter without a class may begin.
PARAGRAPH_LEAST = 40
WORD = re.compile(r"(?<!['’])\b\w+\b(?!['’]\w)")
READINGS = ("rt", "rp", "rtc")
RUBY = frozenset({"ruby", "rb", "rbc", *READINGS})


def without_readings(tree: Any) -> None:
    """Drop the readings that stand above characters, which repeat them. Changes the tree."""
    for reading in list(tree.iter(*READINGS)):
        above = reading.getparent()
        if above is not None and above.tag in RUBY:
            base = next(reading.iter("rb"), None)
            if base is not None:  # the parser ends no reading where the next character begins
                reading.addnext(base)
            reading.clear(keep_tail=True)
            reading.tag = "span"


def join_first_letters(elements: Sequence[Any]) -> None:
    """Join each first letter that has an element of its own with the rest of its word. Changes the elements' tree."""
    caps = [element for element in elements if element.tag in CAP_TAGS and _is_cap(element)]
    words = Counter(_words(elements[0]) if caps else ())
    for element in caps:
        if element.getparent() is not None and _is_cap(element):  # what is joined already is none
            _join(element, words)


def _words(tree: Any) -> Iterator[str]:
    return (word for line in page_lines(tree) for word in WORD.findall(line.text.lower()))


def _is_cap(element: Any) -> bool:
    """Whether the element holds one capital letter, and its markup or its place says that it begins a text."""
    if not _is_short(element) or CAP.fullmatch(letter := _own_text(element)) is None or letter != letter.upper():
        return False
    return _is_called_cap(element) or (_begins_block(element) and _is_followed_by_rest(element))


def _is_short(element: Any) -> bool:
    text = element.text
    if text and len(text) > CAP_MOST:
        return False
    return bool(text and text.strip()) if not len(element) else len(element) == 1 and not (text and text.strip())


def _own_text(element: Any) -> str:
    inner = element[0] if len(element) else None
    if inner is None:
        return (element.text or "").strip()
    if len(inner) or not isinstance(inner.tag, str) or (inner.tail and inner.tail.strip()):
        return ""
    return (inner.text or "")[: CAP_MOST + 1].strip()


def _is_called_cap(element: Any) -> bool:
    inner = element[0] if len(element) else element
    return any(
        CAP_CLASS.search(holder.get("class") or "") is not None
        or CAP_STYLE.search(holder.get("style") or "") is not None
        for holder in (element, inner)
    )


def _begins_block(element: Any) -> bool:
    """Whether nothing stands before an element of words in its paragraph; a paragraph of its own always begins."""
    if element.tag in ("p", "div"):
        return True
    above = element.getparent()
    return above is not None and above.tag == "p" and above[0] is element and not (above.text or "").strip()


def _is_followed_by_rest(element: Any) -> bool:
    """Whether the text goes on in small letters: in a paragraph for a block."""
    rest = _rest(element)
    return rest.lstrip()[:1].islower() and len(rest) >= PARAGRAPH_LEAST


def _rest(element: Any) -> str:
    """Return the text behind the element: up to the next element, or the beginning of that."""
    tail = element.tail or ""
    following = element.getnext()
    if tail.strip() or following is None or not isinstance(following.tag, str):
        return tail
    if following.tag not in INLINE and following.tag != "p":
        return ""
    inner = next((text for text in following.itertext() if text.strip()), "")
    return inner if _stands_apart(element) else tail + inner


def _stands_apart(element: Any) -> bool:
    """Whether a line ends between the element and the text behind it, which is another element's."""
    following = element.getnext()
    if (element.tail or "").strip() or following is None:
        return False
    return element.tag not in INLINE or following.tag not in INLINE


def _join(element: Any, words: Counter[str]) -> None:
    letter, rest = _own_text(element), _rest(element)
    if not rest.strip():
        return
    joined = _letter_before(rest, letter, is_word=_is_word(letter, rest, words, begins_line=_stands_apart(element)))
    if _stands_apart(element):
        _give_to_paragraph(element, joined)
    else:
        _set_text(element, joined)


def _letter_before(rest: str, letter: str, *, is_word: bool) -> str:
    """Return what the reader reads before the rest: the letter once, and a blank only behind a word."""
    text = rest.lstrip()
    if text[:1] == letter[-1:] and text[1:2].islower():
        return ""
    return f"{letter} " if is_word else letter


def _is_word(letter: str, rest: str, words: Counter[str], *, begins_line: bool) -> bool:
    """Whether a letter is a word of its own, told by the words of the page where the letter may be one."""
    word = WORD.match(rest.lstrip().lower())
    if word is None:
        return rest[:1].isspace()
    small = letter.lower()
    if not (small in WORD_LETTERS or words[small] > 1) or small + word[0] in words:
        return False
    return rest[:1].isspace() or (begins_line and words[word[0]] > 1)


def _set_text(element: Any, text: str) -> None:
    """Make the element one of words with this text; nothing stands between it and the rest."""
    for inner in list(element):
        element.remove(inner)
    element.tag = element.tag if element.tag in INLINE else "span"
    element.text = text
    element.tail = (element.tail or "").lstrip()


def _give_to_paragraph(element: Any, text: str) -> None:
    following = element.getnext()
    following.text = text + (following.text or "").lstrip()
    element.drop_tree()
