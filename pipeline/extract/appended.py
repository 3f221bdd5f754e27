"""Other stories that a page appends to its own: in an element of the same make, or below a headline with a byline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.extract.lines import Line
from pipeline.text.boilerplate import BYLINE_LEAD, SENTENCE_END
from pipeline.text.grammar import Grammar
from pipeline.text.normalize import fold
from pipeline.text.wire import line_spans
from pipeline.text.written_dates import written_date

HEADLINES = ("h1", "h2", "h3")
RUNNING_LEAST, LINKED_MOST = 80, 0.5
# Paragraphs that a story has before another one can follow it.
STORY_LEAST = 2
# A byline stands among this many lines below its headline.
NEAR, BYLINE_MOST = 2, 80
# The element that holds the headline is the story's where it holds at least this share of the page's running text.
OWN_SHARE = 0.3


def other_stories(lines: Sequence[Line], heading: str, grammar: Grammar) -> frozenset[str]:
    """Return the texts of the lines that are another story's and stand nowhere in the page's own."""
    headlines = [n for n, line in enumerate(lines) if line.tag in HEADLINES and fold(line.text) == fold(heading)]
    if not headlines:
        return frozenset()
    start = headlines[-1]  # some pages say it again above the text
    appended = _in_other_elements(lines, start) | _in_sibling_elements(lines, start, grammar)
    end = _next_headline(lines, start, grammar)
    appended |= set(range(end, len(lines)))
    story_texts = {line.text for n, line in enumerate(lines) if n not in appended}
    return frozenset(lines[n].text for n in appended) - story_texts


def _in_other_elements(lines: Sequence[Line], start: int) -> set[int]:
    """Lines after the headline in ``article`` elements that do not hold it, but a headline of their own."""
    block = lines[start].block
    around = [] if block is None else [block, *block.iterancestors()]
    story = next((element for element in around if element.tag == "article"), None)
    if story is None:
        return set()
    inside: dict[Any, list[int]] = {}
    article_of = dict.fromkeys([None, *story.iterancestors()]) | {story: story}
    for n, line in enumerate(lines):
        inside.setdefault(_article(line.block, article_of), []).append(n)
    if _running(lines, inside[story]) < OWN_SHARE * _running(lines, range(len(lines))):
        return set()
    other_articles = [numbers for element, numbers in inside.items() if element is not None and element is not story]
    return {
        n
        for numbers in other_articles
        if numbers[0] > start and any(lines[n].tag in HEADLINES for n in numbers)
        for n in numbers
    }


def _in_sibling_elements(lines: Sequence[Line], start: int, grammar: Grammar) -> set[int]:
    """Lines in elements that follow one around the headline and are of its make, if each that holds text is a story: else
    they are the parts of one."""
    inside: dict[Any, list[int]] = {}
    siblings = _sibling_elements(lines[start].block)
    for n in range(start + 1, len(lines)) if siblings else ():
        element = _nearest(lines[n].block, siblings)
        inside.setdefault(element, []).append(n)
    story = inside.pop(None, [])
    if sum(_runs(lines[n]) for n in story) < STORY_LEAST:
        return set()
    parts = [numbers for numbers in inside.values() if any(_runs(lines[n]) for n in numbers)]
    are_stories = all(_opens_story([lines[n] for n in numbers], grammar) for numbers in parts)
    return {n for numbers in parts for n in numbers} if are_stories else set()


def _sibling_elements(block: Any) -> set[Any]:
    """The elements behind those around the block, each of the tag and first class of the one that it follows."""
    around = [] if block is None else [block, *block.iterancestors()]
    siblings = ((element, sibling) for element in around for sibling in element.itersiblings(element.tag))
    return {sibling for element, sibling in siblings if _make(element) and _make(sibling) == _make(element)}


def _make(element: Any) -> str:
    return next(iter((element.get("class") or "").split()), "")


def _nearest(element: Any, siblings: set[Any]) -> Any:
    while element is not None and element not in siblings:
        element = element.getparent()
    return element


def _opens_story(lines: Sequence[Line], grammar: Grammar) -> bool:
    """Whether a headline stands first, and text below it: an h1, a link, or one with a byline or a time. Any other is a
    subhead of a text in parts."""
    n = next((n for n, line in enumerate(lines[: 1 + NEAR]) if line.tag in HEADLINES), None)
    if n is None or sum(map(_runs, lines[n + 1 :])) < STORY_LEAST:
        return False
    below = lines[n + 1 : n + 1 + NEAR]
    is_headline = lines[n].tag == "h1" or lines[n].linked >= LINKED_MOST
    return is_headline or _signed(below, grammar) or any(map(_is_time, below))


def _is_time(line: Line) -> bool:
    return len(line.text) <= BYLINE_MOST and not SENTENCE_END.search(line.text) and written_date(line.text) is not None


def _article(element: Any, article_of: dict[Any, Any]) -> Any:
    """The outermost ``article`` around that ``article_of`` does not say to be none, if there is one."""
    path: list[Any] = []
    while element not in article_of:
        path.append(element)
        element = element.getparent()
    outermost = article_of[element]
    for below in reversed(path):
        if outermost is None and below.tag == "article":
            outermost = below
        article_of[below] = outermost
    return outermost


def _running(lines: Sequence[Line], numbers: Sequence[int]) -> int:
    return sum(len(lines[n].text) for n in numbers if _runs(lines[n]))


def _runs(line: Line) -> bool:
    return len(line.text) >= RUNNING_LEAST and line.linked < LINKED_MOST


def _next_headline(lines: Sequence[Line], start: int, grammar: Grammar) -> int:
    """Where a headline with a byline below it follows running text; the number of lines where none does.

    A page whose first such headline comes before any text is a collection, and all of it one.
    """
    running = 0
    for n in range(start + 1, len(lines)):
        running += _runs(lines[n])
        if lines[n].tag in ("h1", "h2") and _signed(lines[n + 1 : n + 1 + NEAR], grammar):
            return n if running >= STORY_LEAST else len(lines)
    return len(lines)


def _signed(below: Sequence[Line], grammar: Grammar) -> bool:
    return any(_byline(line.text, grammar) for line in below if len(line.text) <= BYLINE_MOST)


def _byline(text: str, grammar: Grammar) -> bool:
    """By the grammar, or a word for "by" before a name of two words."""
    names = BYLINE_LEAD.sub("", text).split()[:2] if BYLINE_LEAD.match(text) and not SENTENCE_END.search(text) else []
    has_name = len(names) == 2 and all(name[0].isupper() for name in names)
    return has_name or any(span.is_whole_block and span.rule == "byline" for span in line_spans(text, "first", grammar))
