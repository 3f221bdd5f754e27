"""The files of ``deploy/``: each is what its tool wants, they agree with one another and with the package."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.config import MIGRATE_VARIABLE, VARIABLES, load
from tests.deploy.celery_airflow import PARTS, ROOT, env_file, service_command

DEPLOY = ROOT / "deploy"
BIN = Path(sys.executable).parent
VALUES = DEPLOY / "kubernetes"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
CHART_KEYS = set((Path(__file__).parent / "chart_keys.txt").read_text(encoding="utf-8").split())
YAMLLINT = "{extends: default, rules: {line-length: {max: 120}, document-start: disable, braces: disable}}"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))


def run_tool(*words: str) -> None:
    """Run a tool of the environment; fail with what it says."""
    ended = subprocess.run([BIN / words[0], *words[1:]], cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_the_dockerfile_passes_hadolint() -> None:
    run_tool("hadolint", "deploy/Dockerfile")


def test_the_compose_file_is_one() -> None:
    run_tool("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "deploy/compose.yaml")


def test_the_manifests_are_kubernetes() -> None:
    run_tool(
        "kubernetes-validate", "--version", "1.33", "deploy/kubernetes/migrate.yaml", "deploy/kubernetes/home.yaml"
    )


def test_every_yaml_file_is_tidy() -> None:
    run_tool("yamllint", "--strict", "-d", YAMLLINT, "deploy")


def chart_values(name: str) -> dict[str, Any]:
    """Return the values of both files, the executor's over the common ones, as Helm merges them."""
    common = yaml.safe_load((VALUES / "values.yaml").read_text(encoding="utf-8"))
    return merged(common, yaml.safe_load((VALUES / f"values-{name}.yaml").read_text(encoding="utf-8")))


def merged(lower: dict[str, Any], upper: dict[str, Any]) -> dict[str, Any]:
    """Return two trees of settings as one; lists are replaced, not joined."""
    common = {
        key: merged(lower[key], value) for key, value in upper.items() if isinstance(value, dict) and key in lower
    }
    return lower | upper | common


def leaf_keys(values: dict[str, Any], above: str = "") -> set[str]:
    """Return the paths of all settings; what stands in a ``resources`` or a list is Kubernetes' own."""
    paths = set()
    for key, value in values.items():
        path = f"{above}{key}"
        paths |= leaf_keys(value, f"{path}.") if isinstance(value, dict) and key != "resources" else {path}
    return paths


@pytest.mark.parametrize("executor", ["celery", "kubernetes"])
def test_the_values_have_keys_of_the_chart_alone(executor: str) -> None:
    values = chart_values(executor)
    assert leaf_keys(values) - CHART_KEYS == set()
    assert values["executor"].lower() == f"{executor}executor"


def test_compose_and_chart_tell_airflow_the_same() -> None:
    of_chart = {row["name"]: row["value"] for row in chart_values("celery")["env"]}
    of_file = env_file()
    # The chart has a key for the executor, and a collector that it can name.
    turned_on = {"AIRFLOW__METRICS__OTEL_ON", "AIRFLOW__TRACES__OTEL_ON"}
    differing = {"AIRFLOW__CORE__EXECUTOR", "OTEL_EXPORTER_OTLP_ENDPOINT", "COPYDESK_HOME", *turned_on}
    assert {k: v for k, v in of_chart.items() if k not in differing} == {
        k: v for k, v in of_file.items() if k not in differing
    }


def test_airflow_knows_each_setting() -> None:
    code = "from airflow.configuration import conf; import json; print('RESULT' + json.dumps(conf.as_dict(raw=True)))"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    sections = json.loads(ended.stdout.partition("RESULT")[2])
    options = [name.removeprefix("AIRFLOW__").lower() for name in env_file() if name.startswith("AIRFLOW__")]
    # Options that the broker's own driver takes stand in a section without a list.
    pairs = [name.split("__", 1) for name in options if not name.startswith("celery_broker_transport_options")]
    assert [f"{section}.{key}" for section, key in pairs if key not in sections.get(section, {})] == []


def test_a_killed_workers_task_is_due_again_within_40_seconds() -> None:
    settings = env_file()
    prefix = "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT"
    # Else those that wait are queued before it.
    assert '"retry_delay": timedelta(0)' in (ROOT / "dags/ingest.py").read_text("utf-8")
    waits = [int(settings[prefix]), int(settings[f"{prefix}_DETECTION_INTERVAL"])]
    # The scheduler's own turn.
    assert sum(waits) + 5 <= 40


def test_versions_are_those_of_package_and_requirements() -> None:
    [airflow] = re.findall(r"^apache-airflow==(\S+)", (ROOT / "requirements-deploy.txt").read_text("utf-8"), re.M)
    dockerfile = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    assert f"ARG AIRFLOW_VERSION={airflow}\n" in dockerfile
    values = chart_values("celery")
    assert values["airflowVersion"] == airflow
    job = yaml.safe_load((VALUES / "migrate.yaml").read_text(encoding="utf-8"))
    images = {
        job["spec"]["template"]["spec"]["containers"][0]["image"],
        f"copydesk:{values['images']['airflow']['tag']}",
    }
    images.add(COMPOSE["services"]["scheduler"]["image"].replace("${COPYDESK_VERSION:-", "").rstrip("}"))
    assert images == {f"copydesk:{VERSION}"}


def test_requirements_agree_with_those_of_the_package() -> None:
    pins = {}
    for name in ("requirements.txt", "requirements-deploy.txt"):
        rows = re.findall(r"^(\S+)==([^ ;]+)(.*)", (ROOT / name).read_text(encoding="utf-8"), re.M)
        pins[name] = {(package, version) for package, version, _ in rows}
    assert pins["requirements.txt"] - pins["requirements-deploy.txt"] == set()


def test_no_secret_has_a_value() -> None:
    for line in (DEPLOY / "example.env").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition("=")
        assert line.startswith("#") or name in ("FEEDS_FILE", "PORT") or not value
    texts = [file.read_text(encoding="utf-8") for file in DEPLOY.rglob("*") if file.is_file()]
    passwords = [password for text in texts for password in re.findall(r"://[^\s/@:]*:([^\s/@]*)@", text)]
    assert {password for password in passwords if not password.startswith("${")} == set()


@pytest.mark.parametrize("part", [*PARTS, "triggerer", "worker", "migrate"])
def test_each_service_is_a_command(part: str) -> None:
    words = service_command(part)
    assert (BIN / words[0]).exists() or words[0] == "bash"
    assert COMPOSE["services"][part]["env_file"] == "airflow.env"


def test_variables_are_ours() -> None:
    ours = {name for name in env_file() if name.startswith("COPYDESK_")}
    assert ours <= set(VARIABLES)
    assert not load(None, {MIGRATE_VARIABLE: env_file()[MIGRATE_VARIABLE]}).migrate


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_is_systemds(unit: Path, tmp_path: Path) -> None:
    try:
        # Its programs are not on this machine: everything else is looked at.
        text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", unit.read_text(encoding="utf-8"), flags=re.M)
        copied = tmp_path / unit.name.replace("@", "@part")
        copied.write_text(text, encoding="utf-8")
        ended = subprocess.run(["systemd-analyze", "verify", copied], capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("no systemd-analyze on this machine")
    faults = [line for line in ended.stderr.splitlines() if copied.name in line or str(tmp_path) in line]
    assert faults == []
