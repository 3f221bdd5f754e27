"""The package without its extras: what they bring is refused to every process, children too."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.process import ROOT, copydesk
from tests.cli.test_commands import PAGE
from tests.serving import serving

EXTRAS = ("airflow", "fastapi", "starlette", "pydantic", "jinja2", "datasketch", "scipy", "lightgbm", "pyarrow",
          "psycopg")  # fmt: skip
# Python runs it at the start of each process.
SITE = f"""
import importlib.metadata, sys

class Refused:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {EXTRAS!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

    def find_distributions(self, context):
        return iter(())

sys.meta_path.insert(0, Refused())
from_name = importlib.metadata.distribution

def distribution(name):
    if name.startswith("apache-airflow"):
        raise importlib.metadata.PackageNotFoundError(name)
    return from_name(name)

importlib.metadata.distribution = distribution
"""


@pytest.fixture
def python_path(tmp_path: Path) -> str:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(SITE, encoding="utf-8")
    return f"{tmp_path / 'site'}:{ROOT}"


def test_a_pass_without_airflow_and_the_reads_after_it(tmp_path: Path, python_path: str) -> None:
    bodies = {"/1": PAGE.encode()}
    with serving(bodies) as port:
        site = f"http://127.0.0.1:{port}"
        item = f"<item><title>Quay closed</title><link>{site}/1</link></item>"
        bodies["/feed"] = f"<rss version='2.0'><channel><title>F</title>{item}</channel></rss>".encode()
        (tmp_path / "feeds.toml").write_text(
            f'[fetch]\nallow = ["127.0.0.1:{port}"]\n[[feed]]\nurl = "{site}/feed"\noutlet = "Example"\n',
            encoding="utf-8",
        )
        run = copydesk("run", "--once", "--json", home=tmp_path, PYTHONPATH=python_path)
    assert (run.returncode, run.stderr) == (0, "")
    assert sum(json.loads(line)["failed"] for line in run.stdout.splitlines()) == 0
    for words in (("stories",), ("story", "1"), ("changes",)):
        read = copydesk(*words, "--json", home=tmp_path, PYTHONPATH=python_path)
        assert (read.returncode, read.stderr) == (0, "")
        assert json.loads(read.stdout.splitlines()[0])


def test_up_says_in_one_line_what_it_needs(tmp_path: Path, python_path: str) -> None:
    result = copydesk("up", home=tmp_path, PYTHONPATH=python_path)
    assert (result.returncode, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("copydesk: copydesk up: Airflow is not installed - pip install 'copydesk[airflow]'")


@pytest.mark.parametrize("words", [("stories",), ("run", "--once")])
def test_a_database_without_its_driver_is_one_line(tmp_path: Path, python_path: str, words: tuple[str, ...]) -> None:
    (tmp_path / "feeds.toml").write_text('[[feed]]\nurl = "http://o.example/f"\noutlet = "E"\n', encoding="utf-8")
    address = "postgresql+psycopg://u:hunter2@localhost/d"
    result = copydesk(*words, home=tmp_path, COPYDESK_STORE=address, PYTHONPATH=python_path)
    assert (result.returncode, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert "the driver of this database is not installed - pip install 'copydesk[postgresql]'" in line
    assert "hunter2" not in line


def test_an_export_that_needs_a_library_says_so_in_one_line(tmp_path: Path, python_path: str) -> None:
    result = copydesk("export", "parquet", "--out", "x", home=tmp_path, PYTHONPATH=python_path)
    assert (result.returncode, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert line == "copydesk: parquet: pyarrow is not installed - pip install 'copydesk[parquet]'"
