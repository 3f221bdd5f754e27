"""The article's part of a page, our own reading of it, and what that puts back into another's."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from pipeline.extract.article import extract_article
from pipeline.extract.lines import page_lines
from pipeline.extract.part import filled, main_part, paragraphs
from pipeline.model import PageHints
from pipeline.text.boilerplate import Block
from pipeline.text.grammar import load_grammar

TEXTS = [
    f"Paragraph {n} tells at some length what the harbour authority did about the cracked pillars." for n in range(9)
]


def read(body: str) -> list[str]:
    tree = html.fromstring(f"<html><body>{body}</body></html>")
    lines = page_lines(tree)
    return [line.block.text for line in paragraphs(lines, main_part(tree, lines, 0.9))]


def fill(body: str, found: list[str]) -> list[str]:
    tree = html.fromstring(f"<html><body>{body}</body></html>")
    lines = page_lines(tree)
    own = paragraphs(lines, main_part(tree, lines, 0.9))
    return [block.text for block in filled([Block(text) for text in found], own, lines)]


def p(*texts: str) -> str:
    return "".join(f"<p>{text}</p>" for text in texts)


def test_a_list_between_two_paragraphs_is_put_back() -> None:
    body = f"<div class=story>{p(*TEXTS[:3])}<ul><li>Ships wait</li><li>Crews work</li></ul>{p(*TEXTS[3:5])}</div>"
    assert fill(body, TEXTS[:5]) == [*TEXTS[:3], "Ships wait", "Crews work", *TEXTS[3:5]]


def test_a_text_in_several_containers_of_one_make_is_whole() -> None:
    body = f"<div>{''.join(f'<div class=chunk>{p(*TEXTS[n : n + 3])}</div>' for n in (0, 3, 6))}</div>"
    assert fill(body, TEXTS[3:6]) == TEXTS


def test_text_after_the_last_block_at_another_place_stays_out() -> None:
    body = f"<div><div class=story>{p(*TEXTS[:3])}</div><div class=about>{p(*TEXTS[3:5])}</div></div>"
    assert fill(body, TEXTS[:3]) == TEXTS[:3]


def test_comments_and_cards_of_authors_are_no_reading_of_ours() -> None:
    for name in ("comment", "post_comment body", "comments-list", "vcard"):
        said = f"<div class='{name}'><div class=text>{p(*TEXTS[3:6])}</div></div>"
        body = f"<div><div class=text>{p(*TEXTS[:3])}</div>{said}</div>"
        assert read(f"<main>{body}{p(TEXTS[7])}</main>")[:3] == TEXTS[:3]
        assert TEXTS[4] not in read(body)


def test_a_word_that_only_looks_like_a_comment_is_none() -> None:
    assert read(f"<div><div class=commentary>{p(*TEXTS[:3])}</div></div>") == TEXTS[:3]


@given(st.lists(st.sampled_from(range(9)), unique=True, min_size=1))
def test_what_was_found_stays_in_its_order(numbers: list[int]) -> None:
    found = [TEXTS[n] for n in sorted(numbers)]
    got = fill(f"<div>{p(*TEXTS)}</div>", found)
    assert got == TEXTS  # all stand at one place


@given(st.permutations([TEXTS[0], "A block that is no line of the page", TEXTS[4], TEXTS[2]]))
def test_blocks_in_any_order_are_all_kept(found: list[str]) -> None:
    got = fill(f"<div>{p(*TEXTS)}</div>", found)
    assert [text for text in got if text in found] == found
    assert len(got) == 10


def test_a_link_alone_is_not_put_back() -> None:
    body = f"<div>{p(*TEXTS[:2])}<p><a href=/other>{TEXTS[5]}</a></p>{p(TEXTS[2])}</div>"
    assert fill(body, TEXTS[:3]) == TEXTS[:3]


def test_a_page_of_one_line_many_times_is_read_in_linear_time() -> None:
    """40,000 of them: minutes if each is sought from the first on."""
    found = [TEXTS[0]] * 40_000
    assert fill(f"<div>{p(*found)}</div>", found) == found


def test_white_space_in_a_menu_is_no_text() -> None:
    menu = "".join(f"<div>{' ' * 200}<h6>Entry {n}</h6>{' ' * 200}</div>" for n in range(20))
    assert read(f"<div><div>{menu}</div></div><div>{p(*TEXTS[:2])}</div>") == TEXTS[:2]


def test_text_in_inline_elements_counts() -> None:
    banner = "A lock means that you are on an official site of the harbour."
    written = "".join(f"<p><em>{text}</em></p>" for text in TEXTS)
    assert read(f"<section><div><p>{banner}</p></div></section><div><div>{written}</div></div>") == TEXTS


def test_lines_apart_by_breaks_are_a_text() -> None:
    teasers = "".join(f"<div><p>{text}</p></div>" for text in TEXTS[7:])
    body = f"<div><p>{'<br>'.join(TEXTS[:5])}</p>{teasers}</div>"
    tree = html.fromstring(f"<html><body>{body}</body></html>")
    assert main_part(tree, page_lines(tree), 0.7).tag == "p"


def test_a_text_inside_an_element_that_html_does_not_know_is_an_article() -> None:
    story = f"<o:p><x,y><article>{p(*TEXTS)}</article></x,y></o:p>"
    article = extract_article(
        f"<html><body>{story}</body></html>".encode(), "http://a.example/1", PageHints(), load_grammar()
    )
    assert article.body == tuple(TEXTS)
