"""Links that are text, and those that lead elsewhere."""

from __future__ import annotations

import pytest
from lxml import html

from pipeline.extract.lines import Line, page_lines
from pipeline.extract.links import cards_at_the_end, links_elsewhere
from pipeline.text.boilerplate import Block

TEXT = (
    "<p>The harbour authority closed the northern quay on Tuesday after inspectors had found cracks in its pillars.</p>"
)
URL = "https://o.example/quay"
TITLES = ("The winch that held", "Festival opens in the valley", "Rain is due in the hills")


def lines_of(body: str) -> list[Line]:
    return page_lines(html.fromstring(f"<html><body><div>{body}</div></body></html>"))


def elsewhere(body: str) -> frozenset[str]:
    lines = lines_of(body)
    return links_elsewhere([Block(line.text) for line in lines], {line.text: line for line in lines}, URL)


def test_a_link_leads_elsewhere() -> None:
    assert elsewhere(TEXT + '<p><a href="/winch">The winch that held</a></p>') == {"The winch that held"}


@pytest.mark.parametrize(
    "text",
    [
        '<h3><a id="winch">The winch that held</a></h3>',
        '<p><a href="https://a.example/">Winches at A</a> <a href="https://b.example/">Winches at B</a></p>',
        '<h3><a href="https://a.example/winch">The winch that held</a></h3>',
        '<p><a href="/winch">www.o.example/winch</a></p>',
    ],
)
def test_a_link_that_names_what_it_links_is_text(text: str) -> None:
    assert elsewhere(TEXT + text + TEXT) == frozenset()


def listed(body: str) -> list[str]:
    lines = lines_of(body)
    blocks = [Block(line.text) for line in lines]
    found = cards_at_the_end(blocks, {line.text: line for line in lines}, URL)
    return [block.text for n, block in enumerate(blocks) if n in found]


def card(title: str, about: str = "What it says there", more: str = "", to: str = "/x") -> str:
    return f'<div><h3><a href="{to}">{title}</a></h3><p>{about} of {title}</p>{more}</div>'


CARDS = "".join(map(card, TITLES))


def test_cards_that_end_the_text_list_other_pages() -> None:
    assert len(listed(TEXT + TEXT + CARDS)) == 6


def test_a_list_goes_with_its_heading_and_the_writers_of_its_pages() -> None:
    by = '<p><a href="/ann">Ann Example</a></p>'
    cards = card(TITLES[0]) + card(TITLES[1], more=by) + card(TITLES[2])
    assert listed(TEXT + TEXT + "<h2>From the harbour</h2>" + cards)[0] == "From the harbour"
    assert len(listed(TEXT + TEXT + "<h2>From the harbour</h2>" + cards)) == 8


@pytest.mark.parametrize(
    "body",
    [
        TEXT + TEXT + "".join(map(card, TITLES[:2])),
        TEXT + TEXT + CARDS + TEXT + TEXT,
        CARDS,
        TEXT + TEXT + "".join(card(title, to="https://a.example/x") for title in TITLES),
        TEXT + TEXT + "".join(card(title, to="#x") for title in TITLES),
        TEXT + TEXT + "".join(card(title, to="") for title in TITLES),
        TEXT + TEXT + f"<h4>{TITLES[0]}</h4>" + CARDS,
        TEXT + "".join(f'<h3><a href="/x">{title}</a></h3>{TEXT.replace("Tuesday", title)}' for title in TITLES),
    ],
    ids=["two", "text goes on", "no text before", "other sites", "the page itself", "nowhere", "named", "chapters"],
)
def test_what_is_no_list_of_other_pages_at_the_end_is_text(body: str) -> None:
    assert listed(body) == []
