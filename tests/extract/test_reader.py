"""The learned reader: figures of lines, the choice among them, and what it says of those it leaves out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from bench.labels import label_lines
from pipeline.extract.article import extract_article
from pipeline.extract.lines import page_lines
from pipeline.extract.page import Page, parse_page
from pipeline.extract.reader.ancestors import FAR, line_ancestors
from pipeline.extract.reader.choice import choose_lines
from pipeline.extract.reader.figures import FIGURES, line_figures, page_figures
from pipeline.extract.reader.model import line_probabilities, load_model
from pipeline.extract.reader.second_pass import SECOND_FIGURES, line_containers
from pipeline.extract.template import LEFT_OUT
from pipeline.model import PageHints, SpanKind
from pipeline.text.grammar import load_grammar

TEXTS = [
    f"Paragraph {n} tells at some length what the harbour authority did about the cracked pillars." for n in range(12)
]
HINTS = PageHints()
ASIDE = "Readers of this page may also like to hear at some length of the festival that opens in the valley on Sunday."
STANDFIRST = "Ships are sent elsewhere while repairs go on at the quay."


def parse(body: str, head: str = "") -> Page:
    markup = f"<html><head><title>Quay closed</title>{head}</head><body><h1>Quay closed</h1>{body}</body></html>"
    return parse_page(markup.encode(), "http://a.example/quay", HINTS)


def paragraphs(*texts: str) -> str:
    return "".join(f"<p>{text}</p>" for text in texts)


def test_the_model_was_learned_from_these_figures() -> None:
    assert load_model().first.names == FIGURES
    assert load_model().second.names == SECOND_FIGURES


def test_a_figure_for_each_name_and_line() -> None:
    page = parse(f"<div class=story>{paragraphs(*TEXTS)}</div>")
    figures = page_figures(page)
    assert figures.shape == (len(page.lines), len(FIGURES))
    assert np.isfinite(figures).all()
    lengths = figures[:, FIGURES.index("characters")]
    assert lengths.tolist() == [len(line.text) for line in page.lines]


def test_posts_of_readers_are_alike_and_dated() -> None:
    posts = "".join(f"<li class=x><b>Ann</b><p>3.5.2024, 12:{n}</p><p>{ASIDE}</p></li>" for n in range(10, 15))
    page = parse(f"<div>{paragraphs(*TEXTS[:4])}</div><ul>{posts}</ul>")
    figures = page_figures(page)
    story, post = (next(n for n, line in enumerate(page.lines) if line.text == text) for text in (TEXTS[0], ASIDE))
    names = ("alike_parent", "alike_most", "place_containers", "dated_before", "dated_behind", "dated_grandparent")
    columns = [FIGURES.index(name) for name in names]
    assert figures[story, columns].tolist() == [1, 1, 1, 0, 5, 5]
    assert figures[post, columns].tolist() == [5, 5, 5, 1, 4, 5]


def test_posts_longer_than_the_story_are_none_of_it() -> None:
    posts = "".join(
        f"<div class=q><b>ann{n} (guest) 3.5.24, 12:{n}</b><div>{ASIDE} {ASIDE}</div><a href='#{n}'>reply</a></div>"
        for n in range(10, 40)
    )
    page = parse(f"<div><div>{paragraphs(*TEXTS[:4])}</div><div><h3>Posts (30)</h3>{posts}</div></div>")
    assert [page.lines[n].text for n in choose_lines(page).chosen] == TEXTS[:4]


def test_a_container_sums_what_stands_in_it() -> None:
    page = parse(f"<div class=story>{paragraphs(*TEXTS[:4])}</div><div class=other>{paragraphs(*TEXTS[4:])}</div>")
    shares = page_figures(page)[:, FIGURES.index("parent_running_of_page")]
    lines = {line.text: share for line, share in zip(page.lines, shares, strict=True)}
    assert lines[TEXTS[0]] == pytest.approx(4 / 12, abs=0.01)
    assert lines[TEXTS[5]] == pytest.approx(8 / 12, abs=0.01)


def test_the_nearest_element_of_a_name() -> None:
    tree = html.fromstring(
        "<html><body><div class='relatedStories'><ul><li>One</li></ul></div><p>Two</p></body></html>"
    )
    lines = page_lines(tree)
    above = line_ancestors(lines, tree)
    marked = np.array([(element.get("class") or "") == "relatedStories" for element in above.elements])
    assert above.nearest(marked)[above.of_line].tolist() == [2, FAR]
    assert above.names[above.of_line[1]] == "p."


@given(st.lists(st.sampled_from(["p", "div", "li", "h2", "td"]), min_size=1, max_size=30), st.data())
def test_any_page_has_finite_figures_and_probabilities(tags: list[str], data: st.DataObject) -> None:
    texts = [data.draw(st.text(min_size=1, max_size=30)) for _ in tags]
    tree = html.fromstring("<html><body></body></html>")
    for tag, text in zip(tags, texts, strict=True):
        element = tree.makeelement(tag)
        element.text = "".join(char for char in text if char.isprintable())
        tree[0].append(element)
    lines = page_lines(tree)
    if lines:
        figures = line_figures(lines, tree, "", [])
        assert np.isfinite(figures).all()
        probabilities = line_probabilities(figures, line_containers(lines))
        assert ((probabilities >= 0) & (probabilities <= 1)).all()


def test_the_story_is_chosen_and_surely() -> None:
    menu = "<ul>" + "".join(f"<li><a href='/{n}'>Entry {n}</a></li>" for n in range(20)) + "</ul>"
    page = parse(f"<nav>{menu}</nav><article class=story>{paragraphs(*TEXTS)}</article><footer>{menu}</footer>")
    choice = choose_lines(page)
    assert [page.lines[n].text for n in choice.chosen] == TEXTS
    assert choice.confidence > 0.8
    assert len(choice.probabilities) == len(page.lines)


def test_a_list_of_links_belongs_to_the_line_that_introduces_it() -> None:
    names = ["Kelmouth ticket hall", "Stennis post office", "Quay"]
    items = "".join(f"<li><a href='https://refund.example/{n}'>{name}</a></li>" for n, name in enumerate(names))
    page = parse(
        f"<article class=story>{paragraphs(*TEXTS[:3], 'Refunds:')}<ul>{items}</ul>{paragraphs(*TEXTS[3:])}</article>"
    )
    chosen = [page.lines[n].text for n in choose_lines(page).chosen]
    assert chosen == [*TEXTS[:3], "Refunds:", *names, *TEXTS[3:]]


def test_a_page_without_lines_has_no_story() -> None:
    page = parse_page(b"<html><body><img src=a.jpg></body></html>", "http://a.example/", HINTS)
    assert choose_lines(page).chosen == ()


def test_a_line_that_the_page_calls_its_standfirst_opens_the_story() -> None:
    page = parse(f"<p class='article-subtitle'>{STANDFIRST}</p><div class=story>{paragraphs(*TEXTS)}</div>")
    choice = choose_lines(page)
    assert choice.standfirst is not None
    assert page.lines[choice.standfirst].text == STANDFIRST
    assert choice.chosen[0] == choice.standfirst


@pytest.mark.parametrize(
    ("head", "above"),
    [
        ("", f"<p class='story-lead'>{STANDFIRST}</p>"),
        ("", f"<div class='ContentHeaderDek-x'>{STANDFIRST}</div>"),
        ("", f"<div class='column hasCaption'><h2 class='subtitle'>{STANDFIRST}</h2></div>"),
        ("", f"<p class='excerpt'>{STANDFIRST}</p><div class='modal'><h1>Quay closed</h1></div>"),
        (f"<meta name='description' content='{STANDFIRST}'>", f"<div class='big'>Kelmouth. {STANDFIRST}</div>"),
    ],
)
def test_forms_of_a_standfirst(head: str, above: str) -> None:
    page = parse(f"{above}<div class=story>{paragraphs(*TEXTS)}</div>", head)
    standfirst = choose_lines(page).standfirst
    assert standfirst is not None
    assert page.lines[standfirst].text.endswith(STANDFIRST)


@pytest.mark.parametrize(
    "above",
    [
        f"<p class='misleading'>{STANDFIRST}</p>",
        f"<p class='photo-caption subtitle'>{STANDFIRST}</p>",
        f"<div class='decks-list'>{STANDFIRST}</div>",
    ],
)
def test_what_only_looks_like_a_standfirst(above: str) -> None:
    assert choose_lines(parse(f"{above}<div class=story>{paragraphs(*TEXTS)}</div>")).standfirst is None


def test_what_is_left_out_says_its_probability() -> None:
    story = f"<article class=story>{paragraphs(*TEXTS)}</article>"
    page = f"<h1>Quay closed</h1>{story}<div class=newsletter-promo><p>{ASIDE}</p></div>"
    article = extract_article(
        f"<html><body>{page}</body></html>".encode(), "http://a.example/", PageHints(), load_grammar()
    )
    assert article.body == tuple(TEXTS)
    (span,) = (span for span in article.spans if span.kind is SpanKind.ASIDE)
    assert span.text == ASIDE
    rule, _, probability = span.rule.partition(": probability ")
    assert rule == LEFT_OUT
    assert 0 <= float(probability) < 0.5


def test_labels_follow_the_order_of_the_truth() -> None:
    lines = [TEXTS[2], "Quay closed", *TEXTS[:4], "Share", ASIDE]
    labels = label_lines(lines, "\n".join(TEXTS[:4]))
    assert labels == [False, False, True, True, True, True, False, False]


def test_a_short_line_counts_where_it_fills_a_gap_of_the_truth() -> None:
    lines = ["What next", TEXTS[0], "What next", TEXTS[1]]
    assert label_lines(lines, f"{TEXTS[0]}\nWhat next\n{TEXTS[1]}") == [False, True, True, True]
