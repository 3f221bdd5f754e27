"""Spans as Airflow's own: children of the task's span, in the trace of its run, sent where Airflow's traces go by OTLP
where ``[traces] otel_on`` is set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import propagate, trace

from pipeline import traces
from pipeline.traces import Attributes, Side, SpanType

KINDS = {
    Side.INTERNAL: trace.SpanKind.INTERNAL,
    Side.CLIENT: trace.SpanKind.CLIENT,
    Side.SERVER: trace.SpanKind.SERVER,
}


class AirflowTraces:
    """Sends by the provider that Airflow has set up in this process."""

    def __init__(self) -> None:
        self._tracer = trace.get_tracer("copydesk")

    @contextmanager
    def span(self, span_type: SpanType, attributes: Attributes, caller: Mapping[str, str]) -> Iterator[None]:
        """Open a span within the one that is open, or within the caller's."""
        context, kind = propagate.extract(caller) if caller else None, KINDS[span_type.side]
        with self._tracer.start_as_current_span(
            span_type.name, context, kind, dict(attributes), record_exception=False, set_status_on_exception=False
        ):
            try:
                yield
            except Exception as error:
                # Its type alone: its words may hold a password, and stand in the log, which masks them.
                self.fail(type(error).__qualname__)
                raise

    def annotate(self, attributes: Attributes, name: str) -> None:
        """Add attributes to the span that is open, and rename it unless ``name`` is empty."""
        span = trace.get_current_span()
        span.set_attributes(dict(attributes))
        if name:
            span.update_name(name)

    def fail(self, error_type: str) -> None:
        """Mark the span that is open as failed."""
        span = trace.get_current_span()
        span.set_attribute(traces.ERROR_TYPE, error_type)
        span.set_status(trace.StatusCode.ERROR)


def trace_task() -> None:
    """Send this task's spans with Airflow's own, where those are sent."""
    from airflow.sdk.configuration import conf

    traces.send_to(AirflowTraces() if conf.getboolean("traces", "otel_on", fallback=False) else None)


def trace_server() -> None:
    """Send the pages' spans with the API server's own, where those are sent."""
    from airflow.configuration import conf

    traces.send_to(AirflowTraces() if conf.getboolean("traces", "otel_on", fallback=False) else None)
