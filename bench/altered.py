"""Altered copies of pages to learn from: readers' posts below the story, a box of another page, names without meaning.

The pages of a collection share the habits of their time: few of those at hand have posts of readers, which on others
are longer than the story, and the classes of most say what they hold. Altered copies are learned from beside the pages
themselves, and never measured on.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

from pipeline.extract.lines import Line, page_lines
from pipeline.extract.page import Page

# How many copies get posts, a box, names without meaning, no names.
POSTS, BOX, SCRAMBLED, UNNAMED = 0.75, 0.5, 0.5, 0.15
# How many copies with posts say so in their classes.
NAMED_SHARE = 0.35
NUMBERS_OF_POSTS = (3, 5, 8, 12, 20, 30, 45)
# Levels above the last line of the story where posts and boxes may stand.
LEVELS = 5
POST_LEAST, POST_MOST, LINKED_MOST = 25, 600, 0.3
BOX_LEAST, BOX_MOST = 4, 40
OUTERMOST = ("body", "html")
LETTERS = "abcdefghijklmnoprstuvwxz"
NAME = re.compile(r"[^\s]+")
Labels = Sequence[bool]


def alter(page: Page, labels: Labels, neighbour: Page, neighbour_labels: Labels, chance: random.Random) -> list[bool]:
    """Change the tree of a page and return the labels of its lines then. ``labels``: which lines are the story's."""
    labelled = {(line.block, line.text): is_story for line, is_story in zip(page.lines, labels, strict=True)}
    if chance.random() < POSTS:
        texts = [line.text for line in neighbour.lines if _is_post(line)]
        if texts:
            _insert(_Posts(page.tree, texts, chance).element(), page, labels, chance)
    if chance.random() < BOX and (box := _box(neighbour, neighbour_labels, chance)) is not None:
        _insert(box, page, labels, chance)
    _rename(page.elements, chance)
    return [labelled.get((line.block, line.text), False) for line in page_lines(page.tree)]


def _is_post(line: Line) -> bool:
    return POST_LEAST <= len(line.text) <= POST_MOST and line.linked < LINKED_MOST


def _insert(element: Any, page: Page, labels: Labels, chance: random.Random) -> None:
    """Put the element behind the last line of the story, or behind one of the elements around it."""
    last = max(n for n, is_story in enumerate(labels) if is_story)
    place = page.lines[last].block
    around = [] if place is None else [place, *place.iterancestors()]
    places = [place for place in around if place.tag not in OUTERMOST and place.getparent() is not None]
    if places:
        chance.choice(places[: 1 + LEVELS]).addnext(element)


def _box(page: Page, labels: Labels, chance: random.Random) -> Any:
    """Return a copy of an element of the page that holds some lines and none of the story; None where there is none."""
    story: set[Any] = set()
    counts: dict[Any, int] = {}
    for line, is_story in zip(page.lines, labels, strict=True):
        around = [line.block, *line.block.iterancestors()] if line.block is not None else []
        story.update(around if is_story else ())
        for element in around:
            counts[element] = counts.get(element, 0) + 1
    boxes = [element for element, count in counts.items() if BOX_LEAST <= count <= BOX_MOST and element not in story]
    if not boxes:
        return None
    box = deepcopy(chance.choice(boxes))
    box.tail = None
    return box


def _rename(elements: Sequence[Any], chance: random.Random) -> None:
    """Give each class and id a word without meaning, the same all over the page; or take them off; or leave them."""
    drawn = chance.random()
    if drawn >= SCRAMBLED + UNNAMED:
        return
    words: dict[str, str] = {}
    for element in elements:
        for name in (name for name in ("class", "id") if element.get(name)):
            scrambled = NAME.sub(lambda match: words.setdefault(match[0], _word(chance)), element.get(name))
            element.set(name, scrambled if drawn < SCRAMBLED else "")


def _word(chance: random.Random) -> str:
    return "".join(chance.choice(LETTERS) for _ in range(chance.randint(3, 9)))


def _name(chance: random.Random) -> str:
    first, last = _word(chance), _word(chance)
    return chance.choice(
        [first, first.capitalize(), f"{first.capitalize()} {last.capitalize()}", f"~{first}", f"{first}{len(last)}"]
    )


# How posts are dated: year, month, day, hour, minute and a word.
STAMPS: tuple[Callable[[int, int, int, int, int, str], str], ...] = (
    lambda y, m, d, h, s, _: f"{d:02d}.{m:02d}.{y % 100:02d}, {h:02d}:{s:02d}:{s:02d}",
    lambda y, m, d, h, s, _: f"[{y}-{m:02d}-{d:02d} {h:02d}:{s:02d}]",
    lambda y, _m, d, h, s, word: f"{word.capitalize()} {d}, {y} at {h % 12 + 1}:{s:02d} {'ap'[h > 11]}m",
    lambda y, _m, d, h, s, word: f"{d} {word} {y}, {h:02d}:{s:02d}",
    lambda y, m, d, h, s, _: f"{y}年{m}月{d}日 {h:02d}:{s:02d}",
    lambda y, m, d, h, s, _: f"{m}/{d}/{y} {h}:{s:02d}",
    lambda _y, _m, d, _h, _s, word: f"{d} {word} ago",
    lambda y, m, d, _h, _s, _word: f"{d:02d}/{m:02d}/{y}",
)


class _Posts:
    """A box of readers' posts, all of one form that is drawn by chance."""

    def __init__(self, tree: Any, texts: Sequence[str], chance: random.Random) -> None:
        self.make = tree.makeelement
        self.texts, self.chance = texts, chance
        self.has_names = chance.random() < NAMED_SHARE
        self.box_tag = chance.choice(["div", "div", "section", "ul", "ol", "table"])
        self.item = self._attributes("comment", "post", "comment-body", "reply")
        self.text = self._attributes("comment-text", "text", "body", "content")
        self.head = self._attributes("author", "nick", "meta", "date")
        self.stamp = chance.choice(STAMPS)
        self.layout = chance.randint(0, 3)
        self.text_tag = chance.choice(["p", "div", "p", "dd"])
        self.actions = [_word(chance) for _ in range(chance.randint(0, 3))]

    def element(self) -> Any:
        """Return the box."""
        box = self.make(self.box_tag, self._attributes("comments", "comment-list", "discussion", "forum"))
        heading = f"{_word(self.chance).capitalize()} ({self.chance.randint(2, 300)})"
        self._add(box, self.chance.choice(["h2", "h3", "div", "p"]), {}, heading)
        for _ in range(self.chance.choice(NUMBERS_OF_POSTS)):
            self._add_post(box)
        return box

    def _attributes(self, *names: str) -> dict[str, str]:
        bare = self.chance.random() < 0.2
        return {} if bare else {"class": self.chance.choice(names) if self.has_names else _word(self.chance)}

    def _add_post(self, box: Any) -> None:
        tags = {"ul": ("li",), "ol": ("li",), "table": ("tr", "td")}.get(self.box_tag, ("div",))
        post = box
        for tag in tags:
            post = self._add(post, tag, self.item)
        author, stamp = _name(self.chance), self._stamp()
        heads = [[f"{author}, {stamp}"], [author, stamp], [f"{author} {stamp}"], []][self.layout]
        for head in heads:
            self._add(post, "div", self.head, head)
        for _ in range(self.chance.choice([1, 1, 1, 2, 2, 3, 4])):
            self._add(post, self.text_tag, self.text, self.chance.choice(self.texts))
        if not heads:
            self._add(post, "div", self.head, f"{author} {stamp}")
        for action in self.actions:
            self._add(self._add(post, "div", {}), "a", {"href": "#"}, action)

    def _stamp(self) -> str:
        draw = self.chance.randint
        return self.stamp(draw(2008, 2026), draw(1, 12), draw(1, 28), draw(0, 23), draw(0, 59), _word(self.chance))

    def _add(self, parent: Any, tag: str, attributes: dict[str, str], text: str = "") -> Any:
        element = self.make(tag, attributes)
        element.text = text
        parent.append(element)
        return element
