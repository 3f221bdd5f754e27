"""The text of pages that show none is read from their data, and only there."""

from __future__ import annotations

import json
from html import escape
from typing import Any

import pytest
from lxml import html

from pipeline.errors import NotAnArticle
from pipeline.extract.article import extract_article
from pipeline.extract.page_data import page_data_paragraphs
from pipeline.model import PageHints
from pipeline.text.grammar import load_grammar

TITLE = "Mill pond is drained for repairs"
TEXT = [
    "The mill pond above the old weir will be drained for the first time in thirty years, the parish said.",
    "“The sluice has leaked since the flood of last spring,” said the warden, who has kept it since 1998.",
    "Fish are moved to the lower basin by hand, and the footpath stays open while the masons are at work.",
]
MARKUP = "".join(f"<p>{text}</p>" for text in TEXT)
ADDRESS = "https://o.example/pond"


def page(body: str, head: str = "") -> str:
    shell = f'<html><head><title>{TITLE}</title>{head}</head><body><div id="app"><p>Loading</p></div>'
    return f"{shell}{body}</body></html>"


def read(body: str, head: str = "") -> list[str]:
    return page_data_paragraphs(html.document_fromstring(page(body, head)), [TITLE], ADDRESS)


def script(value: Any, attributes: str = 'type="application/json"', before: str = "", after: str = "") -> str:
    return f"<script {attributes}>{before}{json.dumps(value)}{after}</script>"


def article(text: Any) -> dict[str, Any]:
    return {"@type": "NewsArticle", "headline": TITLE, "articleBody": text}


def state(key: str, value: Any) -> dict[str, Any]:
    related = [{"title": "Another story", "body": "Short."}] * 3
    comments = [{"text": "A comment that is longer than the article itself. " * 40}]
    return {"props": {"story": {"title": TITLE, key: value}, "related": related, "comments": comments}}


@pytest.mark.parametrize("text", ["\n\n".join(TEXT), MARKUP, escape(MARKUP), "\r\n".join(TEXT), TEXT])
def test_json_ld(text: Any) -> None:
    assert read(script(article(text), 'type="application/ld+json"')) == TEXT
    pushed = [0, {"type": "application/ld+json", "children": json.dumps(article(text))}]
    assert read(script(pushed, "", "(self.__next_s=self.__next_s||[]).push(", ")")) == TEXT


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("body", MARKUP),
        ("bodyHtml", MARKUP),
        ("text", "\n".join(TEXT)),
        ("paragraphs", TEXT),
        ("content", [{"type": "paragraph", "text": text} for text in TEXT]),
        ("content", [{"text": text} for text in TEXT]),
        ("content", {"rendered": MARKUP}),
        ("content_elements", [{"type": "text", "content": text} for text in TEXT]),
        ("body", [{"_type": "block", "children": [{"text": text[:9]}, {"text": text[9:]}]} for text in TEXT]),
        (
            "body",
            {"nodeType": "document", "content": [
                {"nodeType": "paragraph", "content": [{"nodeType": "text", "value": text}]} for text in TEXT
            ]},
        ),
    ],
)  # fmt: skip
def test_data_of_scripts(key: str, value: Any) -> None:
    data = state(key, value)
    assert read(script(data, 'id="__NEXT_DATA__" type="application/json"')) == TEXT
    assert read(script(data, "", "window.__INITIAL_STATE__ = ", ";(function(){})()")) == TEXT
    assert read(script(json.dumps(data), "", "window.state = JSON.parse(", ");")) == TEXT


def test_elements_that_a_page_passes_on_in_pieces() -> None:
    elements = [["$", "p", None, {"children": [text[:20], ["$", "a", None, {"children": text[20:]}]]}] for text in TEXT]
    line = "7:" + json.dumps(["$", "article", None, {"children": elements}])
    pieces = (f"1:I[2,[],0]\n{line[:90]}", line[90:])
    pushes = "".join(script([1, piece], "", "self.__next_f.push(", ")") for piece in pieces)
    assert read(pushes) == TEXT
    assert read(script([1, f"4:T{len(MARKUP.encode()):x},{MARKUP}5:null"], "", "self.__next_f.push(", ")")) == TEXT


def test_text_for_readers_without_scripts() -> None:
    assert read(f"<noscript><p>Please turn on JavaScript.</p>{MARKUP}</noscript>") == TEXT
    assert read("<noscript>" + "You need to enable JavaScript to run this app, which is made of it. " * 9) == []


@pytest.mark.parametrize(
    "body",
    [
        script({"a": "[" * 100_000}),
        "<script>x = " + "[" * 100_000 + "</script>",
        "<script>" + "x=[" * 30_000 + "</script>",
        "<script>self.__next_f.push([1,</script>",
        script({"body": "<p>x</p><a " + "b='' " * 30_000 + ">" + "long text " * 40}),
        script({"body": [[[[{"body": None}]]], 3, True]}),
        script({"body": {"content": 7}, "text": ["$"]}),
        script({"children": ["$", ["p"], None, {"children": "x"}], "body": [["$", "p", 1, 2]]}),
    ],
)
def test_hostile_data_is_no_text(body: str) -> None:
    assert read(body + "<p></p>") == []


def test_only_a_page_without_text_is_read_by_its_data() -> None:
    grammar = load_grammar()
    data = script(state("body", MARKUP))
    assert extract_article(page(data).encode(), ADDRESS, PageHints(), grammar).body == tuple(TEXT)
    paragraphs = "".join(f"<p>{text.replace('the', 'a')}</p>" for text in TEXT)
    visible = page(f"<article><h1>{TITLE}</h1>{paragraphs}</article>{data}").encode()
    assert extract_article(visible, ADDRESS, PageHints(), grammar).body[0].startswith("The mill pond above a old")
    with pytest.raises(NotAnArticle):
        extract_article(page(script(state("body", "Short."))).encode(), ADDRESS, PageHints(), grammar)
