"""How much of a line leads to another page."""

from __future__ import annotations

import pytest
from lxml import html

from pipeline.extract.lines import page_lines
from pipeline.extract.links import linked_elsewhere

URL = "https://o.example/quay"


@pytest.mark.parametrize(
    ("markup", "share"),
    [
        ('<a href="/winch">The winch</a>', 1),
        ('See: <a href="https://maker.example/winch">The winch</a>', 9 / 14),
        ("The winch", 0),
        ('<a id="winch">The winch</a>', 0),
        ('<a href="#winch">The winch</a>', 0),
        ('<a href="/quay#winch">The winch</a>', 0),
        ('<a href="javascript:void(0)">The winch</a>', 0),
        ('<a href="http://[::1">The winch</a>', 0),
    ],
)
def test_a_link_leads_to_another_page(markup: str, share: float) -> None:
    line = page_lines(html.fromstring(f"<html><body><p>{markup}</p></body></html>"))[0]
    assert linked_elsewhere(line, URL) == pytest.approx(share)
