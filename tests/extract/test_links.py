"""Links that are text, and those that lead elsewhere."""

from __future__ import annotations

import pytest
from lxml import html

from pipeline.extract.lines import Line, page_lines
from pipeline.extract.links import links_elsewhere
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
