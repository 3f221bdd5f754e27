"""Pairs that a desk's own persons answered (``copydesk labels export``): how many the rules of today decide alike.

They were asked because they are hard: the shares say how the rules changed on them, not how often the rules are right.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.commands import Figures, Rows, read, written
from bench.groups import clustered
from bench.wires import interval, last_stories


def labelled_pairs(options: argparse.Namespace, folder: Path, console: Console) -> Figures:
    """Cluster the texts of all answers and look at each pair; unsure ones do not count. Without a file, no figures."""
    if options.labels is None:
        return {}
    rows = read(options.labels)
    corpus = written(folder / "labels.jsonl", labelled_texts(rows))
    clustered(corpus)
    story = last_stories(corpus.with_suffix(".stories"))
    table = Table("Pairs that the desk answered", "Joined", "Of", "Share", "95 % interval")
    figures: Figures = {}
    for answer in ("same", "distinct"):
        pairs = [(row["article"]["id"], row["other"]["id"]) for row in rows if row["answer"] == answer]
        joined = sum(story[first] == story[second] for first, second in pairs)
        if pairs:
            low, high = interval(joined / len(pairs), len(pairs))
            table.add_row(
                answer, str(joined), str(len(pairs)), f"{joined / len(pairs):.2f}", f"{low:.2f} to {high:.2f}"
            )
            figures[f"labels.{answer}_joined"] = joined / len(pairs)
    console.print(table)
    return figures


def labelled_texts(rows: Rows) -> Rows:
    """Return the texts of all answers, each once, in time order."""
    texts = {row[side]["id"]: row[side] for row in rows for side in ("article", "other")}
    return sorted(texts.values(), key=lambda text: (text["published"], text["id"]))
