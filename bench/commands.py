"""Our own commands, run as a user would, and the JSON lines they read and write."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

Figures = dict[str, float]
Rows = list[dict[str, Any]]


def run(*command: str, settings: Mapping[str, str] | None = None) -> None:
    """Run a command of ours in a process of its own, with more ``settings`` in its environment."""
    words = [sys.executable, "-m", "pipeline.cli.main", *command]
    subprocess.run(words, check=True, stderr=subprocess.DEVNULL, env={**os.environ, **(settings or {})})


def written(path: Path, rows: Iterable[dict[str, Any]]) -> Path:
    """The rows as JSON lines."""
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def read(path: Path) -> Rows:
    """JSON lines."""
    return [json.loads(row) for row in path.read_text(encoding="utf-8").split("\n") if row]


def extracted(rows: Iterable[dict[str, Any]], scratch: Path, settings: Mapping[str, str] | None = None) -> Rows:
    """Return the records of ``copydesk extract-many``."""
    pages, articles = written(scratch / "pages.jsonl", rows), scratch / "articles.jsonl"
    run("extract-many", str(pages), "--out", str(articles), settings=settings)
    return read(scratch / "articles.jsonl")
