"""Pages a second of a whole ``copydesk run --once`` beside two processes of bare trafilatura.

Both read the same pages, in alternating rounds of one run: ours over HTTP from the newsstand, with WARC, extraction,
spans, clustering and store; theirs from the disk, extraction alone. Both times include starting Python. The figure is
the ratio, since clocks are noisy. Ends with 1 where the ratio is under its floor or a process over its memory.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.peaks import Finished, watched

RATIO_FLOOR = 0.5
MEMORY_CEILING = 400_000_000
WORKERS = 2


def main() -> int:
    """Measure, print, and say whether both bounds hold."""
    options = arguments()
    pages = len(list((options.corpus / "html").glob("*.gz")))
    if not pages:
        print(f"no pages under {options.corpus / 'html'}: give the corpus with --corpus DIR", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        ours, bare = rounds(options.corpus, options.rounds, Path(folder))
    return verdict(pages, ours, bare)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, epilog="Example: python -m bench.throughput --corpus DIR")
    parser.add_argument("--corpus", type=Path, required=True, help="a set with truth.jsonl and html/*.gz")
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


def rounds(corpus: Path, number: int, folder: Path) -> tuple[list[Finished], list[float]]:
    """Alternate the two, ``number`` times each."""
    ours, bare = [], []
    with newsstand(corpus, folder / "feeds.toml"):
        for n in range(number):
            bare.append(bare_trafilatura(corpus))
            ours.append(whole_run(folder / "feeds.toml", folder / f"home{n}"))
            print(f"round {n + 1}: bare {bare[-1]:.1f} s, copydesk {ours[-1].seconds:.1f} s", flush=True)
    return ours, bare


@contextmanager
def newsstand(corpus: Path, feeds: Path) -> Iterator[None]:
    """The corpus served over HTTP by a process of its own."""
    command = [sys.executable, "-m", "newsstand", "--corpus", str(corpus), "--write-feeds", str(feeds)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as stand:
        try:
            while not feeds.exists() and stand.poll() is None:
                time.sleep(0.1)
            yield
        finally:
            stand.terminate()


def bare_trafilatura(corpus: Path) -> float:
    """Seconds that two processes need for all pages."""
    started = time.perf_counter()
    shards = [
        subprocess.Popen([sys.executable, "-m", "bench.bare", str(corpus), str(n), str(WORKERS)],
                         stdout=subprocess.DEVNULL)
        for n in range(WORKERS)
    ]  # fmt: skip
    if any(shard.wait() for shard in shards):
        raise SystemExit("bare trafilatura failed")
    return time.perf_counter() - started


def whole_run(feeds: Path, home: Path) -> Finished:
    """One pass into a fresh store."""
    home.mkdir()
    env = {**os.environ, "COPYDESK_HOME": str(home), "COPYDESK_FEEDS": str(feeds)}
    finished = watched([sys.executable, "-m", "pipeline.cli.main", "run", "--once", "--json"], env, home / "log")
    if finished.code:
        raise SystemExit(f"copydesk run failed:\n{finished.output}")
    return finished


def verdict(pages: int, ours: list[Finished], bare: list[float]) -> int:
    """Print the table and say whether the floors hold."""
    ours_rate = pages / statistics.median(run.seconds for run in ours)
    bare_rate = pages / statistics.median(bare)
    peaks = max((run.peaks for run in ours), key=lambda peaks: max(size for _, size in peaks))
    table = Table("What", "Pages/s", "Peak memory of each process, MB")
    table.add_row(f"bare trafilatura, {WORKERS} processes", f"{bare_rate:.1f}", "")
    table.add_row("copydesk run --once", f"{ours_rate:.1f}", ", ".join(f"{n} {s / 1e6:.0f}" for n, s in peaks))
    Console().print(table)
    worst = max(size for _, size in peaks)
    is_passed = ours_rate / bare_rate >= RATIO_FLOOR and worst <= MEMORY_CEILING
    print(json.dumps({"ratio": round(ours_rate / bare_rate, 3), "worst_mb": round(worst / 1e6), "held": is_passed}))
    return 0 if is_passed else 1


if __name__ == "__main__":
    sys.exit(main())
