"""What tasks and pages measure, and their spans, arrive by OTLP from a real Airflow with the settings of the docs."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.request import ProxyHandler, build_opener

import pytest

from newsstand.demo import prepare
from newsstand.server import running_newsstand
from pipeline import metrics, traces
from pipeline.config import load
from pipeline.local_airflow import Standalone, for_config
from pipeline.store import open_store
from pipeline.store.reads import views
from tests.airflow.otlp_receiver import DELTA, SERVER, Receiver, running_receiver, tags_of
from tests.deploy.celery_airflow import env_file

pytestmark = pytest.mark.airflow
HEALTH = "GET /copydesk/healthz"


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with running_receiver() as running:
        yield running


def otlp_settings(receiver: Receiver) -> dict[str, str]:
    """Return the settings of deploy/airflow.env that concern metrics and traces, turned on and sent here."""
    settings = {name: value for name, value in env_file().items() if name.startswith("OTEL_")}
    # The server sends what it has each second, not each minute.
    settings |= {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url, "OTEL_METRIC_EXPORT_INTERVAL": "1000"}
    settings |= {"OTEL_BSP_SCHEDULE_DELAY": "1000", "AIRFLOW__TRACES__OTEL_ON": "True"}
    return {**settings, "AIRFLOW__METRICS__OTEL_ON": "True", "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "True"}


@pytest.fixture(scope="module")
def counts(receiver: Receiver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, int]]:
    """What the store has after a run of ingest, while Airflow is up."""
    home = tmp_path_factory.mktemp("metrics") / "home"
    with running_newsstand(hour=6, speed=0, slow=0) as stand:
        config = load(prepare(home, stand), {})
        local = for_config(config, home / "feeds.toml")
        settings = {**local.extra, **otlp_settings(receiver)}
        with Standalone(local.home, *local.folders, local.port, settings) as airflow:
            airflow.wait_ready(("ingest",))
            airflow.wait_run("ingest", airflow.trigger("ingest"))
            with build_opener(ProxyHandler({})).open(f"{airflow.url}/copydesk/healthz", timeout=30) as answer:
                assert answer.status == 200
            for _ in airflow.watch("metrics and spans of the pages"):
                if f"airflow.{metrics.REQUEST_TIME.name}" in receiver.names() and receiver.spans_named(HEALTH):
                    break
            with open_store(config.store) as store:
                yield views.table_counts(store)


def test_each_metric_of_a_run_arrives(receiver: Receiver, counts: dict[str, int]) -> None:
    seldom = {metrics.REVISITS.name, metrics.DOUBTS.name}
    wanted = {f"airflow.{metric.name}" for metric in metrics.ALL if metric.name not in seldom}
    assert wanted - receiver.names() == set()


def test_what_tasks_counted_adds_up_to_what_is_stored(receiver: Receiver, counts: dict[str, int]) -> None:
    assert receiver.total(f"airflow.{metrics.ENTRIES_NEW.name}") == counts["entry"]
    assert receiver.total(f"airflow.{metrics.PAGES.name}", outcome="ok") == counts["article"]
    assert receiver.total(f"airflow.{metrics.PLACED.name}") == counts["copy"]
    assert receiver.total(f"airflow.{metrics.CHANGES.name}") == counts["change"]


def test_each_process_sends_what_it_alone_counted(receiver: Receiver, counts: dict[str, int]) -> None:
    temporalities = {
        metric.sum.aggregation_temporality for metric in receiver.metrics_named(f"airflow.{metrics.POLLS.name}")
    }
    assert temporalities == {DELTA}


def test_airflows_own_metrics_of_a_task_are_still_sent(receiver: Receiver, counts: dict[str, int]) -> None:
    assert "airflow.ti.finish" in receiver.names()


def test_an_article_is_followed_from_poll_to_story(receiver: Receiver, counts: dict[str, int]) -> None:
    placed = receiver.spans_named(traces.PLACED.name)
    assert len(placed) == counts["copy"] > 5
    for span in placed:
        ids = tags_of(span)
        [discovery] = receiver.spans_named(traces.NEW_ENTRY.name, **{traces.ENTRY: ids[traces.ENTRY]})
        [fetched] = receiver.spans_named(traces.FETCH.name, **{traces.ENTRY: ids[traces.ENTRY]})
        assert tags_of(fetched)[traces.ARTICLE] == ids[traces.ARTICLE]
        assert discovery.trace_id == fetched.trace_id == span.trace_id


def test_spans_are_below_their_tasks(receiver: Receiver, counts: dict[str, int]) -> None:
    [task] = receiver.spans_named("worker.poll[0]")
    polls = receiver.spans_named(traces.POLL.name)
    assert {poll.parent_span_id for poll in polls} == {task.span_id}
    requests = receiver.spans_named(traces.GET.name, **{traces.METHOD: "GET"})
    above = {span.span_id for span in [*polls, *receiver.spans_named(traces.FETCH.name)]}
    assert len(requests) >= len(polls)
    assert {request.parent_span_id for request in requests} <= above


def test_pages_have_spans_of_their_own(receiver: Receiver, counts: dict[str, int]) -> None:
    [answer, *_] = receiver.spans_named(HEALTH)
    assert (answer.kind, tags_of(answer)[traces.STATUS]) == (SERVER, 200)
