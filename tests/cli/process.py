"""The command line as its users start it: a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def clean_environment(home: Path, **env: str) -> dict[str, str]:
    # Nor what would hide that a line stays in a buffer.
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("COPYDESK_") and name != "PYTHONUNBUFFERED"
    }
    return {**clean, "PYTHONPATH": str(ROOT), "COPYDESK_HOME": str(home / "home"), **env}


def copydesk(*words: str, home: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pipeline.cli.main", *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=home,
        env=clean_environment(home, **env),
    )
