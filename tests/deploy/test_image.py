"""The steps of ``deploy/Dockerfile`` in a new environment of this machine: a gigabyte, so they run when asked for."""

from __future__ import annotations

import os
import re
import subprocess
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.celery_airflow import ROOT, env_file

VARIABLE = "COPYDESK_IMAGE_STEPS"
pytestmark = pytest.mark.skipif(not os.environ.get(VARIABLE), reason=f"downloads a gigabyte: set {VARIABLE}=1")
# What the image's parts import first: Airflow's executors and login, and copydesk's page.
IMPORTS = """
from airflow.providers.celery.executors.celery_executor import CeleryExecutor
from airflow.providers.cncf.kubernetes.executors.kubernetes_executor import KubernetesExecutor
from airflow.providers.fab.auth_manager.fab_auth_manager import FabAuthManager
from airflow.providers.amazon.aws.log.s3_task_handler import S3TaskHandler
import asyncpg, pipeline, pipeline.airflow_provider.metrics
print(pipeline.__file__)
"""
DAGS = """
import sys
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(dag_folder=sys.argv[1])
print(sorted(bag.dags), bag.import_errors)
"""


def run_steps() -> Iterator[str]:
    """Yield the commands of the file's RUN lines that install, first those that make the wheel."""
    for line in (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8").splitlines():
        if line.startswith("RUN pip "):
            yield line.removeprefix("RUN ")


def run_in(folder: Path, *words: str, **env: str) -> str:
    """Return what a command of the new environment says; fail with its errors."""
    path = os.pathsep.join([str(folder / "venv" / "bin"), os.environ["PATH"]])
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "VIRTUAL_ENV"))}
    ended = subprocess.run(words, cwd=folder, env={**inherited, "PATH": path, **env}, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-4000:]
    return ended.stdout


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the image has: an environment, and the DAGs."""
    folder = tmp_path_factory.mktemp("image")
    venv.create(folder / "venv", with_pip=True)
    context = folder / "src"
    # The build's context is what its ignore file lets in.
    names = re.findall(r"^!(\w[\w.-]*)$", (ROOT / "deploy" / "Dockerfile.dockerignore").read_text("utf-8"), re.M)
    context.mkdir()
    for name in names:
        run_in(folder, "cp", "-r", str(ROOT / name), str(context))
    places = {"/requirements.txt": f"{context}/requirements-deploy.txt", "/dist": f"{folder}/dist", ".": str(context)}
    for step in run_steps():
        words = re.sub(r"(?<=\s)(/requirements\.txt|/dist|\.$)", lambda match: places[match[0]], step)
        run_in(folder, "sh", "-c", words)
    return folder


def test_what_is_installed_fits_together_and_is_not_the_clone(image: Path) -> None:
    output = run_in(image, "python", "-c", IMPORTS, AIRFLOW_HOME=str(image / "airflow"))
    assert output.splitlines()[-1].startswith(str(image / "venv"))


def test_its_dags_load_with_the_settings_of_deploy(image: Path) -> None:
    dags = [str(ROOT / "dags" / f"{name}.py") for name in ("ingest", "maintain")]
    (image / "dags").mkdir()
    run_in(image, "cp", *dags, str(image / "dags"))
    output = run_in(image, "python", "-c", DAGS, str(image / "dags"), AIRFLOW_HOME=str(image / "airflow"), **env_file())
    assert output.splitlines()[-1] == "['ingest', 'maintain'] {}"


def test_its_command_starts(image: Path) -> None:
    assert run_in(image, "copydesk", "--version").startswith("copydesk ")
