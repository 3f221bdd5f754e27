"""What a run measures, and that docs and dashboard ask for nothing else."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from newsstand.demo import prepare
from newsstand.server import running_newsstand
from pipeline import metrics, steps
from pipeline.config import load
from pipeline.metrics import Instrument

ROOT = Path(__file__).resolve().parent.parent
OPERATIONS = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
DASHBOARD = json.loads((ROOT / "deploy/grafana/copydesk.json").read_text(encoding="utf-8"))
NOW = datetime(2026, 1, 5, tzinfo=UTC)
# When the polls of NOW are over.
LATER = NOW + timedelta(minutes=5)
SUFFIXES = {Instrument.COUNTER: "_total", Instrument.GAUGE: "", Instrument.HISTOGRAM: "_milliseconds"}


class Recorder:
    """Keeps what is sent."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()
        self.gauges: dict[str, float] = {}
        self.times: list[tuple[str, str]] = []

    def count(self, name: str, amount: int, attributes: Mapping[str, str]) -> None:
        self.counts[name, attributes.get("outcome", "")] += amount

    def gauge(self, name: str, value: float, attributes: Mapping[str, str]) -> None:
        self.gauges[name] = value

    def duration(self, name: str, seconds: float, attributes: Mapping[str, str]) -> None:
        assert seconds >= 0
        self.times.append((name, attributes.get("step", "")))


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    recorder = Recorder()
    metrics.send_to(recorder)
    yield recorder
    metrics.send_to(None)


def test_a_run_sends_what_its_reports_say(recorder: Recorder, tmp_path: Path) -> None:
    with running_newsstand(hour=4, speed=0, slow=0) as stand:
        config = load(prepare(tmp_path, stand), {})
        feeds = [feed for batch in steps.due_feeds(config, NOW) for feed in batch]
        polled = steps.poll_feeds(config, feeds, NOW)
        pages = [page for batch in steps.due_pages(config, LATER) for page in batch]
        fetched = steps.fetch_pages(config, pages, LATER)
        steps.place_articles(config, LATER)
        published = steps.publish_changes(config, LATER)
    assert recorder.gauges == {
        metrics.FEEDS_DUE.name: len(feeds),
        metrics.FEEDS_LATE.name: 0,
        metrics.PAGES_DUE.name: len(pages),
        metrics.WAITING.name: fetched.succeeded,
    }
    outcomes = {name: count for name, count in polled.counts.items() if name != "new" and count}
    assert {name: n for (metric, name), n in recorder.counts.items() if metric == metrics.POLLS.name} == outcomes
    assert recorder.counts[metrics.ENTRIES_NEW.name, ""] == polled.counts["new"] == len(pages)
    assert recorder.counts[metrics.PAGES.name, "ok"] == fetched.counts["ok"] == fetched.succeeded
    assert recorder.counts[metrics.PLACED.name, ""] == fetched.succeeded
    assert recorder.counts[metrics.CHANGES.name, ""] == published.counts["changes"]
    archived = sum(file.stat().st_size for file in (tmp_path / "archive").rglob("*") if file.is_file())
    assert 0 < recorder.counts[metrics.ARCHIVED.name, ""] <= archived
    assert [step for name, step in recorder.times if name == metrics.STEP_TIME.name] == [
        "poll", "fetch", "cluster", "publish",
    ]  # fmt: skip
    assert metrics.LEASE_WAIT.name in {name for name, _ in recorder.times}


def test_nothing_is_sent_where_nobody_receives() -> None:
    metrics.send_to(None)
    metrics.count(metrics.POLLS, outcome="ok")
    metrics.gauge(metrics.WAITING, 1)
    metrics.duration(metrics.STEP_TIME, 1.0, step="poll")


@pytest.mark.parametrize("metric", metrics.ALL, ids=lambda metric: metric.name)
def test_the_docs_have_its_kind_unit_and_attributes(metric: metrics.Metric) -> None:
    attributes = ", ".join(f"`{name}`" for name in metric.attributes) or "none"
    row = f"| `{metric.name}` | {metric.instrument.value} | {metric.unit} | {attributes} | {metric.about} |"
    assert row in OPERATIONS
    # OpenTelemetry: lower case, dotted; words joined by underscores.
    assert re.fullmatch(r"copydesk(\.[a-z]+(_[a-z]+)*)+", metric.name)


def sent_names() -> set[str]:
    """Return each metric's name in Prometheus."""
    return {f"airflow_{metric.name.replace('.', '_')}{SUFFIXES[metric.instrument]}" for metric in metrics.ALL}


def asked_names(text: str) -> set[str]:
    return set(re.findall(r"airflow_copydesk_\w+", text))


def test_the_dashboard_asks_for_each_metric_and_no_other() -> None:
    expressions = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    assert asked_names(" ".join(expressions)) == sent_names()


def test_the_dashboards_panels_are_apart() -> None:
    places = [tuple(panel["gridPos"].values()) for panel in DASHBOARD["panels"]]
    assert len(set(places)) == len(places)
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(places)


def test_alerts_ask_for_what_is_sent() -> None:
    assert asked_names(OPERATIONS) <= sent_names()
