"""Lists of feeds as OPML hold whatever an outlet is called."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from pipeline.feeds.opml import read_opml, write_opml
from pipeline.feeds.xml import xml_text
from pipeline.model import FeedSpec

URL = "https://herald.example/rss"


def test_control_characters_are_left_out_of_opml() -> None:
    feed = FeedSpec(URL, "Her\x00al\x1bd\x0b\ud800\ufffe", "IN", "en")
    assert [spec.outlet for spec in read_opml(write_opml([feed], "Fee\x00ds"))] == ["Herald"]


@given(st.text(st.characters(min_codepoint=0, max_codepoint=0x10FFFF), max_size=40))
def test_opml_holds_any_name(name: str) -> None:
    root = etree.fromstring(write_opml([FeedSpec(URL, name)], name))
    assert [outline.get("xmlUrl") for outline in root.iter("outline") if outline.get("xmlUrl")] == [URL]


def test_characters_of_all_planes_stay() -> None:
    assert xml_text("a\t\n\r ü ক 新 😀") == "a\t\n\r ü ক 新 😀"
