"""Measurements as Airflow's own: they go where its metrics go, by OTLP where ``[metrics] otel_on`` is set.

Airflow puts its prefix before a name (``airflow.copydesk.polls``) and records times in milliseconds. Plain StatsD drops
the attributes.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType

from pipeline import metrics


class AirflowMetrics:
    """Sends by one of Airflow's two modules ``stats``, which are not one: each has a provider of its own."""

    def __init__(self, stats: ModuleType) -> None:
        self._stats = stats

    def count(self, name: str, amount: int, attributes: Mapping[str, str]) -> None:
        """Add to a counter."""
        self._stats.incr(name, amount, tags=dict(attributes))

    def gauge(self, name: str, value: float, attributes: Mapping[str, str]) -> None:
        """Set a gauge."""
        self._stats.gauge(name, value, tags=dict(attributes))

    def duration(self, name: str, seconds: float, attributes: Mapping[str, str]) -> None:
        """Record a time, which Airflow takes in milliseconds."""
        self._stats.timing(name, 1000 * seconds, tags=dict(attributes))


def send_from_task() -> None:
    """Send what this task measures with the task's own metrics."""
    from airflow.sdk.observability import stats

    metrics.send_to(AirflowMetrics(stats))


def send_from_server() -> None:
    """Send what the pages measure with the API server's metrics."""
    from airflow.observability import stats

    metrics.send_to(AirflowMetrics(stats))
