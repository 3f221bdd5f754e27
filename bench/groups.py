"""The stories part of ``make quality``: generated corpora, clustered by us and by near-duplicate indexes."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.commands import Figures, Rows, read, run
from bench.peers import Grouper, groupers
from bench.stories import candidate_recall, grouped, joined, oddities, order_likeness, same_pairs, shuffled
from pipeline.match.evaluate import adjusted_rand, b_cubed, merged_share, pair_score

SEEDS = (101, 102)
WORKERS = 2
CORPORA: dict[str, tuple[str, ...]] = {
    "cold": (),
    "reprints": ("--reprints", ".1"),
    "warm": ("--texts", ".5:1"),
}
MONTH = ("--texts", "0:.5", "--start", "2025-07-01")
ORDERS = 5
# Orders are tried on the first documents only: each is clustered six times.
ORDERED = 1500
# Seeds by which each document comes some minutes earlier or later.
MOVES = (1, 2)


def stories(options: argparse.Namespace, folder: Path, console: Console) -> Figures:
    """B-cubed, pairs, ARI and merged bulletins on generated corpora: the mean over seeds."""
    table = Table("Corpus", "Grouper", "B-cubed P", "R", "F1", "Pairs F1", "ARI", "Bulletins merged")
    figures: Figures = {}
    peers = peers_of(options, console)
    with ProcessPoolExecutor(WORKERS) as pool:
        making = {name: [pool.submit(corpus_of, options.corpus / "wire", folder, name, seed, options.stories)
                         for seed in options.seeds] for name in CORPORA}  # fmt: skip
        corpora = {name: [files.result() for files in running] for name, running in making.items()}
        clustering = {name: [pool.submit(clustered, corpus) for corpus in files] for name, files in corpora.items()}
        search = searching(read(corpora["cold"][0]), pool, console)
        for name, files in corpora.items():
            groupings = {"copydesk": [running.result() for running in clustering[name]]}
            groupings |= {label: [group(corpus) for corpus in files] for label, group in peers.items()}
            for label, groups in groupings.items():
                means = mean_of([grouping(*pair) for pair in zip(files, groups, strict=True)])
                prefix = f"wiregen.{name}" if label == "copydesk" else f"wiregen.{name}.{label}"
                figures |= {f"{prefix}.{key}": value for key, value in means.items()}
                table.add_row(name, label, *(f"{value:.3f}" for value in means.values()))
    console.print(table)
    return figures | search


def peers_of(options: argparse.Namespace, console: Console) -> dict[str, Grouper]:
    """The peers that were asked for and are installed; those that are not are told."""
    groupers_by_label = groupers() if options.peers else {}
    for label in (label for label, group in groupers_by_label.items() if group is None):
        console.print(f"[red]{label} is not installed[/red]: make peers")
    return {label: group for label, group in groupers_by_label.items() if group}


def mean_of(scored: Sequence[Figures]) -> Figures:
    """Figure by figure."""
    return {key: sum(figures[key] for figures in scored) / len(scored) for key in scored[0]}


def searching(documents: Rows, pool: Executor, console: Console) -> Figures:
    """How well candidates are found, and whether the order inside an hour shows."""
    recall_of = pool.submit(candidate_recall, documents)
    first = documents[:ORDERED]
    orders = [first, *(shuffled(first, seed) for seed in range(1, ORDERS + 1))]
    same = same_pairs(list(pool.map(grouped, orders)))
    moved_f1 = order_likeness(documents, MOVES, pool)
    joined_wrongly = len(oddities()) - len(set(grouped(oddities()).values()))
    recall, number = recall_of.result()
    table = Table("Candidate recall", "Candidates a document", f"Same pairs in {ORDERS} orders",
                  "B-cubed F1, ten minutes moved", "Odd texts joined")  # fmt: skip
    table.add_row(f"{recall:.4f}", f"{number:.1f}", f"{same:.4f}", f"{moved_f1:.4f}", str(joined_wrongly))
    console.print(table)
    return {"candidates.recall": recall, "candidates.number": number, "orders.same_pairs": same,
            "orders.moved_f1": moved_f1, "odd.joined": joined_wrongly}  # fmt: skip


def corpus_of(wire: Path, folder: Path, name: str, seed: int, number: int) -> Path:
    """A generated corpus; a warm one stands behind a month of other stories, of seeds a hundred later."""
    corpus = generated(wire, folder / f"{name}-{seed}.jsonl", seed, number, CORPORA[name])
    if name != "warm":
        return corpus
    month = generated(wire, folder / f"month-{seed}.jsonl", seed + 100, number, MONTH)
    return joined(month, corpus, folder / f"joined-{seed}.jsonl")


def generated(
    wire: Path, out: Path, seed: int, number: int, options: Sequence[str], script: str = "wiregen.py"
) -> Path:
    """A corpus of so many stories: 900 have about 4,500 documents."""
    texts_ = next(wire.glob("**/base_texts.json"))
    command = [sys.executable, str(wire / script), "--seed", str(seed), "--stories", str(number),
               "--corpus", str(texts_), *options, "--out", str(out)]  # fmt: skip
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return out


def clustered(corpus: Path) -> dict[str, str]:
    """Document -> story, by ``copydesk cluster``."""
    out = corpus.with_suffix(".stories")
    run("cluster", str(corpus), "--out", str(out))
    return {str(record["id"]): str(record["story"]) for record in read(out)}


def grouping(corpus: Path, groups: dict[str, str]) -> Figures:
    """All figures of one grouping."""
    documents = [row for row in read(corpus) if not str(row["id"]).startswith("before-")]
    groups = {str(row["id"]): groups[str(row["id"])] for row in documents}
    truth = {str(row["id"]): str(row["cluster"]) for row in documents}
    templated = {str(row["id"]): row.get("kind") == "bulletin" for row in documents}
    score = b_cubed(truth, groups)
    return {
        "precision": score.precision,
        "recall": score.recall,
        "f1": score.f1,
        "pairs_f1": pair_score(truth, groups).f1,
        "ari": adjusted_rand(truth, groups),
        "bulletins_merged": merged_share(truth, groups, templated),
    }
