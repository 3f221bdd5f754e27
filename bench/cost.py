"""What a page costs: CPU seconds of each page beside trafilatura's with metadata, and peak memory of the process.

``python -m bench.cost SET...`` reads each page with one and then with the other, in one process, and prints the
seconds as JSON: clocks are noisy where others work too, and both are slowed alike.
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
    """Extract the pages of the sets by both and print the seconds of each and the peak memory in bytes."""
    extractors = {"copydesk": ours, "trafilatura": with_metadata}
    seconds: dict[str, list[float]] = {tool: [] for tool in extractors}
    pages = [(page, row.get("url") or "") for folder in sys.argv[1:] for row, page in read_set(Path(folder))]
    for extract in extractors.values():
        extract(pages[0][0], "")  # what is loaded or compiled once is no page's cost
    for page, url in pages:
        for tool, extract in extractors.items():
            seconds[tool].append(_cpu_seconds(extract, page, url))
    print(json.dumps({"seconds": seconds, "peak": high_water(os.getpid())}))


def with_metadata(page: bytes, url: str) -> str:
    """trafilatura's text of a page, its metadata read too, as ours does."""
    import trafilatura

    return trafilatura.extract(page, url=url or None, include_comments=False, with_metadata=True) or ""


def cost(options: argparse.Namespace, folder: Path, console: Console) -> Figures:
    """CPU of the mean page beside trafilatura's, the slowest page, and the peak memory of a process of both."""
    sets = [str(options.corpus / "extraction" / name) for name in options.sets]
    figures = _measured(sets)
    means = {tool: sum(seconds) / len(seconds) for tool, seconds in figures["seconds"].items()}
    table = Table("CPU", "Mean page, ms", "Slowest page, s")
    for tool, seconds in figures["seconds"].items():
        table.add_row(tool, f"{1000 * means[tool]:.0f}", f"{max(seconds):.2f}")
    console.print(table)
    return {"cost.ratio": means["copydesk"] / means["trafilatura"],
            "cost.slowest_seconds": max(figures["seconds"]["copydesk"]),
            "cost.peak_mb": figures["peak"] / 1e6}  # fmt: skip


def _cpu_seconds(extract: Callable[[bytes, str], str], page: bytes, url: str) -> float:
    started = time.process_time()
    extract(page, url)
    return time.process_time() - started


def _measured(sets: list[str]) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.cost", *sets]
    figures: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return figures


if __name__ == "__main__":
    main()
