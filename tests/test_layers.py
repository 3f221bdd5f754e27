"""The layers of docs/architecture.md, read from the imports themselves."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# Each part may import the parts named for it, and itself; the order is the order of the layers.
RECORDS = {"model", "errors"}
PURE = RECORDS | {"config", "text", "rights"}
BYTES = PURE | {"log", "process_pool"}
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "model": set(),
    "metrics": set(),
    "traces": set(),
    "config": RECORDS | {"text"},
    "log": RECORDS,
    "text": RECORDS,
    "rights": RECORDS | {"config", "text"},
    "match": PURE,
    "schedule": PURE,
    "words": RECORDS,
    "records": RECORDS | {"words", "text"},
    "csv_rows": {"text"},
    "jsonl": {"errors"},
    "cycles": set(),
    "process_pool": {"errors", "log"},
    "feeds": BYTES,
    # match: what is kept of a withheld text is its fingerprint.
    "extract": BYTES | {"match"},
    "fetch": PURE | {"log", "traces"},
    "archive": PURE | {"log"},
    # match: a migration makes stored fingerprints anew.
    "store": PURE | {"log", "match", "metrics"},
    "read": RECORDS | {"store", "text"},
    "export": RECORDS | {"read", "text", "words"},
    "steps": BYTES
    | {"cycles", "match", "metrics", "traces", "schedule", "feeds", "extract", "fetch", "archive", "store", "jsonl"},
    "web": RECORDS
    | {"config", "csv_rows", "export", "log", "metrics", "traces", "read", "records", "steps", "store", "words"},
    "local_airflow": {"config", "errors", "log"},
    "airflow_provider": RECORDS | {"config", "read", "export", "metrics", "traces", "store", "web"},
    "cli": BYTES
    | {
        "csv_rows",
        "cycles",
        "jsonl",
        "match",
        "feeds",
        "extract",
        "fetch",
        "steps",
        "store",
        "records",
        "words",
        "web",
        "local_airflow",
        "read",
        "export",
    },
}

ONE_IMPORT = {
    "feedparser": "pipeline/feeds/syndication.py",
    "trafilatura": "pipeline/extract/trafilatura_reading.py",
}

PURE_PARTS = ("text", "rights", "match", "schedule", "words", "records", "csv_rows")
IMPURE_MODULES = {
    "asyncio", "logging", "os", "random", "requests", "secrets", "socket", "sqlite3", "sqlalchemy", "subprocess",
    "time", "urllib.request", "aiohttp",
}  # fmt: skip
IMPURE_CALLS = {"now", "utcnow", "today", "getenv", "print"}


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} has a relative import"
            yield from ({node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names})


def part_of(path: Path) -> str:
    parts = path.relative_to(ROOT / "pipeline").with_suffix("").parts
    return parts[0]


def relative_path(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


PIPELINE = [path for path in sources("pipeline") if path.parent != ROOT / "pipeline" or path.stem != "__init__"]


@pytest.mark.parametrize("path", PIPELINE, ids=relative_path)
def test_imports_never_point_upward(path: Path) -> None:
    part = part_of(path)
    assert part in MAY_IMPORT, f"{part} has no layer: give it one here and in docs/architecture.md"
    used = {name.split(".")[1] for name in imports(path) if name.startswith("pipeline.")}
    assert used - MAY_IMPORT[part] - {part} == set()


@pytest.mark.parametrize("path", [*sources("pipeline/model"), ROOT / "pipeline/errors.py"], ids=relative_path)
def test_records_and_errors_need_the_standard_library_only(path: Path) -> None:
    outside = {name for name in imports(path) if not name.startswith("pipeline.model")}
    assert {name.split(".")[0] for name in outside} - {"__future__"} <= set(sys.stdlib_module_names)


@pytest.mark.parametrize("library", ONE_IMPORT)
def test_each_main_library_is_imported_by_one_file(library: str) -> None:
    users = {relative_path(path) for path in PIPELINE if library in {name.split(".")[0] for name in imports(path)}}
    assert users == {ONE_IMPORT[library]}


@pytest.mark.parametrize("path", [path for path in PIPELINE if part_of(path) in PURE_PARTS], ids=relative_path)
def test_pure_parts_read_no_clock_environment_network_or_database(path: Path) -> None:
    assert set(imports(path)) & IMPURE_MODULES == set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    called = {n.func.attr if isinstance(n.func, ast.Attribute) else getattr(n.func, "id", "")
              for n in ast.walk(tree) if isinstance(n, ast.Call)}  # fmt: skip
    assert called & IMPURE_CALLS == set()


@pytest.mark.parametrize(
    ("library", "folders"),
    [
        ("airflow", ("dags/", "plugins/", "pipeline/airflow_provider/")),
        ("opentelemetry", ("pipeline/airflow_provider/",)),
        ("fastapi", ("pipeline/web/",)),
        ("jinja2", ("pipeline/web/", "newsstand/")),
        ("lightgbm", ("bench/",)),
        ("datasketch", ("bench/",)),
        ("pyspark", ("pipeline/steps/backfill/",)),
    ],
)
def test_what_an_extra_brings_is_imported_by_its_part_only(library: str, folders: tuple[str, ...]) -> None:
    users = {relative_path(path) for path in sources("pipeline", "newsstand", "bench", "dags", "plugins")
             if library in {name.split(".")[0] for name in imports(path)}}  # fmt: skip
    assert users
    assert {path for path in users if not path.startswith(folders)} == set()


def test_a_command_brings_the_database_only_when_it_runs() -> None:
    code = "import sys, pipeline.cli.main; print(*sys.modules, sep='\\n')"
    listed = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT).stdout
    assert "pipeline.cli.corpus" in listed.split()
    assert {"sqlalchemy", "numpy", "pipeline.store", "pipeline.match"}.intersection(listed.split()) == set()


@pytest.mark.parametrize("module", ["pipeline.read", "pipeline.store"])
def test_a_reader_brings_neither_airflow_nor_extractor_nor_matcher(module: str) -> None:
    heavy = ("airflow", "trafilatura", "feedparser", "aiohttp", "datasketch", "alembic", "fastapi")
    ours = tuple(f"pipeline.{part}" for part in ("extract", "match", "feeds", "fetch", "steps", "cli", "web"))
    code = f"import sys, {module}; print(*sys.modules, sep='\\n')"
    listed = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT).stdout
    assert module in listed.split()
    assert [name for name in listed.split() if name.startswith(ours) or name.split(".")[0] in heavy] == []


def test_plugins_hold_one_file() -> None:
    assert [relative_path(path) for path in sources("plugins")] == ["plugins/copydesk_plugin.py"]


def test_the_pipeline_knows_nothing_of_the_newsstand() -> None:
    users = {relative_path(path) for path in sources("pipeline", "dags", "plugins")
             if {name.split(".")[0] for name in imports(path)} & {"newsstand", "tests", "bench"}}  # fmt: skip
    assert users == set()


@pytest.mark.parametrize("path", sources("dags", "plugins"), ids=relative_path)
def test_dag_files_import_nothing_heavy_at_the_top(path: Path) -> None:
    top = ast.parse(path.read_text(encoding="utf-8")).body
    names = {alias.name for node in top if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in top if isinstance(node, ast.ImportFrom)}
    assert not {name for name in names if name.startswith(("pipeline.steps", "pipeline.extract", "pipeline.match"))}
