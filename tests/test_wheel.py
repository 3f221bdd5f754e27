"""The wheel holds what an installation needs, and nothing of the workshop."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
AIRFLOW_FILES = {
    "dags": [path.name for path in (ROOT / "dags").glob("*.py")],
    "plugins": [path.name for path in (ROOT / "plugins").glob("*.py")],
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    [file] = folder.glob("*.whl")
    return zipfile.ZipFile(file)


def test_it_holds_every_file_of_the_package(wheel: zipfile.ZipFile) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "pipeline"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    tracked = {name for name in listed.splitlines() if (ROOT / name).exists()}
    assert tracked - set(wheel.namelist()) == set()
    assert {"pipeline/py.typed", "pipeline/data/feeds.example.toml", "pipeline/data/agencies.toml"} <= tracked


@pytest.mark.parametrize("folder", AIRFLOW_FILES)
def test_airflows_files_travel_in_it(wheel: zipfile.ZipFile, folder: str) -> None:
    prefix = f"pipeline/local_airflow/{folder}/"
    assert sorted(name.removeprefix(prefix) for name in wheel.namelist() if name.startswith(prefix)) == sorted(
        AIRFLOW_FILES[folder]
    )


def test_it_holds_nothing_else(wheel: zipfile.ZipFile) -> None:
    info = f"copydesk-{PROJECT['version']}.dist-info"
    assert {name.split("/")[0] for name in wheel.namelist()} == {"pipeline", info}
    assert not [name for name in wheel.namelist() if "__pycache__" in name]


def test_its_metadata_say_what_it_is(wheel: zipfile.ZipFile) -> None:
    info = f"copydesk-{PROJECT['version']}.dist-info"
    metadata = Parser().parsestr(wheel.read(f"{info}/METADATA").decode())
    assert (metadata["Name"], metadata["Version"]) == ("copydesk", PROJECT["version"])
    assert metadata["License-Expression"] == "Apache-2.0"
    assert "Apache License" in wheel.read(f"{info}/licenses/LICENSE").decode()
    assert "copydesk = pipeline.cli.main:main" in wheel.read(f"{info}/entry_points.txt").decode()


def test_its_base_needs_no_airflow_nor_what_weighs_as_much(wheel: zipfile.ZipFile) -> None:
    info = f"copydesk-{PROJECT['version']}.dist-info"
    metadata = Parser().parsestr(wheel.read(f"{info}/METADATA").decode())
    requirements = [Requirement(line) for line in metadata.get_all("Requires-Dist", [])]
    base = {need.name for need in requirements if need.marker is None}
    extra = {need.name for need in requirements if need.marker and need.marker.evaluate({"extra": "airflow"})}
    assert {"sqlalchemy", "trafilatura", "typer"} <= base
    assert [name for name in base if "airflow" in name or name in ("scipy", "lightgbm", "datasketch", "fastapi")] == []
    assert {"apache-airflow", "fastapi", "jinja2", "psycopg"} <= extra


def test_every_requirement_is_pinned_with_its_hashes() -> None:
    for name in ("requirements.txt", "requirements-dev.txt", "requirements-peers.txt"):
        text = (ROOT / name).read_text(encoding="utf-8")
        pins = [block for block in text.split("\n") if block and not block.startswith((" ", "#"))]
        assert pins
        assert [pin for pin in pins if "==" not in pin or not pin.endswith("\\")] == [], name
        assert "://" not in text, f"{name} names an address"
