"""A receiver of OpenTelemetry's metrics, OTLP over HTTP, on loopback."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric

DELTA = 1  # AGGREGATION_TEMPORALITY_DELTA


class Receiver(ThreadingHTTPServer):
    """Keeps every metric that comes."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.metrics: list[Metric] = []

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
        """Return every name that came."""
        with self.lock:
            return {metric.name for metric in self.metrics}


class Handler(BaseHTTPRequestHandler):
    """Takes one export."""

    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        request = ExportMetricsServiceRequest.FromString(body)
        scopes = [scope for resource in request.resource_metrics for scope in resource.scope_metrics]
        with self.server.lock:
            self.server.metrics += [metric for scope in scopes for metric in scope.metrics]
        self.send_response(200)
        self.send_header("Content-Type", "application/x-protobuf")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


def tags_of(point: object) -> dict[str, str]:
    """Return a point's attributes."""
    return {pair.key: pair.value.string_value for pair in point.attributes}  # type: ignore[attr-defined]


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
