"""When feeds ask to be read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import FeedHints
from pipeline.text.rhythm import feed_hints

ITEM = "<item><description><![CDATA[<ttl>999</ttl>]]></description><ttl>999</ttl></item>"
HINTS = {
    "<ttl>60</ttl>": FeedHints(3600),
    "<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>": FeedHints(1800),
    "<sy:updatePeriod>\n daily \n</sy:updatePeriod><ttl>5</ttl>": FeedHints(86_400),
    "<x:updatePeriod xmlns:x='u'>Weekly</x:updatePeriod><x:updateFrequency>0</x:updateFrequency>": FeedHints(604_800),
    "<skipHours><hour>0</hour><hour> 23 </hour><hour>24</hour></skipHours>": FeedHints(skip_hours=(0, 23)),
    "<skipDays><day>Sunday</day><day>saturday</day><day>Someday</day></skipDays>": FeedHints(skip_days=(5, 6)),
    "<!-- <ttl>60</ttl> --><title><![CDATA[<ttl>5</ttl>]]></title>": FeedHints(),
    "<ttl>soon</ttl><sy:updatePeriod>often</sy:updatePeriod>": FeedHints(),
    f"<skipHours>{''.join(f'<hour>{n}</hour>' for n in range(24))}</skipHours>": FeedHints(),
    "": FeedHints(),
}


@pytest.mark.parametrize("element", HINTS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("places", ["{element}{item}", "{item}{item}{element}", "{element}"])
def test_what_a_channel_says_of_itself_is_read(element: str, encoding: str, places: str) -> None:
    body = f"<rss><channel>{places.format(element=element, item=ITEM)}</channel></rss>".encode(encoding)
    assert feed_hints(body) == HINTS[element]


@given(st.binary(max_size=300))
def test_nothing_raises(body: bytes) -> None:
    assert feed_hints(body).interval >= 0
