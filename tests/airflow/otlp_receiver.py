"""A receiver of OpenTelemetry's metrics and traces, OTLP over HTTP, on loopback."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.trace.v1.trace_pb2 import Span

DELTA = 1  # AGGREGATION_TEMPORALITY_DELTA
SERVER = Span.SpanKind.SPAN_KIND_SERVER


class Receiver(ThreadingHTTPServer):
    """Keeps every metric and span that comes."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.metrics: list[Metric] = []
        self.spans: list[Span] = []

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"

    def total(self, name: str, **attributes: str) -> float:
        """Return the sum of a counter's points that have these attributes, over all that were sent."""
        points = [point for metric in self.metrics_named(name) for point in metric.sum.data_points]
        return sum(point.as_int or point.as_double for point in points if attributes.items() <= tags_of(point).items())

    def metrics_named(self, name: str) -> list[Metric]:
        """Return all that came under a name."""
        with self.lock:
            return [metric for metric in self.metrics if metric.name == name]

    def names(self) -> set[str]:
        """Return every metric's name that came."""
        with self.lock:
            return {metric.name for metric in self.metrics}

    def spans_named(self, name: str, **attributes: object) -> list[Span]:
        """Return the spans of a name that have these attributes."""
        with self.lock:
            matching = [span for span in self.spans if span.name == name]
        return [span for span in matching if attributes.items() <= tags_of(span).items()]

    def keep(self, path: str, body: bytes) -> None:
        """Keep what a request to ``path`` exports."""
        if path == "/v1/traces":
            traced = ExportTraceServiceRequest.FromString(body).resource_spans
            spans = [span for resource in traced for scope in resource.scope_spans for span in scope.spans]
            with self.lock:
                self.spans += spans
            return
        measured = ExportMetricsServiceRequest.FromString(body).resource_metrics
        metrics = [metric for resource in measured for scope in resource.scope_metrics for metric in scope.metrics]
        with self.lock:
            self.metrics += metrics


class Handler(BaseHTTPRequestHandler):
    """Takes one export."""

    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self.server.keep(self.path, body)
        self.send_response(200)
        self.send_header("Content-Type", "application/x-protobuf")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


def tags_of(part: object) -> dict[str, str | int]:
    """Return the attributes of a point or span, those of texts and whole numbers."""
    pairs = part.attributes  # type: ignore[attr-defined]
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in pairs}


@contextmanager
def running_receiver() -> Iterator[Receiver]:
    """Yield a receiver that listens."""
    receiver = Receiver()
    thread = threading.Thread(target=receiver.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.shutdown()
        receiver.server_close()
        thread.join()
