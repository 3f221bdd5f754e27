"""Our own commands, run as a user would, and the JSON lines they read and write."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Figures = dict[str, float]
Rows = list[dict[str, Any]]


def run(*command: str) -> None:
    """A command of ours in a process of its own."""
    subprocess.run([sys.executable, "-m", "pipeline.cli.main", *command], check=True, stderr=subprocess.DEVNULL)


def written(path: Path, rows: Iterable[dict[str, Any]]) -> Path:
    """The rows as JSON lines."""
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def read(path: Path) -> Rows:
    """JSON lines."""
    return [json.loads(row) for row in path.read_text(encoding="utf-8").split("\n") if row]


def extracted(rows: Iterable[dict[str, Any]], scratch: Path) -> Rows:
    """The records of ``copydesk extract-many``."""
    run("extract-many", str(written(scratch / "pages.jsonl", rows)), "--out", str(scratch / "articles.jsonl"))
    return read(scratch / "articles.jsonl")
