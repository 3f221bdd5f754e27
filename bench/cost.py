"""What a page costs: CPU seconds of each page beside trafilatura's with metadata, and peak memory of the process.

``python -m bench.cost TOOL[,TOOL] SET...`` reads each page with one tool and then with the other, in one process, and
prints the seconds as JSON: clocks are noisy where others work too, and both are slowed alike.
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
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.commands import Figures
from bench.extraction import ours, read_set
from bench.peaks import high_water


def main() -> None:
    """Extract the pages of the sets by each tool and print its seconds, and the peak memory in bytes."""
    names, *folders = sys.argv[1:]
    extractors = {name: EXTRACTORS[name] for name in names.split(",")}
    seconds: dict[str, list[float]] = {name: [] for name in extractors}
    for extract in extractors.values():
        extract(WARM_UP, "")  # what is loaded or compiled once is no page's cost
    for folder in folders:
        for row, page in read_set(Path(folder)):
            for name, extract in extractors.items():
                seconds[name].append(_cpu_seconds(extract, page, row.get("url") or ""))
    print(json.dumps({"seconds": seconds, "peak": high_water(os.getpid())}))


def with_metadata(page: bytes, url: str) -> str:
    """trafilatura's text of a page, its metadata read too, as ours does."""
    import trafilatura

    return trafilatura.extract(page, url=url or None, include_comments=False, with_metadata=True) or ""


EXTRACTORS: dict[str, Callable[[bytes, str], str]] = {"copydesk": ours, "trafilatura": with_metadata}
WARM_UP = b"<html><body><article>" + b"<p>The harbour opened again on Monday, the port authority said.</p>" * 20


def cost(options: argparse.Namespace, folder: Path, console: Console) -> Figures:
    """CPU of the mean page beside trafilatura's, the slowest page, and the peak memory of a process of ours."""
    sets = [str(options.corpus / "extraction" / name) for name in options.sets]
    figures = _measured("copydesk,trafilatura", sets)
    means = {tool: sum(seconds) / len(seconds) for tool, seconds in figures["seconds"].items()}
    table = Table("CPU", "Mean page, ms", "Slowest page, s")
    for tool, seconds in figures["seconds"].items():
        table.add_row(tool, f"{1000 * means[tool]:.0f}", f"{max(seconds):.2f}")
    console.print(table)
    return {"cost.ratio": means["copydesk"] / means["trafilatura"],
            "cost.slowest_seconds": max(figures["seconds"]["copydesk"]),
            "cost.peak_mb": _measured("copydesk", sets)["peak"] / 1e6}  # fmt: skip


def _cpu_seconds(extract: Callable[[bytes, str], str], page: bytes, url: str) -> float:
    started = time.process_time()
    extract(page, url)
    return time.process_time() - started


def _measured(tools: str, sets: list[str]) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.cost", tools, *sets]
    figures: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return figures


if __name__ == "__main__":
    main()
