"""The spans of a run and of the pages: an article is followed by them from poll to story, and the docs name them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from newsstand.demo import prepare
from newsstand.server import running_newsstand
from pipeline import steps, traces
from pipeline.config import FetchConfig, load
from pipeline.fetch.client import Client
from pipeline.store import open_store
from pipeline.store.schema.tables import article, copy
from pipeline.traces import Attributes, SpanType
from tests.fetch.conftest import Server, server
from tests.web.conftest import client, config, store

__all__ = ["client", "config", "server", "store"]

ROOT = Path(__file__).resolve().parent.parent
OPERATIONS = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
NOW = datetime(2026, 1, 5, tzinfo=UTC)
# When the polls of NOW are over.
LATER = NOW + timedelta(minutes=5)


@dataclass
class RecordedSpan:
    """A span as it was sent."""

    span_type: SpanType
    name: str
    attributes: dict[str, str | int]
    parent: RecordedSpan | None
    caller: Mapping[str, str]
    error: str = ""


class SpanRecorder:
    """Keeps what is sent, and which span was open where."""

    def __init__(self) -> None:
        self.spans: list[RecordedSpan] = []
        self._open: ContextVar[RecordedSpan | None] = ContextVar("open", default=None)

    @contextmanager
    def span(self, span_type: SpanType, attributes: Attributes, caller: Mapping[str, str]) -> Iterator[None]:
        recorded = RecordedSpan(span_type, span_type.name, dict(attributes), self._open.get(), caller)
        self.spans.append(recorded)
        token = self._open.set(recorded)
        try:
            yield
        except Exception as error:
            self.fail(type(error).__name__)
            raise
        finally:
            self._open.reset(token)

    def annotate(self, attributes: Attributes, name: str) -> None:
        span = self.current()
        span.attributes |= attributes
        span.name = name or span.name

    def fail(self, error_type: str) -> None:
        self.current().error = error_type

    def current(self) -> RecordedSpan:
        """Return the span that is open: nothing is added outside of one."""
        span = self._open.get()
        assert span
        return span

    def of_type(self, span_type: SpanType) -> list[RecordedSpan]:
        return [span for span in self.spans if span.span_type is span_type]


@pytest.fixture
def recorder() -> Iterator[SpanRecorder]:
    recorder = SpanRecorder()
    traces.send_to(recorder)
    yield recorder
    traces.send_to(None)


def test_each_article_is_followed_from_poll_to_story(recorder: SpanRecorder, tmp_path: Path) -> None:
    with running_newsstand(hour=6, speed=0, slow=0) as stand:
        config = load(prepare(tmp_path, stand), {})
        steps.poll_feeds(config, [feed for batch in steps.due_feeds(config, NOW) for feed in batch], NOW)
        steps.fetch_pages(config, [page for batch in steps.due_pages(config, LATER) for page in batch], LATER)
        steps.place_articles(config, LATER)
    with open_store(config.store) as store, store.reading() as db:
        query = select(article.c.entry_id, article.c.id, copy.c.story_id).join(copy, copy.c.article_id == article.c.id)
        rows = [tuple(row) for row in db.execute(query)]
    assert len(rows) > 5
    placed = [tuple(span.attributes.values()) for span in recorder.of_type(traces.PLACED)]
    assert sorted(placed) == sorted(rows)
    fetched = {span.attributes[traces.ENTRY]: span for span in recorder.of_type(traces.FETCH)}
    discoveries = {span.attributes[traces.ENTRY]: span for span in recorder.of_type(traces.NEW_ENTRY)}
    for entry_id, article_id, _ in rows:
        fetch, find = fetched[entry_id], discoveries[entry_id]
        assert fetch.attributes[traces.ARTICLE] == article_id
        assert fetch.attributes[traces.OUTCOME] == "ok"
        assert find.parent
        assert find.parent.span_type is traces.POLL
        assert fetch.attributes[traces.FEED] == find.attributes[traces.FEED] == find.parent.attributes[traces.FEED]
    for span in recorder.spans:
        assert set(span.attributes) <= set(span.span_type.attributes)


def test_requests_and_readings_are_within_what_they_are_for(recorder: SpanRecorder, tmp_path: Path) -> None:
    with running_newsstand(hour=6, speed=0, slow=0) as stand:
        config = load(prepare(tmp_path, stand), {})
        steps.poll_feeds(config, [feed for batch in steps.due_feeds(config, NOW) for feed in batch], NOW)
        steps.fetch_pages(config, [page for batch in steps.due_pages(config, LATER) for page in batch], LATER)
    requests = recorder.of_type(traces.GET)
    assert {span.parent.span_type for span in requests if span.parent} == {traces.POLL, traces.FETCH}
    for fetch in recorder.of_type(traces.FETCH):
        below = [span.span_type for span in recorder.spans if span.parent is fetch]
        assert traces.READ in below or fetch.error


async def test_each_redirect_is_a_request_of_its_own(recorder: SpanRecorder, server: Server) -> None:
    onward = b"HTTP/1.1 302 Found\r\nLocation: /missing?token=abc\r\nContent-Length: 0\r\n\r\n"
    server.replies = {
        "/first": onward,
        "/missing?token=abc": b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    }
    config = FetchConfig(allow=(f"127.0.0.1:{server.port}",), robots=False, host_gap=0.0)
    async with Client(config) as client:
        await client.get(server.url("/first"))
    first, second = recorder.of_type(traces.GET)
    assert (first.error, first.attributes[traces.STATUS]) == ("", 302)
    assert (second.error, second.attributes[traces.STATUS], second.attributes[traces.RESENDS]) == ("404", 404, 1)
    assert second.attributes[traces.FULL_URL] == server.url("/missing?token=***")


async def test_a_request_that_takes_too_long_is_a_failed_span(recorder: SpanRecorder, server: Server) -> None:
    config = FetchConfig(allow=(f"127.0.0.1:{server.port}",), robots=False, host_gap=0.0, deadline=0.1)
    async with Client(config) as client:
        await client.get(server.url("/drip"))
    assert [span.error for span in recorder.of_type(traces.GET)] == ["TimeoutError"]


def test_an_answer_is_named_by_its_route_and_goes_on_with_the_callers_trace(
    recorder: SpanRecorder, client: TestClient
) -> None:
    traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    client.get("/story/77", headers={"traceparent": traceparent})
    client.get("/nowhere")
    answer, unmatched = recorder.of_type(traces.ANSWER)
    assert answer.name == f"GET {answer.attributes[traces.ROUTE]}"
    assert "77" in str(answer.attributes[traces.PATH])
    assert "77" not in answer.name
    assert answer.attributes[traces.STATUS] == 404
    assert answer.caller["traceparent"] == traceparent
    assert (unmatched.name, traces.ROUTE in unmatched.attributes) == ("GET", False)


def test_nothing_is_sent_where_nobody_receives() -> None:
    traces.send_to(None)
    with traces.span(traces.POLL, {traces.FEED: 1}):
        traces.annotate({traces.OUTCOME: "ok"})
        traces.fail("gone")
    traces.instant(traces.NEW_ENTRY, {traces.ENTRY: 1})


@pytest.mark.parametrize("span_type", traces.ALL, ids=lambda span_type: span_type.name)
def test_the_docs_have_its_kind_and_attributes(span_type: SpanType) -> None:
    attributes = ", ".join(f"`{name}`" for name in span_type.attributes)
    assert f"| `{span_type.name}` | {span_type.side.value} | {attributes} | {span_type.about} |" in OPERATIONS
