"""What a page costs: CPU seconds of each page and peak memory of the process, ours or bare trafilatura's.

``python -m bench.cost {copydesk,trafilatura} SET...`` prints them as JSON; each is measured in a process of its own,
and CPU time is taken, since clocks are noisy where others work too.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.commands import Figures
from bench.extraction import bare, ours, read_set
from bench.peaks import high_water

EXTRACTORS: dict[str, Callable[[bytes, str], str]] = {"copydesk": ours, "trafilatura": bare}


def main() -> None:
    """Extract the pages of the sets and print the seconds of each and the peak memory in bytes."""
    tool, *sets = sys.argv[1:]
    extract, seconds = EXTRACTORS[tool], []
    for folder in sets:
        pages = list(read_set(Path(folder)))
        extract(pages[0][1], "")  # what is loaded or compiled once is no page's cost
        for row, page in pages:
            started = time.process_time()
            extract(page, row.get("url") or "")
            seconds.append(time.process_time() - started)
    print(json.dumps({"seconds": seconds, "peak": high_water(os.getpid())}))


def cost(options: argparse.Namespace, folder: Path, console: Console) -> Figures:
    """CPU of the mean page beside trafilatura's, the slowest page, and the peak memory of a child."""
    sets = [str(options.corpus / "extraction" / name) for name in options.sets]
    figures = {tool: _measured(tool, sets) for tool in EXTRACTORS}
    means = {tool: sum(seconds) / len(seconds) for tool, (seconds, _) in figures.items()}
    table = Table("CPU", "Mean page, ms", "Slowest page, s", "Peak memory, MB")
    for tool, (seconds, peak) in figures.items():
        table.add_row(tool, f"{1000 * means[tool]:.0f}", f"{max(seconds):.2f}", f"{peak / 1e6:.0f}")
    console.print(table)
    seconds, peak = figures["copydesk"]
    return {"cost.ratio": means["copydesk"] / means["trafilatura"], "cost.slowest_seconds": max(seconds),
            "cost.peak_mb": peak / 1e6}  # fmt: skip


def _measured(tool: str, sets: list[str]) -> tuple[list[float], int]:
    command = [sys.executable, "-m", "bench.cost", tool, *sets]
    figures = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return figures["seconds"], figures["peak"]


if __name__ == "__main__":
    main()
