"""What no reader sees is dropped; what holds the page's text is not."""

from __future__ import annotations

import pytest
from lxml import html

from pipeline.extract.visibility import without_unseen

TEXTS = tuple(
    f"Paragraph {n} tells at some length what the harbour board did about the cracked piers." for n in range(6)
)


def visible_text(body: str, head: str = "") -> str:
    tree = html.document_fromstring(f"<html><head>{head}</head><body>{body}</body></html>")
    without_unseen(list(tree.iter()))
    return " ".join(tree.find("body").text_content().split())


def paragraphs(*texts: str) -> str:
    return "".join(f"<p>{text}</p>" for text in texts)


@pytest.mark.parametrize(
    "attributes",
    [
        'style="display:none"',
        'style="color: red; display : none !important"',
        'style="visibility:hidden"',
        'style="opacity: 0;"',
        'style="opacity:.0"',
        'style="font-size: 0px"',
        'style="transform:scale(0)"',
        'style="position:absolute;left:-9999px"',
        'style="text-indent:-999em"',
        'style="position:absolute;clip:rect(0,0,0,0)"',
        'style="clip: rect(1px 1px 1px 1px)"',
        'style="clip-path: inset(50%)"',
        'style="width:1px;height:1px;overflow:hidden"',
        "hidden",
        'hidden="hidden"',
        'class="note sr-only"',
        'class="visually-hidden"',
        'class="govuk-visually-hidden"',
        'class="screen-reader-text"',
        'class="ScreenReaderText"',
        'class="u-hiddenVisually"',
    ],
)
@pytest.mark.parametrize("tag", ["span", "p"])
def test_what_no_reader_sees_goes_and_what_follows_stays(attributes: str, tag: str) -> None:
    assert visible_text(f"{paragraphs(*TEXTS)}<div>The board <{tag} {attributes}>of all</{tag}>met.</div>").endswith(
        "The board met."
    )


@pytest.mark.parametrize(
    "attributes",
    [
        'style="opacity:0.5"',
        'style="display:block"',
        'style="left:-20px"',
        'style="margin-top:-100px"',
        'style="height:1px"',
        'style="background:url(display-none.png)"',
        'hidden="until-found"',
        'class="screening"',
        'class="hidden-treasure"',
        'aria-hidden="true"',
        'aria-hidden="false" class="icon"',
    ],
)
def test_what_a_reader_sees_stays(attributes: str) -> None:
    assert visible_text(f"{paragraphs(*TEXTS)}<p>The board <span {attributes}>of all</span> met.</p>").endswith(
        "board of all met."
    )


@pytest.mark.parametrize(
    "icon", ["<i class='icon'>arrow_forward</i>", "<span>↗</span>", "<span>(opens in a new tab)</span>"]
)
def test_icons_that_are_hidden_from_screen_readers_go(icon: str) -> None:
    icon = icon.replace(">", " aria-hidden=true>", 1)
    assert visible_text(f"<p>The <a href=/x>board{icon}</a> met.</p>") == "The board met."


def test_the_pages_own_rules_hide_by_single_classes() -> None:
    rules = "<style>.a, .b { display: none } @media print { .c { display:none } } .d .e{display:none}</style>"
    body = "".join(f"<p class='x {name}'>{name}</p>" for name in "abcde")
    assert visible_text(body, rules) == "cde"


def test_a_class_that_another_rule_speaks_of_is_not_hidden_for_sure() -> None:
    rules = "<style>.a{display:none} @media (min-width: 40em) { .a{display:block} }</style>"
    assert visible_text("<p class=a>Text</p>", rules) == "Text"


@pytest.mark.parametrize("attributes", ['style="opacity:0"', "hidden", 'style="visibility:hidden" class="page"'])
def test_a_text_that_a_script_shows_stays(attributes: str) -> None:
    text = visible_text(f"<p hidden>Menu</p><div {attributes}><h1>Piers</h1>{paragraphs(*TEXTS)}</div><p>Loading</p>")
    assert text == f"Piers{''.join(TEXTS)}Loading"


def test_an_element_that_two_marks_hide_goes_once() -> None:
    assert (
        visible_text("<p>The board <span hidden style='display:none' class=sr-only>of all</span>met.</p>")
        == "The board met."
    )


def test_paragraphs_that_are_shown_one_by_one_stay() -> None:
    body = "".join(f"<p style='opacity:0'>{text}</p>" for text in TEXTS)
    assert visible_text(f"{body}<span hidden>machines</span>") == "".join(TEXTS)


def test_hidden_boxes_go_with_all_in_them() -> None:
    boxes = "<div hidden><p>Menu</p></div><div class=sr-only>Skip</div><section style='display:none'>Rain</section>"
    assert visible_text(f"<p>Text</p>{boxes}") == "Text"


def test_letters_without_a_size_go_and_a_box_that_closes_blanks_stays() -> None:
    assert (
        visible_text("<p>Text<span style='font-size:0'>x</span></p><div style='font-size:0'><b>seen</b></div>")
        == "Textseen"
    )
