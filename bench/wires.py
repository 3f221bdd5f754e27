"""Stories on wires that the rules were not made on: a second generator, and pairs of real outlets judged by reading."""

from __future__ import annotations

import argparse
import json
import lzma
import math
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.commands import Figures, read
from bench.groups import WORKERS, clustered, generated, grouping, mean_of
from bench.stories import order_likeness
from pipeline.match.plan import surviving_story

SEEDS = (1, 2)
STORIES = 600
# Real articles whose arrivals are moved.
MOVED = 3000
# Of a 95 % interval.
Z = 1.96


def wires(options: argparse.Namespace, folder: Path, console: Console) -> Figures:
    """Measure B-cubed on the second generator, and how many judged pairs of real outlets are joined."""
    corpora = [
        second_generator(options.corpus / "wire", folder / f"wiregen2-{seed}.jsonl", seed, STORIES) for seed in SEEDS
    ]
    scored = [grouping(corpus, clustered(corpus)) for corpus in corpora]
    means = mean_of(scored)
    table = Table("Second generator", "B-cubed P", "R", "F1", "Pairs F1", "ARI", "Bulletins merged")
    table.add_row(f"mean of {len(SEEDS)} seeds", *(f"{value:.3f}" for value in means.values()))
    console.print(table)
    figures = {f"wiregen2.{name}": value for name, value in means.items()}
    return figures | judged_pairs(options.corpus / "realwire", folder, console) | moved_arrivals(folder, console)


def second_generator(wire: Path, out: Path, seed: int, number: int) -> Path:
    """Write a corpus of so many stories of the second generator."""
    return generated(wire, out, seed, number, ("--wiregen", str(wire / "wiregen.py")), "wiregen2.py")


def judged_pairs(folder: Path, scratch: Path, console: Console) -> Figures:
    """Cluster the real outlets' articles and look at the judged pairs; unsure ones do not count."""
    corpus = real_articles(folder, scratch)
    clustered(corpus)
    joins = judged_joins(folder, last_stories(corpus.with_suffix(".stories")))
    table = Table("Judged pairs of real outlets", "Joined", "Of", "Share", "95 % interval")
    figures: Figures = {}
    for name, joined in joins.items():
        share, count = sum(joined) / len(joined), len(joined)
        low, high = interval(share, count)
        table.add_row(f"{name} text", str(sum(joined)), str(count), f"{share:.2f}", f"{low:.2f} to {high:.2f}")
        figures[f"realwire.{name}_joined"] = share
    console.print(table)
    return figures


def real_articles(folder: Path, scratch: Path) -> Path:
    """Unpack the real outlets' articles."""
    [packed] = folder.glob("*.jsonl.xz")
    corpus = scratch / "real.jsonl"
    corpus.write_bytes(lzma.decompress(packed.read_bytes()))
    return corpus


def judged_joins(folder: Path, story: Mapping[str, str]) -> dict[str, list[bool]]:
    """Return for pairs that are the same text, and for others, whether each is joined; ``story``: document -> story."""
    rows = [json.loads(row) for row in (folder / "labels.jsonl").read_text(encoding="utf-8").splitlines()]
    return {
        name: [story[row["a"]] == story[row["b"]] for row in rows if row["label"] == label]
        for label, name in (("Y", "same"), ("N", "other"))
    }


def moved_arrivals(folder: Path, console: Console) -> Figures:
    """Compare the stories of the first real articles with those when each comes some minutes earlier or later."""
    with ProcessPoolExecutor(WORKERS) as pool:
        likeness = order_likeness(read(folder / "real.jsonl")[:MOVED], SEEDS, pool)
    console.print(f"B-cubed F1 of {MOVED} real articles in their order and some minutes moved: {likeness:.4f}")
    return {"realwire.moved_f1": likeness}


def last_stories(records: Path) -> dict[str, str]:
    """Return document -> the story that it is in after all merges."""
    stories: dict[str, str] = {}
    merged: dict[str, str] = {}
    for row in read(records):
        stories[str(row["id"])] = str(row["story"])
        merged |= {str(merge["story"]): str(row["story"]) for merge in row.get("merged", ())}
    return {name: surviving_story(story, merged) for name, story in stories.items()}


def interval(share: float, count: int) -> tuple[float, float]:
    """Return the Wilson score interval of a share (Wilson, 1927)."""
    centre = share + Z * Z / (2 * count)
    spread = Z * math.sqrt(share * (1 - share) / count + Z * Z / (4 * count * count))
    total = 1 + Z * Z / count
    return (centre - spread) / total, (centre + spread) / total
