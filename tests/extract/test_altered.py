"""Altered copies of pages: what is put beside a story is none of it, and what is the story's stays."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from bench.altered import alter
from pipeline.extract.lines import page_lines
from pipeline.extract.page import Page, parse_page
from pipeline.model import PageHints

STORY = [f"Paragraph {n} tells at some length what the harbour authority did about the pillars." for n in range(6)]
NEIGHBOUR = [f"Passage {n} is of a festival in the valley, of which nobody at the harbour has heard." for n in range(6)]


def parse(texts: list[str]) -> Page:
    items = "".join(f"<li class=item><a href='/{n}'>Headline number {n}</a></li>" for n in range(8))
    body = "".join(f"<p>{text}</p>" for text in texts)
    markup = f"<html><body><div id=story class='story main'>{body}</div><ul class=more>{items}</ul></body></html>"
    return parse_page(markup.encode(), "http://a.example/quay", PageHints())


def labels_of(page: Page, texts: list[str]) -> list[bool]:
    return [line.text in texts for line in page.lines]


@given(st.integers())
@settings(deadline=None, max_examples=40)
def test_an_altered_copy_keeps_its_story(seed: int) -> None:
    page, neighbour = parse(STORY), parse(NEIGHBOUR)
    labels = alter(page, labels_of(page, STORY), neighbour, labels_of(neighbour, NEIGHBOUR), random.Random(seed))
    lines = page_lines(page.tree)
    assert len(labels) == len(lines) >= len(page.lines)
    assert [line.text for line, is_story in zip(lines, labels, strict=True) if is_story] == STORY


def test_copies_get_posts_boxes_and_other_names() -> None:
    sizes, names = set(), set()
    for seed in range(20):
        page, neighbour = parse(STORY), parse(NEIGHBOUR)
        labels = alter(page, labels_of(page, STORY), neighbour, labels_of(neighbour, NEIGHBOUR), random.Random(seed))
        sizes.add(len(labels))
        names.update(element.get("class") for element in page.elements if element.tag == "div")
    assert len(sizes) > 5
    assert {"story main", ""} < names


def test_the_same_seed_alters_alike() -> None:
    texts = []
    for _ in range(2):
        page, neighbour = parse(STORY), parse(NEIGHBOUR)
        alter(page, labels_of(page, STORY), neighbour, labels_of(neighbour, NEIGHBOUR), random.Random(3))
        texts.append([(line.text, line.hint) for line in page_lines(page.tree)])
    assert texts[0] == texts[1]
