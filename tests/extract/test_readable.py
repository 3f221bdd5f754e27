"""The fourth reading."""

from __future__ import annotations

import pytest
from lxml import html

from pipeline.extract.readable import readable

TEXT = "Ships were sent to the southern basin, where crews worked through the night, to make room for the others."


def test_the_container_of_the_text_without_what_stands_beside() -> None:
    story = f"<div id=story><h2>The quay</h2>{f'<p>{TEXT}</p>' * 5}</div>"
    page = f"<html><body><ul><li><a href=/>Home</a></ul>{story}</body></html>"
    blocks = readable(html.fromstring(page))
    assert [block.text for block in blocks if not block.heading] == [TEXT] * 5
    assert [block.text for block in blocks if block.heading] in ([], ["The quay"])


@pytest.mark.parametrize("page", ["<html></html>", "<html><body></body></html>", "<svg><a/></svg>"])
def test_a_page_without_text_has_no_blocks(page: str) -> None:
    assert [block.text for block in readable(html.fromstring(page))] == []
