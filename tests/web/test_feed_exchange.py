"""The last exchange on a feed's page: what an outlet's server answers stays text."""

from __future__ import annotations

from dataclasses import replace

from fastapi.testclient import TestClient

from pipeline.model import Exchange, Outcome
from pipeline.store import Store
from tests.web.test_pages import HERALD, NOW, SCRIPT, polled


def test_headers_are_shown_as_text(store: Store, client: TestClient) -> None:
    store.feeds.sync([HERALD], NOW)
    assert "The last exchange" not in client.get("/feed/1").text
    answered = Exchange(HERALD.url, (("If-None-Match", '"a"'),), 403, (("Server", SCRIPT),), 0.84, 61_842)
    store.feeds.record_poll(replace(polled(1, Outcome.BLOCKED), exchange=answered))
    text = client.get("/feed/1").text
    assert "0.84 s, 61,842 bytes" in text
    assert "If-None-Match: &#34;a&#34;" in text
    assert SCRIPT not in text
    assert "Server: &lt;script&gt;" in text
