"""Other stories below the page's own."""

from __future__ import annotations

import pytest

from pipeline.extract.article import extract_article
from pipeline.model import PageHints
from pipeline.text.grammar import load_grammar

QUAY = [
    "The harbour authority closed the northern quay on Tuesday after inspectors found cracks in two of its pillars.",
    "Ships were sent to the southern basin, where crews worked through the night to make room for them.",
    "Officials expect the repairs to take at least six weeks and to cost about four million crowns.",
]
MUSEUM = [
    "The national museum will open its new wing in the spring, its director said at a ceremony on Monday.",
    "The wing holds four hundred paintings that were kept in cellars for the last thirty years.",
    "Tickets will cost the same as before, and children will go in free of charge on Sundays.",
]
TITLE = "Quay closed after cracks are found"


def p(texts: list[str]) -> str:
    return "".join(f"<p>{text}</p>" for text in texts)


def body_of(content: str) -> tuple[str, ...]:
    html = f'<html><head><meta property="og:title" content="{TITLE}"></head><body><main>{content}</main></body></html>'
    return extract_article(html.encode(), "https://o.example/quay", PageHints(), load_grammar()).body


FIRST = f"<h1>{TITLE}</h1><div>By Ann Example</div>{p(QUAY)}"
STORY = f"<div class=s><header><h1>{TITLE}</h1></header>{p(QUAY)}</div>"


@pytest.mark.parametrize(
    "content",
    [
        f"<article>{FIRST}</article><article><h1>Museum opens new wing</h1>{p(MUSEUM)}</article>",
        f"<article><article>{FIRST}</article><article><h2>Museum opens new wing</h2>{p(MUSEUM)}</article></article>",
        f"<article>{FIRST}</article><article><h2>Museum opens new wing</h2>{p(MUSEUM[:2])}</article>",
        f"{STORY}<div class=s><h1>Museum opens new wing</h1>{p(MUSEUM)}</div>",
        f"{STORY}<div class=s><h2><a href=/m>Museum opens new wing</a></h2>{p(MUSEUM)}</div>",
        f"<section class=s><header><h1>{TITLE}</h1></header>{p(QUAY)}</section>"
        f"<section class='s next'><h2>Museum opens new wing</h2><time>4 May 2025</time>{p(MUSEUM)}</section>",
        f"<div>{FIRST}<h1>Museum opens new wing</h1><div>By Bob Sample</div>{p(MUSEUM)}</div>",
        f"<div>{FIRST}<h2>Museum opens new wing</h2><div>4 May 2025</div><div>By Bob Sample</div>{p(MUSEUM)}</div>",
    ],
)
def test_an_appended_story_is_cut(content: str) -> None:
    assert body_of(content) == tuple(QUAY)


@pytest.mark.parametrize(
    "content",
    [
        f"<div>{FIRST}<h2>What comes next</h2>{p(MUSEUM)}</div>",
        f"{STORY}<div class=s><h2>What comes next</h2>{p(MUSEUM)}</div>",
        f"{STORY}<div class=s>{p(QUAY[:2])}</div><div class=s><h1>Museum</h1>{p(MUSEUM)}</div>",
        f"<article>{FIRST}</article><article>{p(MUSEUM)}</article>",
        f"<article><h1>{TITLE}</h1></article><article><h2>What comes next</h2>{p(QUAY + MUSEUM)}</article>",
        f"<article><article>{FIRST}</article><h2>What comes next</h2>{p(MUSEUM)}</article>",
        f"<div><h1>{TITLE}</h1>{p(QUAY)}<h2>{TITLE}</h2><div>By Ann Example</div>{p(MUSEUM)}</div>",
    ],
)
def test_what_has_no_headline_and_byline_of_its_own_is_the_story(content: str) -> None:
    assert set(MUSEUM) <= set(body_of(content))
