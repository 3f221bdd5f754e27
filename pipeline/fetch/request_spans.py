"""A request's span, with OpenTelemetry's attributes for HTTP clients."""

from __future__ import annotations

from contextlib import AbstractContextManager

from yarl import URL

from pipeline import traces
from pipeline.log import clean_text
from pipeline.model import FetchResult
from pipeline.traces import SpanType


def request_span(span_type: SpanType, url: URL, *, resends: int = 0) -> AbstractContextManager[None]:
    """Return the span of one request; ``resends`` is how many redirects led to it. Its address shows no password."""
    attributes: dict[str, str | int] = {
        traces.METHOD: span_type.name,
        traces.FULL_URL: clean_text(str(url)),
        traces.SERVER: url.host or "",
        traces.PORT: url.port or 0,
    }
    if resends:
        attributes[traces.RESENDS] = resends
    return traces.span(span_type, attributes)


def note_response(result: FetchResult) -> None:
    """Add the status to the request's span; one of 400 or more makes it a failed one."""
    traces.annotate({traces.STATUS: result.status})
    if result.status >= 400:
        traces.fail(str(result.status))
