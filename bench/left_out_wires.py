"""Stories by weights that were learned without the wires they are measured on: a part of ``make quality``.

For each set of :mod:`bench.pairs` the weights of the pair score are learned from the others, and the set is clustered
with them from end to end, beside the weights in force. What holds only where it was learned shows here.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from pathlib import Path
from unittest.mock import patch

from rich.console import Console
from rich.table import Table

from bench.commands import Figures, read, written
from bench.groups import SEEDS, WORKERS, corpus_of, grouping, mean_of
from bench.pairs import REAL, SETS, pairs_of
from bench.train_pairs import learn
from bench.wires import SEEDS as SECOND_SEEDS
from bench.wires import STORIES, judged_joins, last_stories, real_articles, second_generator
from pipeline.config import MatchConfig
from pipeline.match import evidence
from pipeline.match.corpus import cluster_documents

Weights = Mapping[str, float]
# Scores of generated corpora, and how many judged pairs of each kind are joined, of how many.
Score = dict[str, float]


def left_out_wires(options: argparse.Namespace, folder: Path, console: Console) -> Figures:
    """Measure each set by weights that were learned without it, and by those in force."""
    console.print("Learning the weights of the pair score without each set: some minutes")
    with ProcessPoolExecutor(WORKERS) as pool:
        weights = _weights_without(options.corpus, pool)
        corpora = {name: _corpora(options, folder, name) for name in SETS}
        running = {
            (name, label): [pool.submit(clustered_by, corpus, pair_weights, label) for corpus in corpora[name]]
            for name in SETS
            for label, pair_weights in (("in force", evidence.load_weights()), ("learned without it", weights[name]))
        }
        table = Table("Set", "Weights", "B-cubed F1", "One text: joined", "Another: joined")
        scores = {key: _score(options.corpus, corpora[key[0]], futures) for key, futures in running.items()}
    for (name, label), score in scores.items():
        table.add_row(name, label, *(_cell(score, figure) for figure in ("f1", "same_joined", "other_joined")))
    console.print(table)
    return _figures(scores)


def _weights_without(corpus: Path, pool: Executor) -> dict[str, Weights]:
    """Return for each set the weights that are learned from the others."""
    signs = ("intercept", *evidence.SIGNS)
    sets = dict(zip(SETS, pool.map(pairs_of, [corpus] * len(SETS), SETS), strict=True))
    learned = {name: learn({label: pairs for label, pairs in sets.items() if label != name}) for name in SETS}
    return {name: dict(zip(signs, weights.tolist(), strict=True)) for name, weights in learned.items()}


def _corpora(options: argparse.Namespace, folder: Path, name: str) -> list[Path]:
    wire = options.corpus / "wire"
    if name == REAL:
        return [real_articles(options.corpus / REAL, folder)]
    if name == "wiregen2":
        return [second_generator(wire, folder / f"second-{seed}.jsonl", seed, STORIES) for seed in SECOND_SEEDS]
    return [corpus_of(wire, folder, "cold", seed, options.stories) for seed in SEEDS]


def clustered_by(corpus: Path, weights: Weights, label: str) -> Path:
    """Write what ``copydesk cluster`` would with other weights of the pair score, beside the corpus."""
    with (
        patch.object(evidence, "load_weights", lambda: weights),
        patch.object(evidence, "_weights_of", lambda signs: tuple(weights[sign] for sign in signs)),
    ):
        records = list(cluster_documents(read(corpus), MatchConfig()))
    return written(corpus.with_suffix(f".{label.replace(' ', '-')}"), records)


def _score(data: Path, corpora: list[Path], running: list[Future[Path]]) -> Score:
    outs = [future.result() for future in running]
    if len(outs) == 1:
        joins = judged_joins(data / REAL, last_stories(outs[0]))
        return {f"{kind}_joined": float(sum(joined)) for kind, joined in joins.items()}
    groups = [{str(record["id"]): str(record["story"]) for record in read(out)} for out in outs]
    return mean_of([grouping(*pair) for pair in zip(corpora, groups, strict=True)])


def _cell(score: Score, figure: str) -> str:
    if figure not in score:
        return ""
    return f"{score[figure]:.4f}" if figure == "f1" else f"{score[figure]:.0f}"


def _figures(scores: Mapping[tuple[str, str], Score]) -> Figures:
    """Return how much worse each set is by weights that were learned without it: F1, and judged pairs."""
    figures: Figures = {}
    for name in SETS:
        in_force, without = scores[name, "in force"], scores[name, "learned without it"]
        if name == REAL:
            figures[f"left_out.{name}.same_lost"] = in_force["same_joined"] - without["same_joined"]
            figures[f"left_out.{name}.other_gained"] = without["other_joined"] - in_force["other_joined"]
        else:
            figures[f"left_out.{name}.f1_lost"] = in_force["f1"] - without["f1"]
    return figures
