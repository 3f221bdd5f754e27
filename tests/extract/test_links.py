"""Links that are text, and those that lead elsewhere."""

from __future__ import annotations

from lxml import html

from pipeline.extract.lines import page_lines
from pipeline.extract.links import links_elsewhere
from pipeline.text.boilerplate import Block

TEXT = (
    "<p>The harbour authority closed the northern quay on Tuesday after inspectors had found cracks in its pillars.</p>"
)
LINK = '<p><a href="/winch">The winch that held</a></p>'


def elsewhere(body: str) -> frozenset[str]:
    lines = page_lines(html.fromstring(f"<html><body><div>{body}</div></body></html>"))
    told = {line.text: line for line in lines}
    return links_elsewhere([Block(line.text) for line in lines], told, "https://o.example/quay", news=False)


def test_a_link_below_the_text_leads_elsewhere() -> None:
    assert elsewhere(TEXT + LINK) == {"The winch that held"}
    assert elsewhere(TEXT + LINK + TEXT) == frozenset()


def test_several_links_in_a_line_are_a_list() -> None:
    tags = '<p><a href="/winches">Winches</a> <a href="/quays">Quays</a></p>'
    assert elsewhere(TEXT + tags + TEXT) == {"Winches Quays"}
