"""Texts in markup of many makes."""

from __future__ import annotations

from pipeline.extract.article import extract_article
from pipeline.model import PageHints
from pipeline.text.grammar import load_grammar

TEXTS = [
    f"Paragraph {n} tells at some length what the harbour authority did about the cracked pillars." for n in range(9)
]


ITEMS = [
    "Ships wait in the southern basin until the divers have looked at every pillar.",
    "Crews work through the night to make room for the cargo that is still at sea.",
]


def read(body: str) -> list[str]:
    page = f"<html><head><title>Quay closed</title></head><body><h1>Quay closed</h1>{body}</body></html>"
    return list(extract_article(page.encode(), "http://a.example/1", PageHints(), load_grammar()).body)


def p(*texts: str) -> str:
    return "".join(f"<p>{text}</p>" for text in texts)


def test_a_list_between_two_paragraphs_is_text() -> None:
    items = "".join(f"<li>{item}</li>" for item in ITEMS)
    body = f"<div class=story>{p(*TEXTS[:3])}<ul>{items}</ul>{p(*TEXTS[3:5])}</div>"
    assert read(body) == [*TEXTS[:3], *ITEMS, *TEXTS[3:5]]


def test_a_text_in_several_containers_of_one_make_is_whole() -> None:
    body = f"<div>{''.join(f'<div class=chunk>{p(*TEXTS[n : n + 3])}</div>' for n in (0, 3, 6))}</div>"
    assert read(body) == TEXTS


def test_comments_are_no_text() -> None:
    for name in ("comment", "post_comment body", "comments-list"):
        comments = f"<div class='{name}'><div class=text>{p(*TEXTS[3:6])}</div></div>"
        assert read(f"<main><div><div class=text>{p(*TEXTS[:3])}</div>{comments}</div></main>") == TEXTS[:3]


def test_a_word_that_only_looks_like_a_comment_is_none() -> None:
    assert read(f"<div><div class=commentary>{p(*TEXTS[:3])}</div></div>") == TEXTS[:3]


def test_text_in_inline_elements_counts() -> None:
    banner = "A lock means that you are on an official site of the harbour."
    paragraphs = "".join(f"<p><em>{text}</em></p>" for text in TEXTS)
    assert read(f"<section><div><p>{banner}</p></div></section><div><div>{paragraphs}</div></div>") == TEXTS


def test_lines_apart_by_breaks_are_a_text() -> None:
    assert read(f"<div><p>{'<br>'.join(TEXTS[:5])}</p></div>") == TEXTS[:5]


def test_a_text_inside_an_element_that_html_does_not_know_is_an_article() -> None:
    story = f"<o:p><x,y><article>{p(*TEXTS)}</article></x,y></o:p>"
    article = extract_article(
        f"<html><body>{story}</body></html>".encode(), "http://a.example/1", PageHints(), load_grammar()
    )
    assert article.body == tuple(TEXTS)
