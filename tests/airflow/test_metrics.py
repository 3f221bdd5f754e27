"""What tasks and pages measure arrives, by OTLP, from a real Airflow with the settings that the docs name."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.request import ProxyHandler, build_opener

import pytest

from newsstand.demo import prepare
from newsstand.server import running_newsstand
from pipeline import metrics
from pipeline.config import load
from pipeline.local_airflow import Standalone, for_config
from pipeline.store import open_store
from pipeline.store.reads import views
from tests.airflow.otlp_receiver import DELTA, Receiver, running_receiver
from tests.deploy.celery_airflow import env_file

pytestmark = pytest.mark.airflow


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with running_receiver() as running:
        yield running


def otlp_settings(receiver: Receiver) -> dict[str, str]:
    """Return the settings of deploy/airflow.env that concern metrics, turned on and sent here."""
    settings = {name: value for name, value in env_file().items() if name.startswith("OTEL_")}
    # The server sends what it has each second, not each minute.
    settings |= {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url, "OTEL_METRIC_EXPORT_INTERVAL": "1000"}
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
            for _ in airflow.watch("metrics of the pages"):
                if f"airflow.{metrics.REQUEST_TIME.name}" in receiver.names():
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
